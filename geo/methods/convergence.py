"""Set the scarcity beside official counts that nobody here chose: do they point the same way?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from geo.methods.analysis import Analysis

PER = 1_000  # people
AREAS = {"secondary_medical_area": "二次医療圏", "subprefecture": "振興局"}


@dataclass(frozen=True)
class Check:
    """Compares the scarcity with one official count.

    column: of the statistics. unit: of AREAS, '' for the municipalities themselves. expected: the
    sign of the correlation if both measure the same, -1 where more of the count means less scarcity.
    meaning, limit: what agreement means and what it does not, in Japanese.
    """

    column: str
    unit: str
    expected: int
    meaning: str
    limit: str


CHECKS = (
    Check(
        "doctors_2022",
        "secondary_medical_area",
        -1,
        "医師の少ない二次医療圏ほど、不足度が高いか",
        "医師数は医療・保健の層として不足度にも入るので、まったく別の物差しではない。因果を示さない。",
    ),
    Check(
        "medical_welfare_employees_2021",
        "",
        -1,
        "医療・福祉で働く人の少ない市町村ほど、不足度が高いか",
        "民営の事業所だけで、相談の窓口の数ではない。隣の町の窓口を使えることは数に入らない。",
    ),
)


def checks(analysis: Analysis) -> pd.DataFrame:
    """Return one row per check: column, unit, expected, n, rho, p, agrees, meaning, limit.

    Formula: ρ = the Spearman rank correlation of the mean scarcity, weighted by people, with the
    count per 1,000 people, over the n areas of the range. p: two-sided. agrees: ρ has the expected
    sign and p < 0.05.
    Source: Campbell and Fiske (1959) Psychological Bulletin 56, convergent validation; `scipy`.
    """
    towns = analysis.dataset.municipalities
    rows = []
    for check in CHECKS:
        frame = pd.DataFrame(
            {
                "area": towns[check.unit] if check.unit else pd.Series(towns.index, towns.index),
                "people": towns["population_2020"].astype(float),
                "scarcity": pd.Series(analysis.scarcity, towns.index),
                "count": analysis.dataset.statistics[check.column].astype(float),
            }
        )
        per_area = area_means(frame[np.isfinite(frame["scarcity"])])
        rho, p = spearmanr(per_area["scarcity"], per_area["rate"])
        rows.append(
            {
                "column": check.column,
                "unit": check.unit,
                "expected": check.expected,
                "n": len(per_area),
                "rho": float(rho),
                "p": float(p),
                "agrees": bool(np.sign(rho) == check.expected and p < 0.05),
                "meaning": check.meaning,
                "limit": check.limit,
            }
        )
    return pd.DataFrame(rows)


def area_means(frame: pd.DataFrame) -> pd.DataFrame:
    """Return by area the mean scarcity weighted by people, and the count per 1,000 people.

    Formula: scarcity_a = Σ D_m s_m / Σ D_m; rate_a = 1,000 Σ C_m / Σ D_m, over the m of area a.

    frame: columns area, people, scarcity, count, a row a municipality.
    """
    frame = frame.assign(weighted=frame["scarcity"] * frame["people"])
    total = frame.groupby("area")[["people", "weighted", "count"]].sum()
    return pd.DataFrame(
        {
            "scarcity": total["weighted"] / total["people"],
            "rate": PER * total["count"] / total["people"],
        }
    )
