"""Resolve an address of Hokkaido to its municipality, or say why it cannot be.

An address that could mean two places is refused with its reason, never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from geo.data.codes import possible_codes
from geo.imports.places import postal
from geo.imports.places.gazetteer import (
    PREFECTURES,
    Name,
    codes_of_postal,
    doubled_names,
    key,
    meanings,
    names_by_code,
    names_elsewhere,
    neighbourhood_key,
    neighbourhoods,
    normal,
    town_name,
)

POSTAL_RE = re.compile(r"^(?:〒|郵便番号:?)?\s*(\d{3})-?(\d{4})(?=\D|$)")
BUREAU_RE = re.compile(r"^.{2,6}?(?:総合振興局|振興局|支庁)(?:管内)?")


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
    name = _longest(marks, meanings())
    other = "" if stated else _longest(marks, names_elsewhere())
    if len(other) > len(name):
        prefectures = "・".join(names_elsewhere()[other])
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
    meaning, rest = meanings()[name], shown[len(name) :].removeprefix("大字")
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
    if hint == meaning.code or (stated and not (former and name in doubled_names())):
        return found
    here = _begins(rest, neighbourhoods().get(meaning.code, ()))
    prefectures = () if stated else names_elsewhere().get(name, ())
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
    doubled = doubled_names().get(name, ())
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


def _joined(*notes: str) -> str:
    return "。".join(note for note in notes if note)
