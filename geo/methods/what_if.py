"""Try out a change of services in memory: what would be here, in reach and scarce after it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from geo.data.dataset import Dataset, position_of
from geo.data.vocabulary import CLASSES, FLAGS
from geo.errors import ImpossibleError, UnknownCodeError
from geo.methods.analysis import Analysis, analyse_arrays
from geo.methods.arrays import Arrays
from geo.methods.need import TODAY

OUTPOST_CAPACITY = 1.0  # the average office of a layer is 1
OUTPOST_WORD = "(仮定の出張所)"
CHANGED_MARK = "+if"


@dataclass(frozen=True)
class Extend:
    """A service takes in people of further municipalities (codes)."""

    service: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Outpost:
    """A service opens a place of its own in a municipality (code)."""

    service: str
    code: str


@dataclass(frozen=True)
class Online:
    """A service starts to serve municipalities (codes) online."""

    service: str
    codes: tuple[str, ...]


Change = Extend | Outpost | Online
CHANGES: dict[str, type[Change]] = {"extend": Extend, "outpost": Outpost, "online": Online}
KIND_WORDS = {
    "extend": "対象地域を広げる",
    "outpost": "出張所を開く",
    "online": "オンラインを始める",
}


class ChangeError(ImpossibleError):
    """Raised when a change cannot be made, with the reason in Japanese."""


def after(analysis: Analysis, changes: tuple[Change, ...]) -> Analysis:
    """Return the analysis as it would be after the changes; the given one is not touched.

    What exists keeps its capacity, an outpost has that of an average office, and the means and
    the bounds of the flags stay as they are today: an outpost raises the scarcity of nobody. A
    service that extends its area is shared by more people, so that those who had it to
    themselves may lose a little; that is shown, not hidden. No change gives the same object.
    Source: this project (docs/methods.md).
    Raises ChangeError or UnknownCodeError.
    """
    if not changes:
        return analysis
    dataset, arrays = analysis.dataset, analysis.arrays
    for change in changes:
        dataset, arrays = _apply(analysis, dataset, arrays, change)
    return analyse_arrays(dataset, analysis.parameters, analysis.travel, arrays, analysis)


def difference(before: Analysis, then: Analysis) -> pd.DataFrame:
    """Return one row per municipality that the changes touch, the greatest gain first.

    Columns: code, name, subprefecture, population (people), scarcity_before, scarcity_after,
    change (negative = less scarce), flag_before, flag_after, candidate_before, candidate_after,
    classes (fields whose class changes, in Japanese), need (today).
    """
    towns, names = before.dataset.municipalities, before.dataset.fields["name"].to_numpy()
    changed = before.klass != then.klass
    words = [
        "、".join(
            f"{names[c]}: {CLASSES[before.klass[m, c]]}→{CLASSES[then.klass[m, c]]}"
            for c in np.flatnonzero(row)
        )
        for m, row in enumerate(changed)
    ]
    table = pd.DataFrame(
        {
            "code": towns.index,
            "name": towns["name"].to_numpy(),
            "subprefecture": towns["subprefecture"].to_numpy(),
            "population": towns["population_2020"].to_numpy(),
            "scarcity_before": before.scarcity.round(1),
            "scarcity_after": then.scarcity.round(1),
            "change": (then.scarcity - before.scarcity).round(2),
            "flag_before": pd.Series(before.flag).map(FLAGS),
            "flag_after": pd.Series(then.flag).map(FLAGS),
            "candidate_before": before.candidate,
            "candidate_after": then.candidate,
            "classes": words,
            "need": before.need[TODAY].round(1).to_numpy(),
        }
    )
    touched = changed.any(axis=1) | (table["change"].fillna(0) != 0).to_numpy()
    return table[touched].sort_values(["change", "code"], kind="stable").reset_index(drop=True)


def describe_change(dataset: Dataset, change: Change) -> str:
    """Return a change in one Japanese line."""
    record = dataset.services.loc[_known(dataset, change.service)]
    who = dataset.organisations.at[record["organisation"], "name"]
    what = dataset.fields.at[record["field"], "name"]
    codes = codes_of(change)
    where = "・".join(dataset.municipalities.at[code, "name"] for code in codes)
    action = {
        Extend: f"対象地域を{where}に広げる",
        Outpost: f"{where}に出張所を開く",
        Online: f"{where}を対象にオンラインを始める",
    }[type(change)]
    return f"{who}({what})が{action}"


def codes_of(change: Change) -> tuple[str, ...]:
    """Return the codes of the municipalities that a change is for."""
    return (change.code,) if isinstance(change, Outpost) else change.codes


def change_to_row(change: Change) -> dict[str, object]:
    """Return a change as plain values, for JSON."""
    kind = next(word for word, made in CHANGES.items() if isinstance(change, made))
    return {"kind": kind, "service": change.service, "codes": list(codes_of(change))}


def change_from_row(row: dict[str, object]) -> Change:
    """Return the change that plain values stand for; raise ChangeError for one that is none."""
    kind, service, codes = row.get("kind"), row.get("service"), row.get("codes")
    if (
        kind not in CHANGES
        or not isinstance(service, str)
        or not isinstance(codes, list)
        or not codes
        or not all(isinstance(code, str) for code in codes)
        or (kind == "outpost" and len(codes) != 1)
    ):
        reason = f"仮定として読めません: {row!r}"
        raise ChangeError(reason)
    if kind == "outpost":
        return Outpost(service, codes[0])
    return (Extend if kind == "extend" else Online)(service, tuple(codes))


def _apply(
    analysis: Analysis, dataset: Dataset, arrays: Arrays, change: Change
) -> tuple[Dataset, Arrays]:
    record = dataset.services.loc[_known(dataset, change.service)]
    place = np.flatnonzero(arrays.services == change.service)
    if not place.size:
        reason = f"{change.service}は、今の条件(確度)では数えていません"
        raise ChangeError(reason)
    column = int(place[0])
    if isinstance(change, Outpost):
        return _open(analysis, dataset, arrays, change, column)
    rows = [position_of(dataset, code) for code in change.codes]
    if isinstance(change, Online):
        modes = tuple(dict.fromkeys((*record["modes"], "online")))
        dataset = _with_service(dataset, change.service, modes=modes)
        comes, in_person = True, False
    else:
        town = dataset.organisations.at[record["organisation"], "municipality_code"]
        in_person = "place" in record["modes"] and bool(town)
        comes = any(mode != "place" for mode in record["modes"])
    area = record["service_area"]
    if area and not {"nation", "prefecture"} & set(area):
        # A blank area is one that nobody has read; it excludes no one and stays blank.
        wider = tuple(dict.fromkeys((*area, *change.codes)))
        dataset = _with_service(dataset, change.service, service_area=wider)
    masks = {}
    for name, wanted in (("remote", comes), ("in_person", in_person)):
        mask = getattr(arrays, name).copy()
        mask[rows, column] |= wanted
        masks[name] = mask
    return dataset, replace(arrays, **masks)


def _open(
    analysis: Analysis, dataset: Dataset, arrays: Arrays, change: Outpost, column: int
) -> tuple[Dataset, Arrays]:
    """Return the dataset and arrays with a new column at the end of the service's field."""
    record = dataset.services.loc[change.service]
    home = dataset.organisations.loc[record["organisation"]]
    if not home["location_public"]:
        reason = "所在を公表していない支援には、場所の仮定を置けません"
        raise ChangeError(reason)
    town = position_of(dataset, change.code)
    new = f"{change.service}@{change.code}"
    if new in dataset.services.index:
        reason = "同じ出張所がすでに仮定にあります"
        raise ChangeError(reason)
    field = next(i for i, part in enumerate(arrays.slices) if part.start <= column < part.stop)
    end = arrays.slices[field].stop
    here = np.zeros(len(arrays.codes), dtype=bool)
    here[town] = True
    wide = arrays.in_person[:, column] if "place" in record["modes"] else arrays.remote[:, column]
    changed = replace(
        arrays,
        services=np.insert(arrays.services.astype(object), end, new),
        supply=np.insert(arrays.supply, end, OUTPOST_CAPACITY),
        # A branch of an office that is in an inventory is in it, too.
        inventory=np.insert(arrays.inventory, end, arrays.inventory[column]),
        layer=np.insert(arrays.layer.astype(object), end, arrays.layer[column]),
        kind=np.insert(arrays.kind.astype(object), end, arrays.kind[column]),
        town=np.insert(arrays.town, end, town),
        minutes=np.insert(arrays.minutes, end, analysis.travel.minutes[:, town], axis=1),
        here=np.insert(arrays.here, end, here, axis=1),
        in_person=np.insert(arrays.in_person, end, wide | here, axis=1),
        remote=np.insert(arrays.remote, end, False, axis=1),
        slices=tuple(
            slice(part.start + (i > field), part.stop + (i >= field))
            for i, part in enumerate(arrays.slices)
        ),
    )
    office = home.copy()
    office["name"] = f"{home['name']}{OUTPOST_WORD}"
    office["municipality_code"], office["precision"] = change.code, "municipality"
    office["address"], office["lat"], office["lon"] = "", float("nan"), float("nan")
    service = record.copy()
    service["organisation"], service["modes"] = new, ("place",)
    return replace(
        dataset,
        version=_marked(dataset.version),
        organisations=_with_row(dataset.organisations, new, office),
        services=_with_row(dataset.services, new, service),
    ), changed


def _with_service(dataset: Dataset, service: str, **cells: object) -> Dataset:
    row = dataset.services.loc[service].copy()
    for name, cell in cells.items():
        row[name] = cell
    rest = dataset.services.drop(index=service)
    services = _with_row(rest, service, row).loc[dataset.services.index]
    return replace(dataset, version=_marked(dataset.version), services=services)


def _with_row(table: pd.DataFrame, key: str, row: pd.Series) -> pd.DataFrame:
    one = pd.DataFrame({name: [row[name]] for name in table.columns}, index=[key])
    one.index.name = table.index.name
    return pd.concat([table, one.astype(table.dtypes.to_dict())])


def _marked(version: str) -> str:
    return version if version.endswith(CHANGED_MARK) else version + CHANGED_MARK


def _known(dataset: Dataset, service: str) -> str:
    if service not in dataset.services.index:
        raise UnknownCodeError.of(service, "支援")
    return service
