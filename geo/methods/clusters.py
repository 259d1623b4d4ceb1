"""Find clusters of scarce municipalities, and how unequal access is between and within areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geo.data.memory import kept
from geo.methods.analysis import Analysis, field_weights
from geo.parameters import CLUSTER_ALPHA, CLUSTER_PERMUTATIONS, CLUSTER_SEED

# PySAL takes seconds to import, so each function that needs it does: every other page and command
# starts without.
if TYPE_CHECKING:
    from esda import Moran_Local
    from libpysal.weights import W

EARTH_KM = 6371.0088
CLUSTERS = {
    "scarce": "不足の集まり",
    "sufficient": "充足の集まり",
    "other": "集まりなし",
    "unknown": "未確認",
}
QUADRANTS = {1: "scarce", 3: "sufficient"}  # esda: 1 high among high, 3 low among low


@dataclass(frozen=True)
class Inequality:
    """How unequal access is, 0 = the same everywhere; Theil = between + within."""

    gini: float
    theil: float
    between: float
    within: float

    @property
    def share_between(self) -> float:
        """Share of the inequality that lies between the areas, 0 to 1."""
        return self.between / self.theil if self.theil > 0 else 0.0


def neighbours(pairs: np.ndarray, lat: np.ndarray, lon: np.ndarray) -> W:
    """Return row-standardised contiguity weights in which nobody is without a neighbour.

    pairs: (P, 2) positions of municipalities that touch. lat, lon: (M,) degrees of the offices.
    One that touches no other is joined to the nearest office (KNN, k = 1), both ways.
    Source: libpysal.weights.attach_islands.
    """
    from libpysal.weights import KNN, W, attach_islands

    touching: dict[int, list[int]] = {position: [] for position in range(len(lat))}
    for one, other in pairs.tolist():
        touching[one].append(other)
        touching[other].append(one)
    weights = W(touching, silence_warnings=True)
    if weights.islands:
        nearest = KNN(
            np.column_stack((lon, lat)),
            k=1,
            distance_metric="Arc",
            radius=EARTH_KM,
            silence_warnings=True,
        )
        weights = attach_islands(weights, nearest, silence_warnings=True)
    weights.transform = "r"
    return weights


@kept(32)
def scarcity_clusters(analysis: Analysis) -> pd.DataFrame:
    """Return the local Moran clusters of scarcity, one row per municipality.

    Columns: code, name, cluster (a key of CLUSTERS), p (pseudo p-value, NaN where unknown).
    scarce: high scarcity among neighbours of high scarcity, with p at or below the cut that the
    false discovery rate allows. A municipality that nobody has judged is left out and unknown.
    Source: Anselin (1995), by PySAL `esda` with 9,999 permutations and a fixed seed; the false
    discovery rate of Benjamini and Hochberg, `esda.fdr`.
    """
    from esda import fdr

    towns = analysis.dataset.municipalities
    known = np.flatnonzero(np.isfinite(analysis.scarcity))
    cluster = np.full(len(towns), "unknown", dtype=object)
    p = np.full(len(towns), np.nan)
    values = analysis.scarcity[known]
    cluster[known] = "other"
    if len(known) > 2 and np.ptp(values) > 0:
        place = np.full(len(towns), -1)
        place[known] = np.arange(len(known))
        pairs = place[analysis.travel.pairs]
        weights = neighbours(
            pairs[(pairs >= 0).all(axis=1)],
            towns["office_lat"].to_numpy()[known],
            towns["office_lon"].to_numpy()[known],
        )
        moran = local_moran(values, weights)
        cut = fdr(moran.p_sim, float(CLUSTER_ALPHA))
        p[known] = moran.p_sim
        found = [
            QUADRANTS.get(int(quadrant), "other") if value <= cut else "other"
            for quadrant, value in zip(moran.q, moran.p_sim, strict=True)
        ]
        cluster[known] = found
    return pd.DataFrame(
        {"code": towns.index, "name": towns["name"].to_numpy(), "cluster": cluster, "p": p}
    )


def local_moran(values: np.ndarray, weights: W) -> Moran_Local:
    """Return esda's local Moran statistics of (M,) values, the same on every run."""
    from esda import Moran_Local

    return Moran_Local(
        values,
        weights,
        permutations=int(CLUSTER_PERMUTATIONS),
        seed=int(CLUSTER_SEED),
        n_jobs=1,
    )


def access_inequality(
    analysis: Analysis, unit: str = "subprefecture", among: np.ndarray | None = None
) -> Inequality:
    """Return the inequality of mean accessibility among municipalities, by areas of a unit.

    Formula: a_m = Σ_c w_c A_mc over the judged fields, weights scaled to sum 1. Gini and Theil
    T = Σ_m s_m ln(M s_m) with s_m = a_m / Σ a; between: the same over the areas' shares s_g,
    T_b = Σ_g s_g ln(M s_g / M_g); within = T - T_b.

    unit: subprefecture or secondary_medical_area. Each municipality counts the same.
    among: (M,) the municipalities to count, all by default.
    Source: PySAL `inequality` (Gini, TheilD).
    """
    from inequality.gini import Gini
    from inequality.theil import TheilD

    known = analysis.entered.any(axis=1)
    weights = analysis.entered * field_weights(analysis.dataset, analysis.parameters)
    total = weights.sum(axis=1)
    known &= total > 0
    if among is not None:
        known &= among
    access = (analysis.relative * weights).sum(axis=1)[known] / total[known]
    if not known.any() or access.sum() == 0 or np.ptp(access) == 0:
        return Inequality(0.0, 0.0, 0.0, 0.0)
    areas = analysis.dataset.municipalities[unit].to_numpy()[known].astype(str)
    parts = TheilD(access, areas)
    theil, between = float(np.sum(parts.T)), float(np.sum(parts.bg))
    return Inequality(float(Gini(access).g), theil, between, theil - between)


def cluster_sentence(analysis: Analysis, shown: int = 6) -> str:
    """Return in Japanese where scarce municipalities lie together."""
    table = scarcity_clusters(analysis)
    found = table[table["cluster"] == "scarce"]
    if found.empty:
        return "偶然の範囲を超えて、不足する市町村が固まっている所は見つかりません。"
    parts = found.assign(
        area=analysis.dataset.municipalities.loc[found["code"], "subprefecture"].to_numpy()
    )
    counts = parts["area"].value_counts(sort=True)
    words = "、".join(f"{area}{count}" for area, count in counts.head(shown).items())
    return f"不足する市町村が偶然の範囲を超えて固まっているのは{len(found)}市町村({words})。"


def inequality_sentence(
    analysis: Analysis, unit: str = "subprefecture", among: np.ndarray | None = None
) -> str:
    """Return in Japanese how much of the inequality lies between the areas; among: as above.

    Within one area nothing lies between: only the Gini coefficient is said.
    """
    found = access_inequality(analysis, unit, among)
    if among is not None and analysis.dataset.municipalities.loc[among, unit].nunique() < 2:
        return f"選んだ{int(among.sum())}市町村の間の偏在はジニ係数{found.gini:.2f}。"
    word = {"subprefecture": "振興局", "secondary_medical_area": "二次医療圏"}[unit]
    share = found.share_between
    larger = f"{word}の間" if share >= 0.5 else f"同じ{word}の中"
    return (
        f"偏在の{share:.0%}は{word}間の差、{1 - share:.0%}は同じ{word}の中の市町村の差。"
        f"{larger}の差のほうが大きい(ジニ係数{found.gini:.2f})。"
    )
