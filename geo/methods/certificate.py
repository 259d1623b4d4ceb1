"""Certify a flag (区分の根拠書): what it rests on, how firm it is, and what would flip it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from geo.data.dataset import position_of
from geo.data.dates import source_day
from geo.methods.analysis import Analysis, field_weights
from geo.methods.beyond import excess_minutes
from geo.methods.origin import origin, suppliers
from geo.methods.scarcity import FEW, FLAG_NAMES, scarcity, thirds
from geo.parameters import OLD_YEARS

DAYS_A_YEAR = 365.25
JUST_ENOUGH = 1e-6  # of a point of scarcity, on the other side of a bound


@dataclass(frozen=True)
class Flip:
    """The fewest changes of sufficiency that would flip a flag, all others staying as they are.

    fields: codes. now, then: sufficiency 0 to 1 of each. flag: what it would be.
    """

    fields: tuple[str, ...]
    now: tuple[float, ...]
    then: tuple[float, ...]
    flag: str


@dataclass(frozen=True)
class Ground:
    """One record or count that a flag rests on.

    field: code. layer: in Japanese. name, municipality: of the office; a count has no name of its
    own. minutes: to it. source, source_date: its own. day: the date that it names, None for none.
    old: whether that is more than OLD_YEARS ago, or unknown.
    """

    field: str
    layer: str
    name: str
    municipality: str
    minutes: float
    source: str
    source_date: str
    day: date | None
    old: bool


@dataclass(frozen=True)
class Unit:
    """How much of a layer falls to a municipality: `amount` of its `total`, in offices or counted."""

    field: str
    layer: str
    amount: float
    total: float
    counted: bool
    over_minutes: float


@dataclass(frozen=True)
class Certificate:
    """What stands behind the flag of one municipality."""

    code: str
    name: str
    flag: str
    scarcity: float
    rank: float
    compared: int
    fields: tuple[str, ...]
    few_share: float
    standing: str
    low: float
    high: float
    decides: str
    flip: Flip | None
    origin: str
    inside: float
    suppliers: tuple[tuple[str, float], ...]
    units: tuple[Unit, ...]
    grounds: tuple[Ground, ...]


def certificate(analysis: Analysis, code: str, today: date) -> Certificate:
    """Return the certificate of a municipality's flag; raise UnknownCodeError for none such.

    today: the day from which the age of a source is counted.
    """
    row = position_of(analysis.dataset, code)
    joint, come = analysis.joint, origin(analysis)
    score = analysis.scarcity
    rank = np.nan
    if np.isfinite(score[row]):
        others = score[np.isfinite(score)].round(9)
        mine = score[row].round(9)
        rank = float((others > mine).sum() + ((others == mine).sum() + 1) / 2)
    return Certificate(
        code=code,
        name=str(analysis.dataset.municipalities.at[code, "name"]),
        flag=str(analysis.flag[row]),
        scarcity=float(score[row]),
        rank=rank,
        compared=int(analysis.compared.sum()),
        fields=tuple(analysis.fields_entered),
        few_share=float(joint.few_share[row]),
        standing=str(joint.standing[row]),
        low=float(joint.low[row]),
        high=float(joint.high[row]),
        decides=str(joint.decides[row]),
        flip=flip(analysis, code),
        origin=str(come.kind[row]),
        inside=float(come.share[row]),
        suppliers=tuple(suppliers(analysis, code)),
        units=units(analysis, code),
        grounds=grounds(analysis, code, today),
    )


def flip(analysis: Analysis, code: str) -> Flip | None:
    """Return the fewest changes that would flip a municipality's flag, None where nothing would.

    Formula: of a flagged one, raise the sufficiency of the fields with the greatest parts
    100 w_c (1 - q_c) / Σ w until the flags, taken anew, no longer name it; of the others, lower those with the
    greatest 100 w_c q_c / Σ w until they do. Greatest first is fewest.

    The last of the fields is moved only as far as it takes. Raises UnknownCodeError.
    Source: counterfactual explanation, Wachter, Mittelstadt and Russell (2018) Harvard J. of Law
    & Technology 31; the parts are those of geo.methods.explain.
    """
    row = position_of(analysis.dataset, code)
    if not analysis.entered[row].any():
        return None
    few = analysis.flag[row] == FLAG_NAMES[FEW]
    weights = field_weights(analysis.dataset, analysis.parameters) * analysis.entered[row]
    points = 100 * weights / weights.sum() if weights.sum() > 0 else weights
    enough = np.nan_to_num(analysis.enough)
    goal = 1.0 if few else 0.0
    room = points * np.abs(goal - enough[row])
    order = [c for c in np.argsort(-room, kind="stable") if room[c] > 0]
    for target in _targets(analysis, row, few=few):
        left = abs(analysis.scarcity[row] - target)
        trial, moved = enough.copy(), []
        for column in order:
            step = min(left, room[column])
            trial[row, column] += (1 if few else -1) * step / points[column]
            left -= step
            moved.append(column)
            if left <= 0:
                break
        if left > 0:
            continue
        flags = thirds(scarcity(trial, analysis.entered, weights))
        if (flags[row] == FEW) != few:
            fields = analysis.arrays.fields
            return Flip(
                tuple(fields[moved]),
                tuple(float(enough[row, c]) for c in moved),
                tuple(float(trial[row, c]) for c in moved),
                FLAG_NAMES[int(flags[row])],
            )
    return None


def _targets(analysis: Analysis, row: int, *, few: bool) -> list[float]:
    """Return the scores just past those of the others, the nearest first."""
    mine = analysis.scarcity[row]
    others = np.unique(
        np.delete(analysis.scarcity, row)[np.isfinite(np.delete(analysis.scarcity, row))]
    )
    if few:
        return [float(score) - JUST_ENOUGH for score in others[::-1] if score <= mine]
    return [float(score) + JUST_ENOUGH for score in others if score >= mine]


def units(analysis: Analysis, code: str) -> tuple[Unit, ...]:
    """Return how much of each complete layer falls to a municipality.

    Formula: D_m A_m of Σ_j S_j; over all municipalities it sums to the supply within reach of anybody.

    An office counts by its share of its layer's people; the layer's average office is 1.
    Source: Soukhov et al. (2023) PLOS ONE 18.
    """
    row = position_of(analysis.dataset, code)
    return tuple(
        Unit(
            field=field.field,
            layer=part.layer.name,
            amount=float(part.units[row]),
            total=float(part.layer.supply.sum()),
            counted=part.layer.counted,
            over_minutes=float(excess_minutes(part.layer, analysis.parameters.minutes)[row]),
        )
        for field in analysis.judged
        for part in field.access
    )


def grounds(analysis: Analysis, code: str, today: date) -> tuple[Ground, ...]:
    """Return the records and counts that a flag rests on, field by field, the nearest first.

    Of each layer of the fields that entered: the offices within T, or the nearest where none is.
    """
    row = position_of(analysis.dataset, code)
    dataset, catchment = analysis.dataset, analysis.parameters.minutes
    names = dataset.municipalities["name"].to_numpy()
    found: list[Ground] = []
    for field in analysis.judged:
        if field.field not in analysis.fields_entered:
            continue
        for part in field.access:
            layer = part.layer
            reach = np.where(layer.eligible[row] & (layer.supply > 0), layer.minutes[row], np.inf)
            near = np.flatnonzero(reach < catchment)
            if not near.size and np.isfinite(reach).any():
                near = np.array([int(reach.argmin())])
            for j in near[np.argsort(reach[near], kind="stable")]:
                name, source, source_date = _record(analysis, layer.services[j], layer.key)
                day = source_day(source_date)
                old = day is None or today - day > timedelta(DAYS_A_YEAR * float(OLD_YEARS))
                found.append(
                    Ground(
                        field=field.field,
                        layer=layer.name,
                        name=name or f"{layer.name} {layer.supply[j]:,.0f}",
                        municipality=str(names[layer.town[j]]),
                        minutes=float(reach[j]),
                        source=source,
                        source_date=source_date,
                        day=day,
                        old=old,
                    )
                )
    return tuple(found)


def _record(analysis: Analysis, service: str, layer: str) -> tuple[str, str, str]:
    """Return name, source and its date of a service, or of the count of a layer."""
    dataset = analysis.dataset
    if service:
        row = dataset.services.loc[service]
        name = dataset.organisations.at[row["organisation"], "name"]
        return str(name), str(row["source"]), str(row["source_date"])
    column = dataset.layers.at[layer, "count_column"]
    item = dataset.statistics_items.loc[column]
    return "", str(item["source"]), str(item["year"])
