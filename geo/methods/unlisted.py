"""Estimate how many organisations nobody has found yet, from lists that overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from geo.data.dataset import Dataset
from geo.data.names import plain_name
from geo.data.telephone import callable_numbers
from geo.data.withheld import SOURCES_BETWEEN
from geo.parameters import UNLISTED_OVERLAP, UNLISTED_Z

CHAPMAN, CHAO, NONE = "2つの一覧(チャップマン)", "3つ以上の一覧(チャオの下限)", "推計できない"
FEW_LISTS, NO_OVERLAP = "一覧が1つしかない", "一覧の重なりが少ない"


@dataclass(frozen=True)
class Estimate:
    """How many there are: listed by anybody, total, and the ends of a 90% interval; NaN for none."""

    listed: int
    total: float
    low: float
    high: float
    method: str
    why: str = ""


def estimate(lists: np.ndarray) -> Estimate:
    """Return how many there are, those on no list included.

    Formula: for two lists N = (n1+1)(n2+1)/(m+1) - 1; for t > 2 lists
    N = S + (t-1)/t f1(f1-1)/(2(f2+1)), a lower bound. The interval is that of Chao (1987): the number
    not seen, N - S, divided and multiplied by exp(z sqrt(log(1 + var/(N-S)^2))), rounded to
    whole organisations outwards.

    lists: (N, t), whether an organisation is on a list; each is on one at least. Without enough
    overlap the total is NaN, method NONE.
    Source: Chapman (1951); Chao (1987) Biometrics 43, 783; Chao and Colwell (2017).
    """
    found = np.asarray(lists, dtype=bool)
    found = found[:, found.any(axis=0)] if found.size else found.reshape(len(found), 0)
    listed, count = found.shape
    nothing = Estimate(listed, np.nan, np.nan, np.nan, NONE)
    if count < 2:
        return Estimate(**vars(nothing) | {"why": FEW_LISTS})
    times = found.sum(axis=1)
    once, twice = int((times == 1).sum()), int((times == 2).sum())
    if int((times > 1).sum()) < int(UNLISTED_OVERLAP) or twice == 0:
        return Estimate(**vars(nothing) | {"why": NO_OVERLAP})
    total = variance = 0.0
    if count == 2:
        first, second = (int(n) for n in found.sum(axis=0))
        product = (first + 1) * (second + 1)
        total = product / (twice + 1) - 1.0
        variance = float(product) * (first - twice) * (second - twice)
        variance /= (twice + 1) ** 2 * (twice + 2)
        method = CHAPMAN
    else:
        share = (count - 1) / count
        total = listed + share * once * (once - 1) / (2 * (twice + 1))
        variance = (
            share * once * (once - 1) / (2 * (twice + 1))
            + share**2 * once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
            + share**2 * once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
        )
        method = CHAO
    low, high = _interval(listed, total, variance)
    return Estimate(listed, float(total), low, high, method)


def _interval(listed: int, total: float, variance: float) -> tuple[float, float]:
    unseen = max(total - listed, 0.0)
    if unseen <= 0:
        return float(listed), float(listed)
    spread = np.exp(float(UNLISTED_Z) * np.sqrt(np.log(1 + variance / unseen**2)))
    return listed + float(np.floor(unseen / spread)), listed + float(np.ceil(unseen * spread))


def linked(dataset: Dataset) -> pd.DataFrame:
    """Return which records are one organisation, and on which lists it stands.

    Two records are one where they stand in one municipality and have one name, or one telephone.
    What is hidden is left out. Columns: organisation (ids), group, code, lists (a set of sources).
    """
    offices = dataset.organisations
    offices = offices[offices["location_public"] & (offices["municipality_code"] != "")]
    parent = {one: one for one in offices.index}

    def root(one: str) -> str:
        while parent[one] != one:
            one = parent[one]
        return one

    seen: dict[tuple[str, str], str] = {}
    for one, row in offices[["name", "municipality_code", "phone"]].iterrows():
        name = plain_name(row["name"])
        marks = [name, *(n.replace("-", "") for n in callable_numbers(row["phone"]))]
        for mark in marks:
            other = seen.setdefault((row["municipality_code"], mark), str(one))
            # One telephone is often that of a town hall with many desks: names must share a part.
            if other != one and (mark == name or _alike(name, str(offices.at[other, "name"]))):
                parent[root(str(one))] = root(other)
    groups = [root(str(one)) for one in offices.index]
    return pd.DataFrame(
        {
            "organisation": offices.index,
            "group": groups,
            "code": offices["municipality_code"].to_numpy(),
            "lists": [frozenset(cell.split(SOURCES_BETWEEN)) for cell in offices["source"]],
        }
    )


def _alike(name: str, other: str) -> bool:
    plain = plain_name(other)
    return name in plain or plain in name


def unlisted(dataset: Dataset) -> pd.DataFrame:
    """Return an estimate for every field and 振興局, 推計できない where lists do not overlap.

    Columns: field, name, area, listed, total, low, high (organisations, NaN for none), method, why.
    """
    offices = linked(dataset)
    by_office = offices.set_index("organisation")
    areas = dataset.municipalities["subprefecture"]
    services = dataset.services[dataset.services["organisation"].isin(by_office.index)]
    table = by_office.loc[services["organisation"]].assign(field=services["field"].to_numpy())
    table["area"] = table["code"].map(areas)
    rows = []
    grouped = dict(list(table.groupby(["field", "area"])))
    for field, name in dataset.fields["name"].items():
        for area in dict.fromkeys(areas):
            part = grouped.get((field, area))
            found = estimate(_matrix(part))
            rows.append({"field": field, "name": name, "area": area} | vars(found))
    return pd.DataFrame(rows)


def _matrix(part: pd.DataFrame | None) -> np.ndarray:
    """Return (N, t), which organisation is on which list."""
    if part is None:
        return np.zeros((0, 0), dtype=bool)
    on = part.groupby("group")["lists"].agg(lambda sets: frozenset().union(*sets))
    names = sorted(frozenset().union(*on))
    return np.array([[name in lists for name in names] for lists in on], dtype=bool)
