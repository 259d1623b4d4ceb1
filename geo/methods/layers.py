"""Measure accessibility layer by layer: one complete inventory of a field at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geo.methods.access import catchment_weights, e2sfca, mean_accessibility


@dataclass(frozen=True, eq=False)
class Layer:
    """One complete inventory that a field is judged by: J offices and the people they are for.

    field: position of the field. name: in Japanese. key: of its table. demand: (M,) people; 0
    outside the range where its inventory is only known inside. supply: (J,) capacity.
    minutes: (M, J). fixed: (M, J) the part of the minutes that no road speed moves (ferries).
    eligible: (M, J), whether j receives people of m. here: (M, J), j stands in m. town: (J,)
    positions of the municipalities. services: (J,) ids, "" for a count. counted: whether supply is
    an official count, which a trial of the supply rule leaves as it is.
    """

    field: int
    name: str
    key: str
    demand: np.ndarray
    supply: np.ndarray
    minutes: np.ndarray
    fixed: np.ndarray
    eligible: np.ndarray
    here: np.ndarray
    town: np.ndarray
    services: np.ndarray
    counted: bool = False


@dataclass(frozen=True, eq=False)
class LayerAccess:
    """The accessibility to one layer.

    access: (M,) capacity per person. inside: (M,) the part of it that is supplied within the
    municipality itself. mean: over the people of the range compared.
    """

    layer: Layer
    access: np.ndarray
    inside: np.ndarray
    mean: float

    @property
    def relative(self) -> np.ndarray:
        """(M,) multiples of the mean of the range, 0 throughout where that is 0."""
        return self.access / self.mean if self.mean > 0 else np.zeros_like(self.access)

    @property
    def inside_relative(self) -> np.ndarray:
        """(M,) the part of `relative` that is supplied within the municipality."""
        return self.inside / self.mean if self.mean > 0 else np.zeros_like(self.inside)

    @property
    def units(self) -> np.ndarray:
        """(M,) how much of the layer's supply falls to a municipality, in the layer's unit.

        Formula: D_m A_m; over all municipalities it sums to the supply in reach of anybody.
        Source: Soukhov et al. (2023) PLOS ONE 18, the conservation of the balanced method.
        """
        result: np.ndarray = self.layer.demand * self.access
        return result


def layer_access(
    layer: Layer, catchment: float, compared: np.ndarray, mean: float | None = None
) -> LayerAccess:
    """Return E2SFCA of one layer, split into what comes from inside and from outside.

    Formula: A_m = Σ_j∈m R_j W_mj + Σ_j∉m R_j W_mj, R as in `e2sfca`; the mean is
    Σ_m∈range D_m A_m / Σ_m∈range D_m.

    catchment: T in minutes. compared: (M,), the range. mean: of another state, held in a what-if.
    Source: Luo and Qi (2009); the split follows from the sum.
    """
    weight = catchment_weights(layer.minutes, catchment, layer.eligible)
    access = e2sfca(layer.demand, layer.supply, weight)
    within = layer.demand @ weight
    ratio = np.divide(layer.supply, within, out=np.zeros_like(within), where=within > 0)
    inside = weight.multiply(layer.here) @ ratio
    own = mean_accessibility(access[compared], layer.demand[compared])
    return LayerAccess(layer, access, inside, own if mean is None else mean)


def field_sufficiency(parts: list[LayerAccess]) -> np.ndarray:
    """Return the sufficiency (足り具合) of one field, (M,), 0 to 1.

    Formula: q_m = mean over the layers l of min(1, A_ml / Ā_l).

    So that 30 保健所 and 13,613 doctors stand in one field without one drowning the other; more than
    the mean in one layer does not make up for a lack in another.
    Source: this project (docs/methods.md).
    """
    result: np.ndarray = np.mean([np.minimum(part.relative, 1.0) for part in parts], axis=0)
    return result


def only_inside(layer: Layer, compared: np.ndarray) -> Layer:
    """Return a layer whose inventory is known inside the range alone: nothing crosses its edge."""
    kept = compared[layer.town]
    rows = compared[:, None]
    return replace(
        layer,
        demand=np.where(compared, layer.demand, 0.0),
        supply=layer.supply[kept],
        minutes=layer.minutes[:, kept],
        fixed=layer.fixed[:, kept],
        eligible=layer.eligible[:, kept] & rows,
        here=layer.here[:, kept],
        town=layer.town[kept],
        services=layer.services[kept],
    )
