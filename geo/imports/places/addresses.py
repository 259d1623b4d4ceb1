"""Resolve an address of Hokkaido to its municipality, or say why it cannot be.

An address that could mean two places is refused with its reason, never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from geo.data.codes import possible_codes
from geo.data.dataset import DATA_DIRECTORY
from geo.data.tables import Column, code, day, read_table, text
from geo.errors import DataError
from geo.imports.places import postal

PREFECTURES = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
]
NORTHERN_VILLAGES = ("色丹村", "国後郡泊村", "留夜別村", "留別村", "紗那村", "蘂取村")
WARD_CITY = "札幌"
# Signs that stand for one another in addresses: katakana for kanji, old forms for new ones.
ALIKE = str.maketrans(
    "ニハロエカトタヶヵケ惠龍瀧澤櫻國廣濱濵邊邉奧劔釼劍舘檜桧禮壽藏寳寶靜狹嶋嶌蕊蘂縣俱渕淵驒增",
    "二八口工力卜夕ケケケ恵竜滝沢桜国広浜浜辺辺奥剣剣剣館桧桧礼寿蔵宝宝静狭島島蕊蕊県倶淵淵騨増",
)
DASHES = "‐‑‒–—―−─━ｰー－~〜～"
POSTAL_RE = re.compile(r"^(?:〒|郵便番号:?)?\s*(\d{3})-?(\d{4})(?=\D|$)")
BUREAU_RE = re.compile(r"^.{2,6}?(?:総合振興局|振興局|支庁)(?:管内)?")
KANJI_DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")}
NUMBER_RE = re.compile(r"[〇一二三四五六七八九十]+(?=条|丁目|丁|線|番|号|区|の沢)")

FORMER_COLUMNS = {
    "name": Column(text),
    "county": Column(text),
    "successor_code": Column(code),
    "merged_on": Column(day),
    "source": Column(text),
}


@dataclass(frozen=True)
class Resolved:
    """Where an address lies: code, what follows the municipality's name, and a note.

    code: '' when refused, with the reason. note: what was concluded rather than read.
    foreign: the prefecture, when the address lies outside Hokkaido.
    """

    code: str = ""
    rest: str = ""
    note: str = ""
    reason: str = ""
    foreign: str = ""


@dataclass(frozen=True)
class Name:
    """What a name at the start of an address may mean."""

    kind: str  # town, short, ward, former, former_short, northern
    code: str
    note: str = ""


def normal(address: str) -> str:
    """Return an address in one width, without blanks, every dash between digits a hyphen."""
    plain = unicodedata.normalize("NFKC", address)
    plain = re.sub(r"[\s\u200b-\u200f\u202a-\u202e\ufeff]", "", plain)
    plain = re.sub(f"(?<=[0-9条線])[{DASHES}?](?=[0-9A-Za-z])", "-", plain)
    return re.sub(r"(?<=[0-9])の(?=[0-9])", "-", plain)


def key(name: str) -> str:
    """Return a form in which spellings that mean the same are equal; as long as `normal`'s."""
    return normal(name).translate(ALIKE)


def neighbourhood_key(name: str) -> str:
    """Return the key of what follows a municipality: without 字, numbers in digits."""
    plain = re.sub(r"大字|(?<![一-龥])字|^字|^小字", "", normal(name))
    return NUMBER_RE.sub(lambda match: _digits(match[0]), plain).translate(ALIKE)


def resolve(
    address: str, *, context: str = "", postal_code: str = "", publisher: str = ""
) -> Resolved:
    """Return the municipality of an address.

    context: the code of the municipality that the same row names elsewhere, '' for none. It
    helps where the address does not name one, and contradicts one that names another.
    publisher: the code of the municipality that publishes the row; it only helps.
    """
    plain = normal(address)
    if match := POSTAL_RE.match(plain):
        plain, postal_code = plain[match.end() :], postal_code or match[1] + match[2]
    by_postal = codes_of_postal(postal_code)
    single = next(iter(by_postal)) if len(by_postal) == 1 else ""
    hint = context or single or publisher
    found = _read(plain, hint)
    if found.foreign or (found.reason and found.rest):
        return found
    if found.code:
        if context and found.code != context:
            return _contradiction(plain, found, context)
        if by_postal and found.code not in by_postal and not context:
            note = f"郵便番号は{town_name(next(iter(by_postal)))}のもの。住所の市町村による"
            return Resolved(found.code, found.rest, _joined(found.note, note))
        if publisher and found.code != publisher and not context:
            note = f"公表者({town_name(publisher)})の外にある"
            return Resolved(found.code, found.rest, _joined(found.note, note))
        return found
    if context:
        note = "住所に市町村名がなく、同じ行の市町村名による" if plain else ""
        return Resolved(context, plain, note)
    if single:
        return Resolved(single, plain, "住所に市町村名がなく、郵便番号による")
    if publisher:
        return Resolved(publisher, plain, "住所に市町村名がなく、公表者の市町村による")
    if len(by_postal) > 1:
        names = "・".join(town_name(each) for each in sorted(by_postal))
        return Resolved(
            reason=f"郵便番号が複数の市町村({names})にまたがり、住所からも決められません"
        )
    if postal_code and not plain:
        digits = re.sub(r"\D", "", normal(postal_code))
        if len(digits) == 7 and not digits.startswith(("00", "04", "05", "06", "07", "08", "09")):
            return Resolved(reason="北海道の外の郵便番号です", foreign="道外")
    return found if found.reason else Resolved(reason="住所が空欄です")


def resolve_all(frame: pd.DataFrame) -> pd.DataFrame:
    """Resolve rows of (address, context, postal, publisher).

    Returns code, rest, note, reason and foreign as text, in the rows' order.
    """
    asked = ["address", "context", "postal", "publisher"]
    unique = frame[asked].drop_duplicates()
    found = [
        resolve(address, context=context, postal_code=postal_code, publisher=publisher)
        for address, context, postal_code, publisher in unique.itertuples(index=False)
    ]
    columns = ["code", "rest", "note", "reason", "foreign"]
    cells = pd.DataFrame(
        [[getattr(one, name) for name in columns] for one in found], columns=columns
    )
    cells = cells.astype("str").set_axis(unique.index)
    joined = frame.merge(pd.concat([unique, cells], axis=1), on=asked, how="left")
    return joined[columns].set_axis(frame.index)


def code_from_cell(cell: str, name: str = "") -> tuple[str, str]:
    """Return (6-digit code, note) that a code cell stands for, '' where nothing proves one.

    name: the municipality that the row names; it decides between two possible codes.
    """
    known = [
        each
        for each in possible_codes(cell)
        if each in names_by_code() or each in postal.codes_elsewhere()
    ]
    given = cell.strip()
    if name:
        known = [each for each in known if _named(name, each)]
    else:  # only what its own check digit proves
        known = [each for each in known if each.endswith(given) or given == each]
    if len(known) != 1:
        return "", ""
    return known[0], "" if known[0] == given else f"コード {given} を {known[0]} と読んだ"


def is_code_elsewhere(cell: str) -> bool:
    """Tell whether a code cell is, by its own check digit, one of a place outside Hokkaido."""
    proven = [each for each in possible_codes(cell) if each.endswith(cell.strip())]
    return bool(proven) and all(
        each in postal.codes_elsewhere() or (each[2:5] == "000" and not each.startswith("01"))
        for each in proven
    )


def _named(name: str, code: str) -> bool:
    """Tell whether a cell names the municipality of a code."""
    found = resolve(name, context=code)
    return found.code == code and "同じ行" not in found.note


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
def _names() -> dict[str, Name]:
    """Return what each name at the start of an address means, by its key."""
    found: dict[str, Name] = {}
    for each in postal.hokkaido():
        if not _scored(each.code):
            continue
        short = postal.without_county(each.city)
        # 伊達市 is a full name and yet not the only one.
        alone = each.city != short or key(short) not in _elsewhere()
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
def _elsewhere() -> dict[str, tuple[str, ...]]:
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
def _doubled_names() -> dict[str, tuple[str, ...]]:
    """Return the neighbourhoods of other municipalities that a town's name is, or begins."""
    short = {name: each.code for name, each in _names().items() if each.kind.endswith("short")}
    found: dict[str, list[str]] = defaultdict(list)
    for name, own in short.items():
        for other, parts in neighbourhoods().items():
            if other != own:
                found[name] += [part for part in parts if part.startswith(name)]
    return {name: tuple(parts) for name, parts in found.items() if parts}


def _read(plain: str, hint: str) -> Resolved:
    """Read the municipality at the start of a normal address; hint: a code named elsewhere."""
    stated = False
    while plain.startswith(postal.HOKKAIDO):
        plain, stated = plain.removeprefix(postal.HOKKAIDO), True
    for prefecture in PREFECTURES[1:]:
        if plain.startswith(prefecture):
            reason = f"北海道の外({prefecture})です"
            return Resolved(reason=reason, rest=plain, foreign=prefecture)
    shown = BUREAU_RE.sub("", plain) or plain
    marks = key(shown)
    name = _longest(marks, _names())
    other = "" if stated else _longest(marks, _elsewhere())
    if len(other) > len(name):
        prefectures = "・".join(_elsewhere()[other])
        if hint and shown and _begins(shown, neighbourhoods().get(hint, ())):
            return Resolved(reason="住所に市町村名がありません")
        return Resolved(
            reason=f"北海道にない市町村です({prefectures})", rest=shown, foreign=prefectures
        )
    if not name:
        if county := re.match(r"^(.{1,4}郡)(.{1,6}?[町村])", shown):
            return Resolved(reason=f"{county[0]}という町村は北海道にありません", rest=shown)
        if stated and (city := re.match(r"^.{1,6}?[市町村]", shown)):
            return Resolved(reason=f"{city[0]}という市町村は北海道にありません")
        return Resolved(reason="住所に市町村名がありません" if shown else "住所が空欄です")
    meaning, rest = _names()[name], shown[len(name) :].removeprefix("大字")
    if meaning.kind == "northern":
        return Resolved(reason="北方領土の村です", rest=shown)
    if meaning.kind in ("town", "former"):
        return Resolved(meaning.code, rest, meaning.note)
    if meaning.kind == "ward":
        if stated or hint == meaning.code:
            return Resolved(meaning.code, rest, "区だけの住所を札幌市と読んだ")
        return Resolved(reason="区だけの住所で、市が分かりません")
    return _short(shown, name, meaning, rest, hint, stated=stated)


def _short(shown: str, name: str, meaning: Name, rest: str, hint: str, *, stated: bool) -> Resolved:
    """Decide on a name without its 郡, which may also be a place elsewhere."""
    found = Resolved(meaning.code, rest, meaning.note)
    former = meaning.kind == "former_short"
    if hint and hint != meaning.code and _begins(shown, neighbourhoods().get(hint, ())):
        return Resolved(reason="住所に市町村名がありません")
    if hint == meaning.code or (stated and not (former and name in _doubled_names())):
        return found
    here = _begins(rest, neighbourhoods().get(meaning.code, ()))
    prefectures = () if stated else _elsewhere().get(name, ())
    if prefectures:
        city = next(each for each in postal.elsewhere() if key(each) == name)
        there = {
            prefecture
            for prefecture, part in postal.neighbourhoods_elsewhere(city)
            if part and _begins(rest, (neighbourhood_key(part),))
        }
        if there and not here:
            names = "・".join(sorted(there))
            return Resolved(reason=f"北海道の外({names})です", rest=shown, foreign=names)
        if there or not here:
            names = "・".join((postal.HOKKAIDO, *prefectures))
            reason = f"同じ名の市町村が{names}にあり、決められません。都道府県か郡を書いてください"
            return Resolved(reason=reason, rest=shown)
    doubled = _doubled_names().get(name, ())
    longer = _begins(shown, tuple(part for part in doubled if part != name))
    if doubled and not here and (former or longer or not rest or rest[0].isdigit()):
        reason = "町村名とも、ほかの市の町名とも読めます。市町村名を書いてください"
        return Resolved(reason=reason, rest=shown)
    return found


def _contradiction(plain: str, found: Resolved, context: str) -> Resolved:
    named, other = town_name(found.code), town_name(context)
    if found.code not in names_by_code() or found.note.startswith("旧"):
        named = found.note or named
    reason = f"住所は{named}、市町村名の列は{other}で、合いません"
    return Resolved(reason=reason, rest=plain)


def _longest(marks: str, names: dict[str, object] | dict[str, Name] | dict[str, tuple[str, ...]]) -> str:  # fmt: skip
    for length in range(min(len(marks), 12), 1, -1):
        if marks[:length] in names:
            return marks[:length]
    return ""


def _begins(rest: str, parts: tuple[str, ...]) -> bool:
    """Tell whether what follows a municipality begins with one of its neighbourhoods."""
    marks = neighbourhood_key(rest)
    return any(marks.startswith(part) for part in parts)


def _digits(number: str) -> str:
    """Return a kanji number up to 99 in digits: 二十三 is 23."""
    tens, ten, ones = number.rpartition("十")
    if not ten:
        return "".join(str(KANJI_DIGITS[sign]) for sign in ones)
    return str((KANJI_DIGITS.get(tens, 1) if tens else 1) * 10 + KANJI_DIGITS.get(ones, 0))


def _joined(*notes: str) -> str:
    return "。".join(note for note in notes if note)
