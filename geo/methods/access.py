"""Measure spatial accessibility by the enhanced two-step floating catchment area method."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from geo.parameters import CATCHMENT_MINUTES

STEP_WEIGHTS = (1.0, 0.68, 0.22)  # of the three zones, from the nearest out


def gaussian_weight(minutes: np.ndarray, catchment: float = float(CATCHMENT_MINUTES)) -> np.ndarray:
    """Return the weight of a travel time, 1 at 0 minutes and 0 from the catchment's edge on.

    Formula: W(t) = (exp(-½ (t/T)²) - exp(-½)) / (1 - exp(-½)) for t <= T, else 0.

    minutes: any shape, may be infinite. catchment: T in minutes.
    Source: Dai (2010) Health & Place 16, the Gaussian of the two-step method.
    """
    edge = np.exp(-0.5)
    ratio = np.minimum(np.asarray(minutes, dtype=float) / catchment, 1.0)
    result: np.ndarray = (np.exp(-0.5 * ratio**2) - edge) / (1 - edge)
    return result


def step_weight(minutes: np.ndarray, catchment: float = float(CATCHMENT_MINUTES)) -> np.ndarray:
    """Return the weight of a travel time by three zones, 0 from the catchment's edge on.

    Formula: W(t) = 1 for t < T/3, 0.68 for t < 2T/3, 0.22 for t < T, else 0.

    minutes: any shape, may be infinite. catchment: T in minutes.
    Source: Luo and Qi (2009) Health & Place 15, the slow decay of their three zones.
    """
    ratio = np.asarray(minutes) / catchment
    bounds = [ratio < bound for bound in (1 / 3, 2 / 3, 1)]
    return np.select(bounds, STEP_WEIGHTS, 0.0).astype(ratio.dtype)


def flat_weight(minutes: np.ndarray, catchment: float = float(CATCHMENT_MINUTES)) -> np.ndarray:
    """Return 1 within the catchment and 0 from its edge on.

    Formula: W(t) = 1 for t < T, else 0.

    minutes: any shape, may be infinite. catchment: T in minutes.
    Source: Luo and Wang (2003) Environment and Planning B 30, the first two-step method.
    """
    ratio = np.asarray(minutes) / catchment
    return (ratio < 1).astype(ratio.dtype)


def catchment_weights(
    minutes: np.ndarray, catchment: float, eligible: np.ndarray | None = None
) -> csr_array:
    """Return the Gaussian weights of the pairs within the catchment, as a sparse (M, J) array.

    Most pairs of Hokkaido lie outside any catchment; only those inside are computed and kept.
    minutes: (M, J). catchment: T in minutes. eligible: (M, J), whether j's service area takes m
    in; without it, all do.
    """
    inside = minutes < catchment
    if eligible is not None:
        inside &= eligible
    towns, services = minutes.shape
    flat = np.flatnonzero(inside)
    ends = np.searchsorted(flat, np.arange(towns + 1) * services)
    weight = gaussian_weight(minutes.ravel()[flat], catchment)
    return csr_array((weight, flat % max(services, 1), ends), shape=minutes.shape)


def e2sfca(demand: np.ndarray, supply: np.ndarray, weight: np.ndarray | csr_array) -> np.ndarray:
    """Return the accessibility of every municipality, 0 where nothing is in reach.

    Formula: step 1, R_j = S_j / Σ_k D_k W_kj; step 2, A_m = Σ_j R_j W_mj.

    demand: (M,) people. supply: (J,) capacity. weight: (M, J) W of the travel times, dense or sparse, 0 where the
    municipality is outside the service area. Unit: capacity per person.
    A service with nobody in its catchment adds nothing. All M municipalities come back.
    Source: Luo and Qi (2009) Health & Place 15; checked against PySAL `access`.
    """
    within = demand @ weight
    ratio = np.divide(supply, within, out=np.zeros_like(within), where=within > 0)
    result: np.ndarray = weight @ ratio
    return result


def three_step(demand: np.ndarray, supply: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the accessibility where people share themselves among the offices they can reach.

    Formula: G_mj = W_mj / Σ_k W_mk; R_j = S_j / Σ_k G_kj D_k W_kj; A_m = Σ_j G_mj R_j W_mj.

    demand: (..., M) people. supply: (..., J) capacity. weight: (..., M, J) dense. Unit: capacity per person.
    Source: Wan, Zou and Sternberg (2012) Int. J. of Geographical Information Science 26 (3SFCA).
    """
    reached = weight.sum(axis=-1, keepdims=True)
    chosen = np.divide(weight, reached, out=np.zeros_like(weight), where=reached > 0) * weight
    return two_step(demand, supply, chosen)


def two_step(demand: np.ndarray, supply: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return E2SFCA of many weightings of the pairs at once; the formula is that of `e2sfca`.

    demand: (..., M). supply: (..., J). weight: (..., M, J) dense. Returns (..., M).
    """
    within = np.einsum("...m,...mj->...j", demand, weight)
    ratio = np.divide(supply, within, out=np.zeros_like(within), where=within > 0)
    result: np.ndarray = np.einsum("...mj,...j->...m", weight, ratio)
    return result


def relative_to_mean(
    accessibility: np.ndarray, demand: np.ndarray, reference: float | None = None
) -> np.ndarray:
    """Return accessibility as a multiple of the Hokkaido mean: 1.0 = 全道平均.

    Formula: A_m / Ā with Ā = Σ_m D_m A_m / Σ_m D_m.

    accessibility, demand: (M,). reference: Ā of another state to compare with (in a what-if, that
    of today); without it Ā is this state's own. Where Ā is 0, the result is 0 throughout.
    Source: as PySAL `access` normalises, by the demand-weighted mean.
    """
    mean = mean_accessibility(accessibility, demand) if reference is None else reference
    if mean == 0:
        return np.zeros_like(accessibility)
    return accessibility / mean


def mean_accessibility(accessibility: np.ndarray, demand: np.ndarray) -> float:
    """Return the demand-weighted mean Ā = Σ_m D_m A_m / Σ_m D_m, 0 without demand."""
    total = demand.sum()
    return float(demand @ accessibility / total) if total > 0 else 0.0


def supply_by_people(demand: np.ndarray, minutes: np.ndarray, eligible: np.ndarray) -> np.ndarray:
    """Return the capacity of a layer's offices in proportion to the people each is in charge of.

    Formula: S_j = J P_j / Σ_i P_i, where P_j is the sum of D_m over the municipalities whose
    nearest eligible office is j (equal offices share). The layer's average office is 1.

    demand: (M,). minutes: (M, J). eligible: (M, J), whether j's service area takes m in.
    An office that is nobody's nearest has 0. A municipality without any office in reach counts
    for none.
    Source: this project. A public office's staff is set by the people in its area, so that one
    office in 札幌市 and one in a village are not the same capacity.
    """
    reach = np.where(eligible, minutes, np.inf)
    nearest = reach.min(axis=1, keepdims=True, initial=np.inf)
    chosen = (reach == nearest) & np.isfinite(nearest)
    shares = chosen / np.maximum(chosen.sum(axis=1, keepdims=True), 1)
    people = demand @ shares
    total = people.sum()
    return people * (len(people) / total) if total > 0 else np.ones(len(people))
