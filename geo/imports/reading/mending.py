"""Mend the cells that published tables get wrong: telephone, URL, capacity, status."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date

import pandas as pd

from geo.data.dates import read_date

MAX_CAPACITY = 5_000  # people; a larger number is a telephone or a sum
NOTHING = frozenset(("", "-", "--", "なし", "無し", "無", "ー", "0", "該当なし", "未定"))
PHONE_RE = re.compile(r"\d[\d\-()]{7,}\d")
# Groups of digits that belong together, whatever stands between them.
GROUPS_RE = re.compile(
    r"0\d{1,4}[\s\-]+\d{1,4}[\s\-]+\d{3,4}(?!\d)|0\d{9,10}(?!\d)|[1-9]\d{0,3}[\s\-]+\d{1,4}[\s\-]+\d{4}(?!\d)"
)
NOT_ENDED = NOTHING | {"×", "x", "false", "no", "n", "いいえ", "非該当", "現存", "開設", "活動中", "9999-12-31", "99999999"}  # fmt: skip
SHORT_RE = re.compile(r"#\d{4}|1\d{2}")  # of lines that all Japan reaches, such as 188
DATE_RE = re.compile(r"(?:19|20)\d\d-\d{1,2}-\d{1,2}")
MOBILE = (
    "20",
    "50",
    "60",
    "70",
    "80",
    "90",
)  # after the 0; source: 総務省「電気通信番号の使用条件」
OVERLINES = str.maketrans({"\u203e": "~", "\uffe3": "~", "\u301c": "~", "\uff5e": "~"})
HOST_RE = re.compile(
    r"[\w\-]+(?:\.[\w\-]+)*\.(?:jp|com|org|net|info|gr|site|tokyo|me|biz)(?:/\S*)?",
    re.IGNORECASE | re.ASCII,
)
URL_RE = re.compile(r"https?://([^\s<>\"']+)", re.IGNORECASE)
SUSPENDED_RE = re.compile(r"休止|休業|休院|一時閉鎖|休園")
CLOSED_RE = re.compile(r"廃止|閉鎖|閉所|閉院|廃業|閉園|解散")
# In a remark the word must say that the office is so, not that a day off is.
_SHUT = r"(?:廃止|閉鎖|閉店|閉園|閉所|閉院|閉館|閉校|廃業|廃園|解散|営業終了|事業終了|活動終了)"
_REST = r"(?:休止|休業|休園|休院|休館|休診|休所|一時閉鎖|活動休止|営業休止)"
_SINCE = r"(?:\d\s*[日月年]|末|春|夏|秋|冬|度)\s*(?:末|付け?で?|をもって|をもち|限りで|限り|で|に|より|から|以降|、|,){0,4}\s*"
_DONE = r"(?:済|しました|した(?!場合|とき|日)|となりました|となった|いたしました|しています|している|されました)"
REMARK_CLOSED_RE = re.compile(
    rf"^(?:※|\*|現在|既に|すでに|\s)*{_SHUT}(?:$|[。、,(\s\d]|{_DONE})|{_SHUT}{_DONE}|{_SINCE}{_SHUT}(?!予定|日|時|届)"
    rf"|{_SHUT}\s*[(:]?\s*(?:令和|平成|昭和|[RHS]\d|20\d\d|19\d\d)"
)
REMARK_SUSPENDED_RE = re.compile(
    rf"^(?:※|\*|現在|当面の間?|一時|\s)*{_REST}(?:$|[。、,(\s\d]|{_DONE})|{_REST}中|{_REST}{_DONE}"
    rf"|(?:現在|当面の間?|当分の間?)は?、?\s*{_REST}|{_SINCE}{_REST}(?!予定|日|時|届)"
    rf"|{_REST}\s*[(:]?\s*(?:令和|平成|[RH]\d|20\d\d)"
)
DAYS_OFF_RE = re.compile(r"曜|祝|盆|年末|年始|定休|毎週|第\d|休業日|休館日|休診日")
# Labels of columns that say on which day an office ended, stopped, or began again.
CLOSED_LABEL_RE = re.compile(rf"{_SHUT}|終了(?:年月日|日)$|失効|取消")
SUSPENDED_LABEL_RE = re.compile(_REST)
REOPENED_LABEL_RE = re.compile(r"再開")
DAY_LABEL_RE = re.compile(r"年月日|日$|日付|期間|時期|年月|[始開]$")
FLAG_LABEL_RE = re.compile(rf"(?:{_SHUT}|{_REST})(?:区分|有無|フラグ|の有無|理由)?")
BRACKETS_RE = re.compile(r"[【\[(〔<〈《「『≪]([^】\])〕>〉》」』≫]{0,60})[】\])〕>〉》」』≫]")


def phone(cell: str) -> tuple[str, str]:
    """Return (telephone number, what was mended)."""
    plain = re.sub(r"\.0$", "", _narrow(cell)) if re.fullmatch(r"\d{9,11}\.0", cell.strip()) else _narrow(cell)  # fmt: skip
    if plain in NOTHING:
        return "", ""
    if SHORT_RE.fullmatch(plain):
        return plain, ""
    if DATE_RE.fullmatch(plain):
        return "", "電話番号ではない。使わない"
    abroad = re.sub(r"\+81[\s\-]*(?:\(0\))?[\s\-]*0?", "0", plain)
    found = PHONE_RE.findall(abroad)
    loose = re.sub(r"\s*-\s*", "-", re.sub(r"[.・_]", "-", abroad))
    mends = ["国番号を0に直した"] if abroad != plain else []
    if not _whole(found) and (joined := _joined(loose)):
        found = joined
        mends.append("空白や点で切れた番号をつないだ")
    restored = [_with_zero(one) for one in found]
    if restored != found:
        mends.append("失われた先頭の0を補った")
    if not restored:
        return "", "電話番号ではない。使わない"
    words = "。".join(mends)
    if words or len(restored) > 1:
        return "/".join(restored), words
    return (plain if len(plain) <= 60 else restored[0]), ""


def _whole(found: list[str]) -> bool:
    """Tell whether what was found are numbers of Japan, or of three digits and more as given."""
    return bool(found) and all(9 <= len(re.sub(r"\D", "", one)) <= 13 for one in found)


def _joined(loose: str) -> list[str]:
    """Return the numbers of a cell whose groups stand apart, [] where they are none."""
    found = [re.sub(r"[\s\-]+", "-", one).strip("-") for one in GROUPS_RE.findall(loose)]
    return found if found and all(9 <= len(re.sub(r"\D", "", one)) <= 11 for one in found) else []


def _with_zero(number: str) -> str:
    """Return a number with the 0 in front that a spreadsheet took from it."""
    digits = re.sub(r"\D", "", number)
    if digits.startswith("0") or not re.match(r"\d", number):
        return number
    lost = len(digits) == 9 or (len(digits) == 10 and digits[:2] in MOBILE)
    return "0" + number if lost else number


def url(cell: str) -> tuple[str, str]:
    """Return (web address, what was mended); mail addresses and telephone numbers are none."""
    # Shift_JIS has an overline where other codes have a tilde.
    plain = unicodedata.normalize("NFKC", cell.translate(OVERLINES)).strip()
    words = "URLの ‾ を ~ に直した" if plain != unicodedata.normalize("NFKC", cell).strip() else ""
    if plain in NOTHING:
        return "", ""
    if plain.lower().startswith("www."):
        plain = "http://" + plain
    elif HOST_RE.fullmatch(plain):
        plain, words = "http://" + plain, "。".join(filter(None, (words, "URLの http:// を補った")))
    # The point is looked for in what was found: a pattern with it would try every start again.
    match = next((each for each in URL_RE.finditer(plain) if "." in each[1][1:-1]), None)
    if match is None:
        return "", "URLではない。使わない"
    part = "" if match[0] == plain else "URLの部分だけを使う"
    return match[0], "。".join(filter(None, (words, part)))


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
    plain = _evened(cell)
    if REMARK_CLOSED_RE.search(plain) and not DAYS_OFF_RE.search(plain):
        return "closed"
    if REMARK_SUSPENDED_RE.search(plain) and not DAYS_OFF_RE.search(plain):
        return "suspended"
    return "active"


def status_of_name(name: str) -> str:
    """Return suspended or closed where a name says so in brackets, or before or after a mark."""
    plain = _evened(name)
    said = [*BRACKETS_RE.findall(plain), *re.split(r"[※*:]", plain)[1:]]
    states = {status_of_remark(words.strip()) for words in said}
    return "closed" if "closed" in states else "suspended" if "suspended" in states else "active"


def ended(cell: str, on: date) -> bool:
    """Tell whether a cell of a column for ends says that an end has come: a day, a mark, a word."""
    plain = unicodedata.normalize("NFKC", cell).strip()
    if plain.casefold() in NOT_ENDED or re.search(r"予定|見込|営業中|継続", plain):
        return False
    day = read_date(plain)
    return day is None or day <= on


def mapped(cells: pd.Series, one: Callable[[str], tuple[str, str]]) -> tuple[pd.Series, pd.Series]:
    """Apply a reader of one cell to a column; return the cells and what was mended."""
    found = {cell: one(cell) for cell in cells.unique()}
    good = {cell: value for cell, (value, _) in found.items()}
    note = {cell: words for cell, (_, words) in found.items()}
    return cells.map(good).astype("str"), cells.map(note).astype("str")


def _evened(cell: str) -> str:
    """Return a cell in one width, with one blank at most: a pattern with blanks tries every one."""
    return " ".join(unicodedata.normalize("NFKC", cell).split())


def _narrow(cell: str) -> str:
    plain = _evened(cell)
    return re.sub(r"[‐‑‒–—―−ーｰ]", "-", plain).strip()
