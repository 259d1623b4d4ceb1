"""Find whom a municipality can link with in a field: within reach, remote, outside the town."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geo.data.dataset import column_of, position_of
from geo.data.memory import kept
from geo.methods.analysis import Analysis

KEPT_ANSWERS = 64  # a sheet asks for every field of a municipality more than once
REACH = {
    "here": "地域内",
    "reach": "通える",
    "remote": "届く",
    "farther": "到達圏の外",
}


@kept(KEPT_ANSWERS, trials=KEPT_ANSWERS)
def services_for(analysis: Analysis, code: str, field: str) -> pd.DataFrame:
    """Return the services of a field that are for a municipality, nearest first.

    Columns: service, organisation, name, operator, kind (a key of REACH), municipality (where it
    stands, blank for none), minutes (NaN when it comes without travel only), km, modes, phone,
    url, service_area_note, source, source_date, checked_on, confidence. A service that is both
    in reach and remote is listed once, by the nearer answer; one whose area excludes the
    municipality is not listed. The table is shared: nobody may change it.
    Raises UnknownCodeError for an unknown municipality or field.
    """
    row = position_of(analysis.dataset, code)
    arrays, dataset = analysis.arrays, analysis.dataset
    part = arrays.slices[column_of(dataset, field)]
    minutes = np.where(arrays.in_person[row, part], arrays.minutes[row, part], np.inf)
    conditions = [
        arrays.here[row, part] & arrays.in_person[row, part],
        minutes <= analysis.parameters.minutes,
        arrays.remote[row, part],
        np.isfinite(minutes),
    ]
    kinds = np.select(conditions, list(REACH), "")
    listed = _offered(analysis, field)
    rank = np.select(conditions, range(len(REACH)), len(REACH))
    order = np.lexsort((listed["alphabetical"], minutes, rank))[: int((kinds != "").sum())]
    table = listed.iloc[order].drop(columns="alphabetical").reset_index(drop=True)
    table.insert(4, "kind", kinds[order])
    table.insert(6, "minutes", np.where(np.isfinite(minutes), minutes, np.nan)[order])
    return table


@kept(KEPT_ANSWERS, trials=KEPT_ANSWERS)
def _offered(analysis: Analysis, field: str) -> pd.DataFrame:
    """Return what a field's services say of themselves, the same for every municipality.

    Columns as in `services_for` without kind and minutes, and alphabetical, the order of names.
    """
    arrays, dataset = analysis.arrays, analysis.dataset
    part = arrays.slices[column_of(dataset, field)]
    services = dataset.services.loc[arrays.services[part]]
    offices = dataset.organisations.loc[services["organisation"]]
    names = offices["name"].to_numpy()
    return pd.DataFrame(
        {
            "service": services.index,
            "organisation": services["organisation"].to_numpy(),
            "name": names,
            "operator": offices["operator"].to_numpy(),
            "municipality": offices["municipality_code"]
            .map(dataset.municipalities["name"])
            .fillna("")
            .to_numpy(),
            "modes": services["modes"].to_numpy(),
            "phone": offices["phone"].to_numpy(),
            "url": offices["url"].to_numpy(),
            "service_area_note": services["service_area_note"].to_numpy(),
            "source": services["source"].to_numpy(),
            "source_date": services["source_date"].to_numpy(),
            "checked_on": offices["checked_on"].to_numpy(),
            "confidence": services["confidence"].to_numpy(),
            "alphabetical": pd.Series(names).rank(method="dense").to_numpy(),
        }
    )


def nearest_outside(analysis: Analysis, code: str, field: str) -> pd.DataFrame:
    """Return the in-person services of a field outside the municipality, nearest first.

    For people who will not go to their own town hall (地元以外で相談できる先). Columns as in
    `services_for`; empty when none can be reached.
    """
    row = position_of(analysis.dataset, code)
    home = analysis.dataset.municipalities["name"].iloc[row]
    table = services_for(analysis, code, field)
    outside = table[table["minutes"].notna() & (table["municipality"] != home)]
    return outside.sort_values(["minutes", "name"]).reset_index(drop=True)
