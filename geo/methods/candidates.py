"""Propose study areas with their reasons, and keep the unsurveyed ones apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geo.data.dataset import column_of, position_of
from geo.data.vocabulary import APPROACHES
from geo.errors import UnknownCodeError
from geo.methods.analysis import Analysis, approach_coverage, scarcity_table, small_towns
from geo.methods.clusters import CLUSTERS, scarcity_clusters
from geo.methods.coverage import CLASS_NAMES
from geo.methods.explain import parts_sentence
from geo.methods.joint import ROBUST, STANDINGS
from geo.methods.need import (
    EVERYONE,
    PART_LABELS,
    PROFILES,
    TODAY,
    high_need,
    profile_parts,
)

LACKING = ("neighbour", "remote", "none", "unknown")


def candidates(
    analysis: Analysis,
    *,
    subprefectures: tuple[str, ...] = (),
    medical_areas: tuple[str, ...] = (),
    field: str | None = None,
    approach: str | None = None,
    everyone: bool = False,
) -> pd.DataFrame:
    """Return the candidate areas, the robust ones first, then the scarcest.

    A candidate is in the upper third of need and in the scarcest third. Filters: areas of either
    kind; a field or an approach that has no in-person service inside the municipality.
    everyone: all municipalities that fit the filters, candidates first.
    Columns: code, name, subprefecture, secondary_medical_area, population (people), small,
    candidate, robust, few_share (0 to 1), scarcity and need (0 to 100), flag, judged (fields that
    entered), unknown (fields 未確認), cluster (in Japanese), reason.
    Source: the 'left behind' rule of OCSI and Local Trust (high need and low social
    infrastructure, both at once, never one blended number); this project (docs/methods.md).
    Raises UnknownCodeError for an unknown field or approach.
    """
    table = _facts(analysis)
    keep = _inside(table, subprefectures, medical_areas) & _lacks(analysis, field, approach)
    if not everyone:
        keep &= table["candidate"].to_numpy()
    order = [position for position in _order(analysis) if keep[position]]
    kept = table.iloc[order].reset_index(drop=True)
    return kept.assign(reason=[reason(analysis, code) for code in kept["code"]])


def to_dig(
    analysis: Analysis,
    *,
    subprefectures: tuple[str, ...] = (),
    medical_areas: tuple[str, ...] = (),
    field: str | None = None,
) -> pd.DataFrame:
    """Return the municipalities to dig in (掘り起こし対象), the most unknown fields first.

    High need, and fields of which nothing is known and nobody has looked (未確認): not a gap that
    is proven, a place to ask. A field narrows it to the municipalities where that one is unknown.
    Columns: as of `candidates`, with reason saying what is unknown.
    """
    table = _facts(analysis)
    needy = high_need(analysis.need[TODAY], analysis.compared).to_numpy()
    keep = _inside(table, subprefectures, medical_areas) & needy & (table["unknown"] > 0).to_numpy()
    if field is not None:
        keep &= analysis.klass[:, column_of(analysis.dataset, field)] == "unknown"
    names = analysis.dataset.fields["name"].to_numpy()
    kept = table[keep].sort_values(["unknown", "need"], ascending=False, kind="stable")
    reasons = []
    for position in kept.index:
        unknown = names[analysis.klass[position] == "unknown"]
        reasons.append(
            f"{need_sentence(analysis, position)}。{len(unknown)}分野が未確認"
            f"({'・'.join(unknown)})。ないのではなく、まだ調べていません"
        )
    return kept.assign(reason=reasons).reset_index(drop=True)


def reason(analysis: Analysis, code: str) -> str:
    """Return in Japanese why a municipality is proposed, with its numbers."""
    position = position_of(analysis.dataset, code)
    parts = [need_sentence(analysis, position)]
    if np.isfinite(analysis.scarcity[position]):
        parts.append(parts_sentence(analysis, code))
        joint = analysis.joint
        share, trials = f"{joint.few_share[position]:.0%}", f"{joint.trials:,}通り"
        standing = joint.standing[position]
        if analysis.flag[position] != "few":
            words = f"資源少数区域ではない(すべての前提を同時に変えた{trials}のうち{share}で該当)"
        elif standing == ROBUST:
            words = (
                f"資源少数区域で、すべての前提を同時に変えた{trials}の{share}でも変わらない(頑健)"
            )
        else:
            words = (
                f"資源少数区域だが、すべての前提を同時に変えた{trials}では{share}"
                f"({STANDINGS[standing]})"
            )
        parts.append(words)
    else:
        parts.append("判定できた分野がなく、不足度は未確認")
    return "。".join(parts)


def need_sentence(analysis: Analysis, position: int) -> str:
    """Return in Japanese a municipality's need with the parts it comes from."""
    profile = analysis.parameters.need
    shown = [profile] if profile != EVERYONE else [one for one in PROFILES if one != EVERYONE]
    words = "、".join(
        f"{PART_LABELS[key]}{value:.1%}"
        for one in shown
        for key, value in profile_parts(analysis.dataset, one).iloc[position].items()
    )
    score = analysis.need[TODAY].iloc[position]
    return f"必要度{score:.0f}({PROFILES[profile][0]}: {words})"


def _facts(analysis: Analysis) -> pd.DataFrame:
    towns = analysis.dataset.municipalities
    table = scarcity_table(analysis)
    return pd.DataFrame(
        {
            "code": table["code"],
            "name": table["name"],
            "subprefecture": table["subprefecture"],
            "secondary_medical_area": towns["secondary_medical_area"].to_numpy(),
            "population": table["population"],
            "small": small_towns(analysis.dataset),
            "candidate": table["candidate"],
            "robust": table["robust"],
            "few_share": analysis.few_share.round(3),
            "scarcity": table["scarcity"],
            "need": table["need"],
            "flag": table["flag"],
            "judged": analysis.entered.sum(axis=1),
            "unknown": (analysis.klass == "unknown").sum(axis=1),
            "cluster": scarcity_clusters(analysis)["cluster"].map(CLUSTERS),
        }
    )


def _order(analysis: Analysis) -> list[int]:
    ranking = analysis.ranking
    first = np.lexsort(
        (
            np.arange(len(ranking)),
            ~analysis.robust[ranking],
            ~analysis.candidate[ranking],
        )
    )
    order: list[int] = ranking[first].tolist()
    return order


def _inside(
    table: pd.DataFrame, subprefectures: tuple[str, ...], medical_areas: tuple[str, ...]
) -> np.ndarray:
    keep = np.ones(len(table), dtype=bool)
    if subprefectures:
        keep &= table["subprefecture"].isin(subprefectures).to_numpy()
    if medical_areas:
        keep &= table["secondary_medical_area"].isin(medical_areas).to_numpy()
    return keep


def _lacks(analysis: Analysis, field: str | None, approach: str | None) -> np.ndarray:
    keep = np.ones(len(analysis.arrays.codes), dtype=bool)
    if field is not None:
        keep &= np.isin(analysis.klass[:, column_of(analysis.dataset, field)], LACKING)
    if approach is not None:
        if approach not in APPROACHES:
            raise UnknownCodeError.of(approach, "アプローチ")
        keep &= np.isin(CLASS_NAMES[approach_coverage(analysis, approach).klass], LACKING)
    return keep
