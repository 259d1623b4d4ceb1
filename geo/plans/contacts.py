"""List whom a municipality could hear: services to link with, neighbours with the same gap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from geo.data.dataset import position_of
from geo.methods.analysis import Analysis
from geo.methods.partners import REACH, nearest_outside, services_for
from geo.plans.plan import Contact

NEAREST_SHOWN = 3  # services of each kind that are proposed to hear


def link_options(analysis: Analysis, code: str, field: str) -> pd.DataFrame:
    """Return every service that a municipality could link with in a field, nearest first.

    As `partners.services_for`, with the column how (通える, 届く, …), to which 地元以外 is added
    where the service can be visited outside the home municipality, and a column of its rank.
    """
    table = services_for(analysis, code, field)
    outside = set(nearest_outside(analysis, code, field)["service"])
    how = [
        REACH[kind] + ("・地元以外で相談できる" if service in outside else "")
        for kind, service in zip(table["kind"], table["service"], strict=True)
    ]
    return table.assign(how=how)


def nearest_contacts(
    analysis: Analysis, codes: Sequence[str], fields: Sequence[str]
) -> tuple[Contact, ...]:
    """Return, for each municipality and each of the fields it lacks, the first service to hear.

    The nearest that can be visited within T, else the nearest that comes, else any.
    """
    found = []
    for code in codes:
        for field in missing_fields(analysis, code):
            if field in fields:
                first = proposed(analysis, code, field).head(1)["service"]
                found += [Contact(code, field, service) for service in first]
    return tuple(found)


def proposed(analysis: Analysis, code: str, field: str) -> pd.DataFrame:
    """Return the nearest few services of each kind of reach, those in the municipality left out."""
    table = link_options(analysis, code, field)
    table = table[table["kind"] != "here"]
    return table[table.groupby("kind").cumcount() < NEAREST_SHOWN].reset_index(drop=True)


def missing_fields(analysis: Analysis, code: str) -> list[str]:
    """Return the fields without an in-person service in a municipality, the judged ones first."""
    m = position_of(analysis.dataset, code)
    lacking = np.flatnonzero(analysis.klass[m] != "local")
    judged = ~analysis.arrays.surveyed[m, lacking]
    order = np.argsort(judged, kind="stable")
    fields: list[str] = analysis.arrays.fields[lacking[order]].tolist()
    return fields
