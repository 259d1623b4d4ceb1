"""Roll the municipalities up to the units the platform works in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geo.methods.analysis import Analysis
from geo.methods.need import TODAY

UNITS = {"subprefecture": "振興局", "secondary_medical_area": "二次医療圏"}


def roll_up(analysis: Analysis, unit: str) -> pd.DataFrame:
    """Return one row per subprefecture or secondary medical area, scarcest first.

    Columns: area, municipalities, population (people), scarcity and need (means weighted by
    population), few, robust, candidate (numbers of municipalities), worst (the municipality with
    the highest scarcity).
    unit: a key of UNITS.
    """
    towns = analysis.dataset.municipalities
    rows = []
    for area, positions in towns.groupby(unit, sort=False).indices.items():
        positions = positions[analysis.compared[positions]]
        if not len(positions):
            continue
        people = towns["population_2020"].to_numpy()[positions]
        scarcity = analysis.scarcity[positions]
        known = np.isfinite(scarcity)
        rows.append(
            {
                "area": area,
                "municipalities": len(positions),
                "population": int(people.sum()),
                "scarcity": np.average(scarcity[known], weights=people[known])
                if known.any()
                else np.nan,
                "need": np.average(analysis.need[TODAY].to_numpy()[positions], weights=people),
                "few": int((analysis.flag[positions] == "few").sum()),
                "robust": int(analysis.robust[positions].sum()),
                "candidate": int(analysis.candidate[positions].sum()),
                "worst": towns["name"].iloc[positions[np.nanargmax(scarcity)]]
                if known.any()
                else "",
            }
        )
    table = pd.DataFrame(rows)
    return table.sort_values("scarcity", ascending=False, kind="stable").reset_index(drop=True)
