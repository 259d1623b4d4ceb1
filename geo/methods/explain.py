"""Explain a municipality's scarcity: each field's part, and what would change its flag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.data.dataset import position_of
from geo.data.memory import kept
from geo.data.vocabulary import FLAGS
from geo.methods.analysis import Analysis, field_weights, flags_at
from geo.methods.judged import ENTERED
from geo.methods.layers import LayerAccess
from geo.methods.scarcity import FEW, FLAG_NAMES
from geo.parameters import ROBUSTNESS_MINUTES

SHOWN_PARTS = 3
ENOUGH = 1 - 1e-6  # a sufficiency this close to the mean lacks nothing
FAR, THIN, EXCLUDED, UNREACHED = "far", "thin", "excluded", "unreached"
LACKS = {
    FAR: "遠い",
    THIN: "人口あたりが少ない",
    EXCLUDED: "対象外",
    UNREACHED: "行ける窓口なし",
}


@dataclass(frozen=True)
class Lack:
    """What a municipality lacks in a field that entered, from the figures of its score.

    kind: a key of LACKS: the nearest office is beyond T; offices are within T but shared by many;
    one is within T but its area leaves the municipality out; no way leads to any. layer: the one that
    lacks most, in Japanese. minutes: to the nearest office for the municipality, inf for none.
    relative: 1.0 = the mean of the range.
    """

    field: str
    kind: str
    layer: str
    minutes: float
    relative: float
    part: float

    @property
    def words(self) -> str:
        """The lack in Japanese, with its figure."""
        if self.kind == FAR:
            return f"遠い: 最寄りの{self.layer}まで{self.minutes:.0f}分"
        if self.kind == THIN:
            return f"{self.layer}が人口あたり少ない: 平均の{self.relative:.0%}"
        return LACKS[self.kind]


@dataclass(frozen=True)
class FlagChange:
    """What separates a municipality from another flag.

    bound: the least scarcity that is flagged few today. margin: scarcity minus bound (0 or more =
    flagged). enough: single fields that would lift the flag if they reached the Hokkaido mean.
    together: the fewest fields that would do so together, empty when it is not flagged or none
    would. by_minutes: flag under each catchment of the robustness. few_share: share of trials.
    """

    bound: float
    margin: float
    enough: tuple[str, ...]
    together: tuple[str, ...]
    by_minutes: tuple[tuple[float, str], ...]
    few_share: float


def scarcity_parts(analysis: Analysis, code: str) -> pd.DataFrame:
    """Return one row per field, the greatest part first, then the fields that do not count.

    Formula: a field's part is 100 w_c (1 - q_mc) with the weights of the judged fields scaled to
    sum 1, so that the parts sum to the scarcity.

    Columns: field, name, part (points of scarcity, NaN where not judged), most (the part it would
    have without any access), relative (1.0 = 全道平均), minutes (NaN for none), class, judged.
    Source: this project (docs/methods.md).
    Raises UnknownCodeError for an unknown code.
    """
    row = position_of(analysis.dataset, code)
    judged, most = analysis.entered[row], _most(analysis, row)
    minutes = analysis.nearest[row]
    table = pd.DataFrame(
        {
            "field": analysis.arrays.fields,
            "name": analysis.dataset.fields["name"].to_numpy(),
            "part": np.where(judged, most * _lacking(analysis, row), np.nan),
            "most": np.where(judged, most, np.nan),
            "relative": analysis.relative[row],
            "minutes": np.where(np.isfinite(minutes), minutes, np.nan),
            "class": analysis.klass[row],
            "judged": judged,
        }
    )
    return table.sort_values("part", ascending=False, kind="stable").reset_index(drop=True)


def _most(analysis: Analysis, row: int) -> np.ndarray:
    """Return (C,) the points that each field would have without any access: 100 w_c."""
    weights = field_weights(analysis.dataset, analysis.parameters) * analysis.entered[row]
    total = weights.sum()
    most: np.ndarray = 100 * weights / total if total > 0 else np.zeros(len(weights))
    return most


def _lacking(analysis: Analysis, row: int) -> np.ndarray:
    """Return (C,) the share 1 - q_mc that is lacking of each field."""
    lacking: np.ndarray = 1 - np.nan_to_num(analysis.enough[row])
    return lacking


def flag_change(analysis: Analysis, code: str) -> FlagChange:
    """Return what would change a municipality's flag, all others staying as they are.

    Raises UnknownCodeError for an unknown code.
    """
    row = position_of(analysis.dataset, code)
    flagged = analysis.flag == FLAG_NAMES[FEW]
    bound = float(analysis.scarcity[flagged].min()) if flagged.any() else float("inf")
    margin = float(analysis.scarcity[row]) - bound
    parts = scarcity_parts(analysis, code).dropna(subset=["part"])
    enough: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    if flagged[row]:
        # Rounded, so that what is left of 1 - 1 is no part.
        enough = tuple(parts.loc[parts["part"].round(9) > round(margin, 9), "field"])
        # The largest parts first is the fewest fields.
        needed = int((parts["part"].cumsum().round(9) <= round(margin, 9)).sum()) + 1
        together = tuple(parts["field"].iloc[:needed]) if needed <= len(parts) else ()
    return FlagChange(
        bound=bound,
        margin=margin,
        enough=enough,
        together=together,
        by_minutes=tuple(
            (minutes, FLAG_NAMES[int(flags[row])]) for minutes, flags in _flags_by_minutes(analysis)
        ),
        few_share=float(analysis.few_share[row]),
    )


def lacks(analysis: Analysis, code: str) -> list[Lack]:
    """Return what a municipality lacks, the greatest part of its scarcity first.

    Of a field with several layers, the layer with the least accessibility gives the reason.
    Raises UnknownCodeError for an unknown code.
    """
    row = position_of(analysis.dataset, code)
    points = _most(analysis, row) * _lacking(analysis, row)
    parts = dict(zip(analysis.arrays.fields, points.tolist(), strict=True))
    found = [
        _lack(analysis, row, field.field, field.access, parts[field.field])
        for field in analysis.judged
        if field.state == ENTERED and analysis.compared[row] and field.enough[row] < ENOUGH
    ]
    return sorted(found, key=lambda lack: -lack.part)


def _lack(
    analysis: Analysis, row: int, field: str, access: tuple[LayerAccess, ...], part: float
) -> Lack:
    worst = min(access, key=lambda one: one.relative[row])
    layer, catchment = worst.layer, analysis.parameters.minutes
    offers = layer.supply > 0
    reach = np.where(layer.eligible[row] & offers, layer.minutes[row], np.inf)
    nearest = float(reach.min(initial=np.inf))
    if nearest < catchment:
        kind = THIN
    elif (layer.minutes[row][offers] < catchment).any():
        kind = EXCLUDED
    else:
        kind = FAR if np.isfinite(nearest) else UNREACHED
    return Lack(field, kind, layer.name, nearest, float(worst.relative[row]), part)


def parts_sentence(analysis: Analysis, code: str, shown: int = SHOWN_PARTS) -> str:
    """Return in Japanese which fields make a municipality's scarcity, with points and reasons."""
    found = [lack for lack in lacks(analysis, code) if round(lack.part, 1) > 0]
    if not found:
        return "判定できた分野はどれも平均以上です"
    names = analysis.dataset.fields["name"]
    words = [f"{names[lack.field]}が{lack.part:.1f}点({lack.words})" for lack in found[:shown]]
    rest = sum(lack.part for lack in found[shown:])
    tail = f"、ほか{len(found) - shown}分野で{rest:.1f}点" if len(found) > shown else ""
    total = analysis.scarcity[position_of(analysis.dataset, code)]
    return f"不足度{total:.1f}点のうち、{'、'.join(words)}{tail}"


def change_sentence(analysis: Analysis, code: str) -> str:
    """Return in Japanese what would change a municipality's flag."""
    names = analysis.dataset.fields["name"]
    change = flag_change(analysis, code)
    row = position_of(analysis.dataset, code)
    if not np.isfinite(analysis.scarcity[row]):
        return "判定できる分野がないため、区分はありません。まず調査が要ります。"
    if not np.isfinite(change.bound):
        return "どの市町村も同じ不足度で、区分はありません。"
    if change.margin < 0:
        return f"不足度があと{-change.margin:.1f}点高いと、{FLAGS['few']}になります。"
    if change.enough:
        words = "、".join(names[field] for field in change.enough)
        return (
            f"{FLAGS['few']}の境目は{change.bound:.1f}点。{words}の"
            f"{'どれか1つ' if len(change.enough) > 1 else '行きやすさ'}が平均まで上がると、"
            "外れます。"
        )
    if not change.together:
        return f"{FLAGS['few']}の境目は{change.bound:.1f}点。"
    words = "、".join(names[field] for field in change.together)
    return (
        f"{FLAGS['few']}の境目は{change.bound:.1f}点。{words}の"
        f"{len(change.together)}分野がそろって平均まで上がると、外れます。"
    )


@kept(32)
def _flags_by_minutes(analysis: Analysis) -> tuple[tuple[float, np.ndarray], ...]:
    """Return (M,) flags under each catchment of the robustness."""
    return tuple((minutes, flags_at(analysis, minutes)) for minutes in ROBUSTNESS_MINUTES)
