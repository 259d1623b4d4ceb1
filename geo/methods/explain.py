"""Explain a municipality's scarcity: each field's part, and what would change its flag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.data.dataset import position_of
from geo.data.memory import kept
from geo.data.vocabulary import FLAGS
from geo.methods.analysis import Analysis, accessibility, field_weights
from geo.methods.scarcity import FEW, FLAG_NAMES, scarcity, sufficiency, thirds
from geo.parameters import ROBUSTNESS_MINUTES

SHOWN_PARTS = 3


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
    judged = analysis.entered[row]
    weights = field_weights(analysis.dataset, analysis.parameters) * judged
    total = weights.sum()
    share = weights / total if total > 0 else np.zeros(len(weights))
    lack = 1 - sufficiency(analysis.relative[row])
    minutes = analysis.nearest[row]
    table = pd.DataFrame(
        {
            "field": analysis.arrays.fields,
            "name": analysis.dataset.fields["name"].to_numpy(),
            "part": np.where(judged, 100 * share * lack, np.nan),
            "most": np.where(judged, 100 * share, np.nan),
            "relative": analysis.relative[row],
            "minutes": np.where(np.isfinite(minutes), minutes, np.nan),
            "class": analysis.klass[row],
            "judged": judged,
        }
    )
    return table.sort_values("part", ascending=False, kind="stable").reset_index(drop=True)


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


def parts_sentence(analysis: Analysis, code: str, shown: int = SHOWN_PARTS) -> str:
    """Return in Japanese which fields make a municipality's scarcity, with points and minutes."""
    parts = scarcity_parts(analysis, code).dropna(subset=["part"])
    lacking = parts[parts["part"].round(1) > 0]
    if lacking.empty:
        return "判定できた分野はどれも全道平均以上です"
    words = [
        f"{row.name}が{row.part:.1f}点({_reach(row.minutes)})"
        for row in lacking.head(shown).itertuples(index=False)
    ]
    rest = lacking["part"].iloc[shown:].sum()
    tail = f"、ほか{len(lacking) - shown}分野で{rest:.1f}点" if len(lacking) > shown else ""
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
        words = "・".join(names[field] for field in change.enough)
        return (
            f"{FLAGS['few']}の境目は{change.bound:.1f}点。{words}の"
            f"{'どれか1つ' if len(change.enough) > 1 else '行きやすさ'}が全道平均まで上がると、"
            "外れます。"
        )
    if not change.together:
        return f"{FLAGS['few']}の境目は{change.bound:.1f}点。"
    words = "・".join(names[field] for field in change.together)
    return (
        f"{FLAGS['few']}の境目は{change.bound:.1f}点。{words}の"
        f"{len(change.together)}分野がそろって全道平均まで上がると、外れます。"
    )


@kept(32)
def _flags_by_minutes(analysis: Analysis) -> tuple[tuple[float, np.ndarray], ...]:
    """Return (M,) flags under each catchment of the robustness."""
    weights = field_weights(analysis.dataset, analysis.parameters)
    found = []
    for minutes in ROBUSTNESS_MINUTES:
        enough = sufficiency(accessibility(analysis.arrays, minutes))
        found.append((minutes, thirds(scarcity(enough, analysis.entered, weights))))
    return tuple(found)


def _reach(minutes: float) -> str:
    return "行ける窓口なし" if np.isnan(minutes) else f"最寄りまで{minutes:.0f}分"
