"""Count who lives beyond the catchment, and how far beyond."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geo.methods.analysis import Analysis
from geo.methods.layers import Layer


def beyond(analysis: Analysis) -> pd.DataFrame:
    """Return one row per complete layer of the judged fields, over the range compared.

    Formula: Foster-Greer-Thorbecke of the minutes, FGT_α = Σ_m D_m max(0, (t_m - T) / T)^α / Σ_m D_m
    over t_m > T: α = 0 is the share of people beyond T, α = 1 how far beyond, in multiples of T.

    Columns: field, layer, people (beyond T, of the field's population), share (α = 0), excess
    (α = 1), minutes (the mean excess in minutes over all people, α = 1 times T), unreached (people
    whom no way leads to an office: in people and share, not in excess).
    Source: Foster, Greer and Thorbecke (1984) Econometrica 52.
    """
    catchment = analysis.parameters.minutes
    rows = []
    for field in analysis.judged:
        for part in field.access:
            people = part.layer.demand[analysis.compared]
            over = excess_minutes(part.layer, catchment)[analysis.compared]
            far = over > 0
            finite = np.where(np.isfinite(over), over, 0.0)
            total = max(people.sum(), 1.0)
            mean = float(people @ finite / total)
            rows.append(
                {
                    "field": field.field,
                    "layer": part.layer.name,
                    "people": float(people[far].sum()),
                    "share": float(people[far].sum() / total),
                    "excess": mean / catchment,
                    "minutes": mean,
                    "unreached": float(people[np.isinf(over)].sum()),
                }
            )
    columns = ["field", "layer", "people", "share", "excess", "minutes", "unreached"]
    return pd.DataFrame(rows, columns=columns)


def excess_minutes(layer: Layer, catchment: float) -> np.ndarray:
    """Return (M,) minutes beyond the catchment to the nearest office, 0 within, inf without one.

    catchment: T in minutes. An office with no capacity (a count of 0) is none.
    """
    open_to = layer.eligible & (layer.supply > 0)
    nearest = np.where(open_to, layer.minutes, np.inf).min(axis=1, initial=np.inf)
    result: np.ndarray = np.maximum(nearest - catchment, 0.0)
    return result
