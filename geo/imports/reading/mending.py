"""Mend the cells that published tables get wrong: telephone, URL, capacity, status."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pandas as pd

MAX_CAPACITY = 5_000  # people; a larger number is a telephone or a sum
NOTHING = frozenset(("", "-", "--", "なし", "無し", "無", "ー", "0", "該当なし", "未定"))
PHONE_RE = re.compile(r"\d[\d\-()]{7,}\d")
URL_RE = re.compile(r"https?://([^\s<>\"']+)", re.IGNORECASE)
SUSPENDED_RE = re.compile(r"休止|休業|休院|一時閉鎖|休園")
CLOSED_RE = re.compile(r"廃止|閉鎖|閉所|閉院|廃業|閉園|解散")
# In a remark the word must say that the office is so, not that a day off is.
REMARK_SUSPENDED_RE = re.compile(r"^(?:現在)?(?:休止|休業|休園)|(?:休止|休業|休園)中")
REMARK_CLOSED_RE = re.compile(
    r"^(?:廃止|閉鎖|閉園|廃業)|(?:廃止|閉鎖|廃業)済|(?:廃止|閉鎖)しました"
)


def phone(cell: str) -> tuple[str, str]:
    """Return (telephone number, what was mended)."""
    plain = _narrow(cell)
    if plain in NOTHING:
        return "", ""
    digits = re.sub(r"\D", "", plain)
    if plain.isdigit() and len(digits) == 9 and not digits.startswith("0"):
        return "0" + digits, "失われた先頭の0を補った"
    found = PHONE_RE.findall(plain)
    if not found:
        return "", "電話番号ではない。使わない"
    return (
        ("/".join(found), "") if len(found) > 1 else (plain if len(plain) <= 60 else found[0], "")
    )


def url(cell: str) -> tuple[str, str]:
    """Return (web address, what was mended); mail addresses and telephone numbers are none."""
    plain = unicodedata.normalize("NFKC", cell).strip()
    if plain in NOTHING:
        return "", ""
    if plain.lower().startswith("www."):
        plain = "http://" + plain
    # The point is looked for in what was found: a pattern with it would try every start again.
    match = next((each for each in URL_RE.finditer(plain) if "." in each[1][1:-1]), None)
    if match is None:
        return "", "URLではない。使わない"
    return match[0], "" if match[0] == plain else "URLの部分だけを使う"


def capacity(cell: str) -> tuple[str, str]:
    """Return (number of people as text, what was mended); 0 means that none was given."""
    plain = _narrow(cell).replace(",", "")
    match = re.fullmatch(r"(?:定員)?(\d+)(?:\.0+)?(?:名|人|床|件|程度)*", plain)
    if match is None:
        return "", "" if plain in NOTHING else "定員が数ではない。使わない"
    number = int(match[1]) if len(match[1]) < 9 else MAX_CAPACITY + 1
    if number > MAX_CAPACITY:
        return "", f"定員が{MAX_CAPACITY:,}人を超える。使わない"
    return ("" if number == 0 else str(number)), ""


def status(cell: str) -> str:
    """Return active, suspended or closed from a column that says which."""
    if CLOSED_RE.search(cell) or cell in ("closed", "defunct"):
        return "closed"
    if SUSPENDED_RE.search(cell) or cell in ("suspended", "inactive", "temporarily closed"):
        return "suspended"
    return "active"


def status_of_remark(cell: str) -> str:
    """Return suspended or closed where a remark or a name says so, else active."""
    if REMARK_CLOSED_RE.search(cell):
        return "closed"
    if REMARK_SUSPENDED_RE.search(cell):
        return "suspended"
    return "active"


def mapped(cells: pd.Series, one: Callable[[str], tuple[str, str]]) -> tuple[pd.Series, pd.Series]:
    """Apply a reader of one cell to a column; return the cells and what was mended."""
    found = {cell: one(cell) for cell in cells.unique()}
    good = {cell: value for cell, (value, _) in found.items()}
    note = {cell: words for cell, (_, words) in found.items()}
    return cells.map(good).astype("str"), cells.map(note).astype("str")


def _narrow(cell: str) -> str:
    plain = unicodedata.normalize("NFKC", cell)
    return re.sub(r"[‐‑‒–—―−ーｰ]", "-", plain).strip()
