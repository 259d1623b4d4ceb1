"""Turn accessibility into scarcity, flags and their robustness."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from geo.parameters import FLAG_SHARE, ROBUST_SHARE

FEW, MIDDLE, MANY = 1, 0, -1
FLAG_NAMES = {FEW: "few", MIDDLE: "middle", MANY: "many"}


def sufficiency(relative: np.ndarray) -> np.ndarray:
    """Return the sufficiency (足り具合) of a relative accessibility, any shape, 0 to 1.

    Formula: q = min(1, A), A in multiples of the Hokkaido mean.

    More than the Hokkaido mean in one field does not make up for a lack in another.
    Source: this project (docs/methods.md).
    """
    enough: np.ndarray = np.minimum(relative, 1.0)
    return enough


def scarcity(enough: np.ndarray, judged: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the scarcity (不足度) of every municipality, 0 to 100, NaN where nothing is judged.

    Formula: 100 (1 - Σ_c w_c q_mc), over the fields judged in m, their weights scaled to sum 1.

    enough: (M, C) sufficiency q. judged: (M, C), whether the inventory is complete there.
    weights: (C,) or (C, N) for N weightings at once, >= 0. Returns (M,) or (M, N).
    Source: this project (docs/methods.md).
    """
    known = judged.astype(float)
    total = known @ weights
    weighted = (enough * known) @ weights
    with np.errstate(invalid="ignore", divide="ignore"):
        share = weighted / total
    # The quotient of equal sums may miss 1 by a rounding.
    score: np.ndarray = 100 * (1 - np.minimum(share, 1.0))
    return score


def thirds(values: np.ndarray) -> np.ndarray:
    """Return FEW for the scarcest third, MANY for the least scarce, else MIDDLE.

    Formula: with mid-ranks r of the n known values along axis 0, FEW where r > n (1 - ⅓) and
    MANY where r <= n ⅓. A tie belongs as a whole to the third its middle lies in; where all are
    equal nobody is flagged. NaN stays MIDDLE.

    values: (M,) or (M, N) scarcity, in a column either all or no rows of a municipality known.
    Source: 医師偏在指標の医師少数・多数区域 (下位・上位33.3%, 厚生労働省).
    """
    known = np.isfinite(values)
    count = known.sum(axis=0)
    # Rounded, so that sums in another order do not break a tie.
    ranks = rankdata(np.where(known, values.round(9), np.inf), axis=0, method="average")
    edge = 1e-9  # of a rank; the shares are not exact in binary
    few = known & (ranks > count * (1 - float(FLAG_SHARE)) + edge)
    many = known & (ranks <= count * float(FLAG_SHARE) + edge)
    return np.select([few, many], [FEW, MANY], MIDDLE).astype(np.int8)


def held_thirds(values: np.ndarray, today: np.ndarray) -> np.ndarray:
    """Return the flags of scarcities by the scores that bound today's thirds.

    Formula: FEW where the value is at least the least scarcity that is FEW today, MANY where it
    is at most the greatest that is MANY today. With values = today it equals `thirds`.

    values, today: (M,) or (M, N) scarcity.
    Source: this project (docs/methods.md); in a what-if a town's gain moves no other town's flag.
    """
    flags, known = thirds(today), np.isfinite(values)
    rounded, bounds = values.round(9), today.round(9)
    few = np.where(flags == FEW, bounds, np.inf).min(axis=0)
    many = np.where(flags == MANY, bounds, -np.inf).max(axis=0)
    return np.select([known & (rounded >= few), known & (rounded <= many)], [FEW, MANY], MIDDLE)


def is_robust(flags: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Tell which municipalities flagged FEW stay so in at least ROBUST_SHARE of the joint trials.

    flags, share: (M,). Source: this project (docs/methods.md).
    """
    robust: np.ndarray = (flags == FEW) & (share >= float(ROBUST_SHARE))
    return robust
