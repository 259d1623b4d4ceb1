"""Say where a municipality's support comes from (支えの出どころ): from inside, or from neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.data.dataset import position_of
from geo.methods.access import catchment_weights
from geo.methods.analysis import Analysis, field_weights
from geo.methods.judged import ENTERED, JudgedField
from geo.parameters import OWN_SHARE

OWN, NEIGHBOURS, NOWHERE = "own", "neighbours", "nowhere"
ORIGINS = {OWN: "自前型", NEIGHBOURS: "近隣依存型", NOWHERE: "届く支えなし"}
SHOWN_SUPPLIERS = 3


@dataclass(frozen=True, eq=False)
class Origin:
    """Where the support of the M municipalities comes from.

    share: (M,) 0 to 1 supplied from inside, NaN where nothing reaches or nothing is judged.
    kind: (M,) keys of ORIGINS, "" outside the range or where nothing is judged.
    """

    share: np.ndarray
    kind: np.ndarray


def origin(analysis: Analysis) -> Origin:
    """Return where each municipality's support comes from, over the fields that entered.

    Formula: s_m = Σ_c w_c Σ_l∈c I_ml / Ā_l n_c / Σ_c w_c Σ_l∈c A_ml / Ā_l n_c, where A = I + O is the
    accessibility of layer l, I its part from offices in m and O from outside, n_c the layers of c.

    自前型 from OWN_SHARE on, else 近隣依存型.
    Source: the two-step sum Σ_j R_j W_mj split by where j stands; this project (docs/methods.md).
    """
    inside, whole = np.zeros(len(analysis.compared)), np.zeros(len(analysis.compared))
    weights = field_weights(analysis.dataset, analysis.parameters)
    for field, weight in _entered(analysis, weights):
        for part in field.access:
            inside += weight * part.inside_relative / len(field.access)
            whole += weight * part.relative / len(field.access)
    known = analysis.entered.any(axis=1)
    share = np.divide(inside, whole, out=np.full(len(whole), np.nan), where=known & (whole > 0))
    kind = np.select(
        [~known, whole <= 0, share >= float(OWN_SHARE)], ["", NOWHERE, OWN], NEIGHBOURS
    )
    return Origin(share, kind.astype(object))


def suppliers(analysis: Analysis, code: str) -> list[tuple[str, float]]:
    """Return the municipalities (codes) whose offices serve one, with their shares, greatest first.

    The shares are of the same sum as `origin` and add up to 1; empty where nothing reaches.
    Raises UnknownCodeError for an unknown code.
    """
    row = position_of(analysis.dataset, code)
    weights = field_weights(analysis.dataset, analysis.parameters)
    total = np.zeros(len(analysis.compared))
    for field, weight in _entered(analysis, weights):
        for part in field.access:
            layer = part.layer
            if part.mean <= 0:
                continue
            near = catchment_weights(layer.minutes, analysis.parameters.minutes, layer.eligible)
            within = layer.demand @ near
            ratio = np.divide(layer.supply, within, out=np.zeros_like(within), where=within > 0)
            given = near[[row]].toarray()[0] * ratio / part.mean
            np.add.at(total, layer.town, weight * given / len(field.access))
    if total.sum() <= 0:
        return []
    order = np.argsort(-total, kind="stable")
    codes = analysis.dataset.municipalities.index
    return [(codes[i], float(total[i] / total.sum())) for i in order if total[i] > 0]


def _entered(analysis: Analysis, weights: np.ndarray) -> list[tuple[JudgedField, float]]:
    pairs = zip(analysis.judged, weights, strict=True)
    return [(field, float(weight)) for field, weight in pairs if field.state == ENTERED]
