"""Hold back what the words of a hidden record would tell: the town it stands in.

A location that is not public is no secret as long as the same record says "registered by the town
of", gives a telephone with an area code or the address of the town's own page. So every text that
names a municipality is left out, unless the record's own name names the same one; a telephone is
public where its number names no place, or where the record says so by (公開) beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

import pandas as pd

SOURCE_WITHHELD = "出典は公開しない(所在地が非公開のため)"
BY_HAND = "画面からの登録"  # the source of what an editor typed; who that was, the history knows
PHONE_IS_PUBLIC = "公開"  # beside a number
OFFICE_WORDS = ("operator", "phone", "url", "source", "note")
SERVICE_WORDS = ("source",)  # whom and where a service reaches is what it says of itself
SOURCES_BETWEEN = " | "
# Numbers of no place: free or shared-cost ones, mobiles, IP telephones and the short ones.
PLACELESS_RE = re.compile(r"#\d{3,5}|1\d{2}|0(?:120|800|570|990|50|60|70|80|90)\d{6,8}")
NUMBERS_RE = re.compile(r"[/、,;|]|\s{2,}")
POSTAL_RE = re.compile(r"(?<![\d-])\d{3}-\d{4}(?![\d-])|〒")
CODE_RE = re.compile(r"(?<!\d)(01[1-6]\d\d)(?:-?\d)?(?!\d)")
TOWN_PAGE_RE = re.compile(r"(?:city|town|vill|village)\.[a-z-]+\.(?:hokkaido\.jp|lg\.jp|jp)\b")


LONGEST_KNOWN = 300  # characters of a text that is remembered: what a visitor sends takes no memory
SHORTEST_ROMAN = 5  # letters; shorter names are parts of any word


@dataclass(frozen=True, eq=False)
class Telling:
    """Says which municipalities a text names: by name, short name or code.

    named: the code of the municipality by every name. pattern: of all names, the longest first.
    roman: the code by the name in Roman letters, as in file names and addresses of pages.
    """

    named: Mapping[str, str]
    pattern: re.Pattern[str]
    roman: Mapping[str, str]

    def towns(self, text: str) -> frozenset[str]:
        """Return the codes of the municipalities that a text names, '?' for one by its address."""
        return _known(self, text) if len(text) <= LONGEST_KNOWN else _towns(self, text)


# The same sources, notes and names stand beside many records, and are asked about at every change.
@lru_cache(maxsize=20_000)
def _known(told: Telling, text: str) -> frozenset[str]:
    return _towns(told, text)


def _towns(told: Telling, text: str) -> frozenset[str]:
    plain = unicodedata.normalize("NFKC", unquote(text))
    found = {told.named[name] for name in told.pattern.findall(plain)}
    if codes := set(CODE_RE.findall(plain)):
        found |= {code for code in told.named.values() if code[:5] in codes}
    words = _plain_roman(plain)
    written = {code for name, code in told.roman.items() if name in words}
    found |= written
    # The page of a town whose name is too short to be known by it.
    if POSTAL_RE.search(plain) or (TOWN_PAGE_RE.search(plain.casefold()) and not written):
        found.add("?")
    return frozenset(found)


def telling(municipalities: pd.DataFrame) -> Telling:
    """Return what tells the municipalities of a table (index: code; columns: name, romaji)."""
    names = municipalities[["name", "romaji"]]
    return _telling(tuple(names.itertuples(name=None)))


@lru_cache(maxsize=4)
def _telling(towns: tuple[tuple[str, str, str], ...]) -> Telling:
    named = {name: code for code, name, _ in towns}
    roman = {_plain_roman(romaji.rpartition("-")[0]): code for code, _, romaji in towns}
    for code, name, _ in towns:
        if len(name) > 2:  # of one letter, a name without 市, 町 or 村 is any word
            named.setdefault(name[:-1], code)
    longest = sorted(named, key=len, reverse=True)
    known = {name: code for name, code in roman.items() if len(name) >= SHORTEST_ROMAN}
    return Telling(named, re.compile("|".join(map(re.escape, longest))), known)


def _plain_roman(text: str) -> str:
    """Return a text in which the usual ways to write a name in Roman letters are one."""
    plain = text.casefold()
    for other, ours in (("si", "shi"), ("tu", "tsu"), ("hu", "fu"), ("ti", "chi"), ("zi", "ji")):
        plain = re.sub(rf"(?<![a-z]){other}|(?<=[aeioun]){other}", ours, plain)
    plain = re.sub(r"([aeiou])\1+|(?<=o)u", r"\1", plain)
    return re.sub(r"([bcdfghjkmpqrstwz])\1|m(?=[bp])", lambda m: m[1] or "n", plain)


def public_offices(
    organisations: pd.DataFrame, hidden: pd.Series, municipalities: pd.DataFrame
) -> pd.DataFrame:
    """Return organisations with what tells the town of the hidden ones left out.

    hidden: which rows, in their order. Leaves the location itself alone.
    """
    return _public(organisations, hidden, organisations["name"], OFFICE_WORDS, municipalities)


def public_offers(
    services: pd.DataFrame, hidden_names: Mapping[str, str], municipalities: pd.DataFrame
) -> pd.DataFrame:
    """Return services with what tells the town of hidden organisations left out.

    hidden_names: the names of the hidden organisations by id.
    """
    hidden = services["organisation"].isin(list(hidden_names))
    names = services["organisation"].map(lambda key: hidden_names.get(key, ""))
    return _public(services, hidden, names, SERVICE_WORDS, municipalities)


def public_text(text: str, name: str, municipalities: pd.DataFrame) -> str:
    """Return a text about a hidden record, '' where it names a town that its name does not."""
    return "" if _tells(text, name, telling(municipalities)) else text


def _public(
    frame: pd.DataFrame,
    hidden: pd.Series,
    names: pd.Series,
    columns: tuple[str, ...],
    municipalities: pd.DataFrame,
) -> pd.DataFrame:
    which = hidden.to_numpy(dtype=bool)
    if not which.any():
        return frame
    told, public = telling(municipalities), frame.copy()
    for column in columns:
        cells = [
            _cell(column, str(cell), str(name), told)
            for cell, name in zip(frame[column][which], names[which], strict=True)
        ]
        public[column] = public[column].mask(which, pd.Series(cells, frame.index[which]))
    return public


def _cell(column: str, cell: str, name: str, told: Telling) -> str:
    if column == "phone":
        return "/".join(part for part in map(str.strip, NUMBERS_RE.split(cell)) if _is_public(part))
    if column == "source":
        parts = [
            BY_HAND if part.startswith(BY_HAND) else part
            for part in cell.split(SOURCES_BETWEEN)
            if part.startswith(BY_HAND) or not _tells(part, name, told)
        ]
        return SOURCES_BETWEEN.join(parts) or SOURCE_WITHHELD
    return "" if _tells(cell, name, told) else cell


def _is_public(number: str) -> bool:
    """Tell whether a telephone may be shown beside a location that may not."""
    plain = unicodedata.normalize("NFKC", number)
    if PHONE_IS_PUBLIC in plain:
        return f"非{PHONE_IS_PUBLIC}" not in plain
    digits = re.sub(r"[^\d#]", "", re.sub(r"\(\D*\)", "", plain))
    return bool(PLACELESS_RE.fullmatch(digits))


def _tells(text: str, name: str, told: Telling) -> bool:
    return bool(text) and not told.towns(text) <= told.towns(name)
