"""Decide which fields enter a comparison: known all over the range, and telling towns apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geo.data.dataset import Dataset
from geo.data.inventory import Judge, judges
from geo.methods.access import supply_by_people
from geo.methods.arrays import Arrays
from geo.methods.layers import Layer, LayerAccess, field_sufficiency, layer_access, only_inside
from geo.methods.travel import Travel
from geo.parameters import ALIKE_SHARE, Parameters

ENTERED, INCOMPLETE, SURVEYING, ALIKE, SAME_DESKS = (
    "entered",
    "incomplete",
    "surveying",
    "alike",
    "same_desks",
)
STATES = {
    ENTERED: "判定に入る",
    INCOMPLETE: "未完成",
    SURVEYING: "調査中",
    ALIKE: "差がつかない",
    SAME_DESKS: "同じ窓口",
}
SURVEY = "調査"  # the inventory that a survey of a whole range makes
ROUNDING = 9  # decimals of a sufficiency, beyond which two towns are alike


@dataclass(frozen=True, eq=False)
class JudgedField:
    """Whether and by what a field enters the comparison.

    field: code. state: a key of STATES. why: in Japanese. access: one for each complete layer,
    empty where the inventory is not complete in the range. enough: (M,) sufficiency 0 to 1, NaN
    where it is not. alike: share of the range's municipalities that share the commonest
    sufficiency. crosses: whether supply from beyond the edge of the range counts.
    """

    field: str
    state: str
    why: str
    access: tuple[LayerAccess, ...]
    enough: np.ndarray
    alike: float
    crosses: bool


def judged_fields(
    dataset: Dataset,
    arrays: Arrays,
    travel: Travel,
    parameters: Parameters,
    compared: np.ndarray,
    today: tuple[JudgedField, ...] | None = None,
) -> tuple[JudgedField, ...]:
    """Return every field with its state, in the order of the fields.

    A field enters when its inventory is complete in every municipality of the range (each layer that
    it is judged by, kind by kind, or a survey of all of them), when no more than ALIKE_SHARE of
    them have the same sufficiency, and when the desks are not those of a field that entered.
    With `partial` every field enters by all that is known (provisional).
    compared: (M,), the range. today: in a what-if, the fields whose layers' means are held, and
    which fields enter.
    Source: like with like: OECD and JRC (2008) Handbook on Constructing Composite Indicators,
    step 3 (missing data) and 5 (normalisation); the share is this project's.
    """
    fields = dataset.fields
    found = {
        field: _judged(
            dataset,
            arrays,
            travel,
            parameters,
            compared,
            column,
            None if today is None else today[column],
        )
        for column, field in enumerate(fields.index)
    }
    if today is None and not parameters.partial:
        for field, other in fields["same_desks_as"].items():
            if other and found[other].state == ENTERED:
                why = f"{fields.at[other, 'name']}と同じ窓口なので、二重に数えない"
                found[field] = replace(found[field], state=SAME_DESKS, why=why)
    return tuple(found.values())


def _judged(
    dataset: Dataset,
    arrays: Arrays,
    travel: Travel,
    parameters: Parameters,
    compared: np.ndarray,
    column: int,
    held: JudgedField | None,
) -> JudgedField:
    field = dataset.fields.index[column]
    by = judges(dataset, field)
    looked_at = arrays.asked[:, column] & compared
    crosses = True
    if by and all(judge.complete for judge in by):
        layers = [_layer(dataset, arrays, travel, column, judge) for judge in by]
    elif looked_at.sum() == compared.sum():
        layers = [only_inside(_known(arrays, travel, column, SURVEY), compared)]
        crosses = False
    elif parameters.partial:
        layers = [_known(arrays, travel, column, "読めた記録(暫定)")]
    else:
        state, why = _unknown(by, looked_at, compared)
        blank = np.full(len(compared), np.nan)
        return JudgedField(field, state, why, (), blank, np.nan, True)
    means = [None] * len(layers) if held is None else [part.mean for part in held.access]
    access = tuple(
        layer_access(layer, parameters.minutes, compared, mean if mean else None)
        for layer, mean in zip(layers, means or [None] * len(layers), strict=True)
    )
    enough = field_sufficiency(list(access))
    share = alike_share(enough[compared])
    names = "、".join(part.layer.name for part in access)
    if held is not None:
        state, why = held.state, held.why
    elif share > float(ALIKE_SHARE) and not parameters.partial:
        state, why = ALIKE, f"{share:.0%}の市町村が同じ足り具合({names})"
    else:
        state, why = ENTERED, f"{names}で判定"
    return JudgedField(field, state, why, access, enough, share, crosses)


def alike_share(enough: np.ndarray) -> float:
    """Return the share of municipalities, 0 to 1, that have the commonest sufficiency. (N,)."""
    _, counts = np.unique(enough.round(ROUNDING), return_counts=True)
    return float(counts.max() / len(enough))


def _unknown(by: list[Judge], looked_at: np.ndarray, compared: np.ndarray) -> tuple[str, str]:
    if looked_at.any():
        words = (
            f"比べる範囲の{int(compared.sum())}市町村のうち{int(looked_at.sum())}市町村が調査済み"
        )
        return SURVEYING, words
    missing = [judge.label for judge in by if not judge.complete]
    if not missing:
        return INCOMPLETE, "一覧になる公的な名簿がなく、調査で確かめる分野"
    return INCOMPLETE, f"{'、'.join(missing)}の一覧を読めていない"


def _layer(dataset: Dataset, arrays: Arrays, travel: Travel, column: int, judge: Judge) -> Layer:
    """Return one complete layer of a field: its offices, a count, or the desks by law."""
    if judge.count_column:
        supply = dataset.statistics.loc[arrays.codes, judge.count_column].to_numpy(dtype=float)
        return _at_offices(arrays, travel, column, judge, supply, counted=True)
    if judge.by_law:
        offices = np.ones(len(arrays.codes))
        layer = _at_offices(arrays, travel, column, judge, offices, counted=False)
        shares = supply_by_people(layer.demand, layer.minutes, layer.eligible)
        return _with_supply(layer, shares)
    part = arrays.slices[column]
    chosen = part.start + np.flatnonzero(
        arrays.inventory[part]
        & (arrays.layer[part] == judge.layer)
        & ((arrays.kind[part] == judge.kind) | (not judge.kind))
    )
    return _of_columns(arrays, travel, column, chosen, judge.label, judge.layer)


def _known(arrays: Arrays, travel: Travel, column: int, name: str) -> Layer:
    """Return all services of a field that are known, as one layer."""
    part = arrays.slices[column]
    return _of_columns(arrays, travel, column, np.arange(part.start, part.stop), name, name)


def _of_columns(
    arrays: Arrays, travel: Travel, column: int, chosen: np.ndarray, name: str, key: str
) -> Layer:
    town = arrays.town[chosen]
    return Layer(
        field=column,
        name=name,
        key=key,
        demand=arrays.demand[:, column],
        supply=arrays.supply[chosen],
        minutes=arrays.minutes[:, chosen],
        fixed=_fixed(travel)[:, town],
        eligible=arrays.in_person[:, chosen],
        here=arrays.here[:, chosen],
        town=town,
        services=arrays.services[chosen],
    )


def _at_offices(
    arrays: Arrays,
    travel: Travel,
    column: int,
    judge: Judge,
    supply: np.ndarray,
    *,
    counted: bool,
) -> Layer:
    towns = len(arrays.codes)
    here = np.eye(towns, dtype=bool)
    return Layer(
        field=column,
        name=judge.label,
        key=judge.layer,
        demand=arrays.demand[:, column],
        supply=supply,
        minutes=travel.minutes,
        fixed=_fixed(travel),
        # A desk by law serves its own town; what is counted serves whoever comes.
        eligible=np.ones((towns, towns), dtype=bool) if counted else here,
        here=here,
        town=np.arange(towns),
        services=np.full(towns, "", dtype=object),
        counted=counted,
    )


def _with_supply(layer: Layer, supply: np.ndarray) -> Layer:
    return replace(layer, supply=supply)


def _fixed(travel: Travel) -> np.ndarray:
    """Return (M, M) minutes that no road speed moves: the sailing time along each way."""
    road = np.where(np.isfinite(travel.km), travel.km, 0.0) * 60 / travel.speed
    return np.where(np.isfinite(travel.minutes), np.maximum(travel.minutes - road, 0.0), 0.0)
