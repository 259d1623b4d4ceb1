"""Know the names of Hokkaido's municipalities and neighbourhoods, in every way they are spelt."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from geo.data.dataset import DATA_DIRECTORY
from geo.data.tables import Column, code, day, read_table, text
from geo.errors import DataError
from geo.imports.places import postal

PREFECTURES = (
    "北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県", "福島県", "茨城県", "栃木県", "群馬県",
    "埼玉県", "千葉県", "東京都", "神奈川県", "新潟県", "富山県", "石川県", "福井県", "山梨県", "長野県",
    "岐阜県", "静岡県", "愛知県", "三重県", "滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県",
    "鳥取県", "島根県", "岡山県", "広島県", "山口県", "徳島県", "香川県", "愛媛県", "高知県", "福岡県",
    "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県", "沖縄県",
)  # fmt: skip
NORTHERN_VILLAGES = ("色丹村", "国後郡泊村", "留夜別村", "留別村", "紗那村", "蘂取村")
WARD_CITY = "札幌"
# Signs that stand for one another in addresses: katakana for kanji, old forms for new ones.
ALIKE = str.maketrans(
    "ニハロエカトタヶヵケ惠龍瀧澤櫻國廣濱濵邊邉奧劔釼劍舘檜桧禮壽藏寳寶靜狹嶋嶌蕊蘂縣俱渕淵驒增",
    "二八口工力卜夕ケケケ恵竜滝沢桜国広浜浜辺辺奥剣剣剣館桧桧礼寿蔵宝宝静狭島島蕊蕊県倶淵淵騨増",
)
DASHES = "‐‑‒–—―−─━ｰー－~〜～"
KANJI_DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")}
NUMBER_RE = re.compile(
    r"(?<![〇一二三四五六七八九十])[〇一二三四五六七八九十]+(?=条|丁目|丁|線|番|号|区|の沢)"
)

FORMER_COLUMNS = {
    "name": Column(text),
    "county": Column(text),
    "successor_code": Column(code),
    "merged_on": Column(day),
    "source": Column(text),
}


@dataclass(frozen=True)
class Name:
    """What a name at the start of an address may mean."""

    kind: str  # town, short, ward, former, former_short, northern
    code: str
    note: str = ""


BLANKS_RE = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\ufeff]")
DASH_RE = re.compile(f"(?<=[0-9条線])[{DASHES}?](?=[0-9A-Za-z])")
NO_RE = re.compile(r"(?<=[0-9])の(?=[0-9])")


@lru_cache(maxsize=256)  # each row's address is asked for a few times, one after the other
def normal(address: str) -> str:
    """Return an address in one width, without blanks, every dash between digits a hyphen."""
    plain = unicodedata.normalize("NFKC", address)
    return NO_RE.sub("-", DASH_RE.sub("-", BLANKS_RE.sub("", plain)))


def key(name: str) -> str:
    """Return a form in which spellings that mean the same are equal; as long as `normal`'s."""
    return normal(name).translate(ALIKE)


def neighbourhood_key(name: str) -> str:
    """Return the key of what follows a municipality: without 字, numbers in digits."""
    plain = re.sub(r"大字|(?<![一-龥])字|^字|^小字", "", normal(name))
    return NUMBER_RE.sub(lambda match: _digits(match[0]), plain).translate(ALIKE)


@lru_cache(maxsize=100_000)
def codes_of_postal(postal_code: str) -> frozenset[str]:
    """Return the municipalities of a postal code, none when it is not one of Hokkaido."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", postal_code)) if postal_code else ""
    if len(digits) == 6:
        digits = "0" + digits  # a spreadsheet drops the leading zero; every code here has one
    return _by_postal().get(digits, frozenset())


def town_name(code: str) -> str:
    """Return the name of one of the 179 municipalities."""
    return names_by_code().get(code, code)


@lru_cache(maxsize=1)
def names_by_code() -> dict[str, str]:
    """Return the names of the 179 municipalities, without 郡, by code."""
    towns = {
        each.code: postal.without_county(each.city)
        for each in postal.hokkaido()
        if _scored(each.code)
    }
    return towns | {postal.SAPPORO: "札幌市"}


@lru_cache(maxsize=1)
def _by_postal() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for each in postal.hokkaido():
        if _scored(each.code):
            found[each.postal].add(each.code)
    for each_code, _, number in postal.offices():
        found[number].add(each_code)
    return {number: frozenset(codes) for number, codes in found.items()}


def _scored(code: str) -> bool:
    """Tell whether a code is one of the 179: those of the Northern Territories begin with 01695."""
    return not "01695" <= code[:5] <= "01700"


@lru_cache(maxsize=1)
def meanings() -> dict[str, Name]:
    """Return what each name at the start of an address means, by its key."""
    found: dict[str, Name] = {}
    for each in postal.hokkaido():
        if not _scored(each.code):
            continue
        short = postal.without_county(each.city)
        # 伊達市 is a full name and yet not the only one.
        alone = each.city != short or key(short) not in names_elsewhere()
        found[key(each.city)] = Name("town" if alone else "short", each.code)
        found.setdefault(key(short), Name("short", each.code))
        if each.code == postal.SAPPORO:
            ward = each.city.removeprefix("札幌市")
            found[key(WARD_CITY + ward)] = Name("town", each.code, "「市」を補った")
            found[key(ward)] = Name("ward", each.code)
    found[key("札幌市")] = Name("town", postal.SAPPORO)
    for row in former_municipalities().itertuples():
        name = f"旧{row.name}は{row.merged_on:%Y年%-m月}に{town_name(row.successor_code)}になった"
        if row.name == town_name(row.successor_code):
            name = f"{row.name}の郡名は{row.merged_on:%Y年%-m月}に変わった"
        found[key(row.county + row.name)] = Name("former", row.successor_code, name)
        found.setdefault(key(row.name), Name("former_short", row.successor_code, name))
    for village in NORTHERN_VILLAGES:
        found[key(village)] = Name("northern", "")
    return found


@lru_cache(maxsize=1)
def former_municipalities() -> pd.DataFrame:
    """Return the towns that merged since 2004, with the municipality they became."""
    frame, problems = read_table(DATA_DIRECTORY / "former_municipalities.csv", FORMER_COLUMNS)
    if problems:
        raise DataError(problems)
    return frame


@lru_cache(maxsize=1)
def names_elsewhere() -> dict[str, tuple[str, ...]]:
    """Return the prefectures, other than Hokkaido, of every city name, by its key."""
    return {key(name): prefectures for name, prefectures in postal.elsewhere().items()}


@lru_cache(maxsize=1)
def neighbourhoods() -> dict[str, tuple[str, ...]]:
    """Return the keys of the neighbourhoods of each municipality, by its code."""
    found: dict[str, set[str]] = defaultdict(set)
    for each in postal.hokkaido():
        if each.neighbourhood:
            found[each.code].add(neighbourhood_key(each.neighbourhood))
    return {each: tuple(sorted(names, key=len, reverse=True)) for each, names in found.items()}


@lru_cache(maxsize=1)
def doubled_names() -> dict[str, tuple[str, ...]]:
    """Return the neighbourhoods of other municipalities that a town's name is, or begins."""
    short = {name: each.code for name, each in meanings().items() if each.kind.endswith("short")}
    found: dict[str, list[str]] = defaultdict(list)
    for name, own in short.items():
        for other, parts in neighbourhoods().items():
            if other != own:
                found[name] += [part for part in parts if part.startswith(name)]
    return {name: tuple(parts) for name, parts in found.items() if parts}


def _digits(number: str) -> str:
    """Return a kanji number up to 99 in digits: 二十三 is 23."""
    tens, ten, ones = number.rpartition("十")
    if not ten:
        return "".join(str(KANJI_DIGITS[sign]) for sign in ones)
    return str((KANJI_DIGITS.get(tens, 1) if tens else 1) * 10 + KANJI_DIGITS.get(ones, 0))
