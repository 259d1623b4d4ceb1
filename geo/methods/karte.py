"""Draw up one municipality's sheet (市町村カルテ): what it has, lacks, and how it compares."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geo.data.dataset import position_of
from geo.data.memory import kept
from geo.methods.analysis import Analysis
from geo.methods.need import TODAY, lonely_people, need_parts
from geo.methods.partners import services_for

PEERS_SHOWN = 5
SUMMARIES = 256  # of municipalities, 振興局 and 北海道 that are kept
BY_LAW = "市町村の窓口(制度上)"  # of a field that the law gives every municipality


def field_rows(analysis: Analysis, code: str) -> pd.DataFrame:
    """Return one row per field of a municipality.

    Columns: field, name, class, surveyed, provisional (a class other than local in a field that
    has not been surveyed), count, minutes, second_minutes (NaN for none), nearest and
    nearest_municipality (the nearest in-person service), outside, outside_municipality and
    outside_minutes (the nearest one outside the home town), remote (services that come without
    travel), relative (accessibility, 1.0 = 全道平均).
    Raises UnknownCodeError for an unknown code.
    """
    row = position_of(analysis.dataset, code)
    home = analysis.dataset.municipalities["name"].iloc[row]
    rows = []
    for column, field in enumerate(analysis.arrays.fields):
        services = services_for(analysis, code, field)
        nearest, nearest_town, _ = _nearest(services)
        if not nearest and analysis.klass[row, column] == "local":  # nobody read it; the law has it
            nearest, nearest_town = BY_LAW, home
        outside, outside_town, outside_minutes = _nearest(services, away_from=home)
        klass = analysis.klass[row, column]
        surveyed = bool(analysis.arrays.surveyed[row, column])
        rows.append(
            {
                "field": field,
                "name": analysis.dataset.fields.at[field, "name"],
                "class": klass,
                "surveyed": surveyed,
                "provisional": klass != "local" and not surveyed,
                "count": int(analysis.count[row, column]),
                "minutes": _finite(analysis.nearest[row, column]),
                "second_minutes": _finite(analysis.second[row, column]),
                "nearest": nearest,
                "nearest_municipality": nearest_town,
                "outside": outside,
                "outside_municipality": outside_town,
                "outside_minutes": outside_minutes,
                "remote": int(analysis.arrays.remote[row, analysis.arrays.slices[column]].sum()),
                "relative": float(analysis.relative[row, column]),
            }
        )
    return pd.DataFrame(rows)


def _nearest(services: pd.DataFrame, away_from: str | None = None) -> tuple[str, str, float]:
    """Return the name, the municipality and the minutes of the nearest in-person service.

    Blank and NaN for none; away_from: the town that it may not stand in. Of equal times the first
    name counts, as in `partners.nearest_outside`, without the cost of a sorted table.
    """
    minutes = services["minutes"].to_numpy()
    there = np.isfinite(minutes)
    if away_from is not None:
        there &= (services["municipality"] != away_from).to_numpy()
    if not there.any():
        return "", "", np.nan
    (ties,) = np.nonzero(there & (minutes == minutes[there].min()))
    first = services.iloc[min(ties, key=services["name"].iloc.__getitem__)]
    return first["name"], first["municipality"], first["minutes"]


def neighbourhood(analysis: Analysis, code: str) -> list[str]:
    """Return the codes of a municipality and of those that touch it, itself first.

    An island that touches nobody is joined by its nearest town (by travel time).
    """
    row = position_of(analysis.dataset, code)
    pairs = analysis.travel.pairs
    around = {*pairs[pairs[:, 0] == row, 1], *pairs[pairs[:, 1] == row, 0]}
    if not around:
        around = {int(np.argsort(analysis.travel.minutes[row], kind="stable")[1])}
    return [analysis.dataset.municipalities.index[i] for i in (row, *sorted(around))]


def peers(analysis: Analysis, code: str, count: int = PEERS_SHOWN) -> list[str]:
    """Return the codes of the municipalities nearest in population (by ratio), nearest first."""
    row = position_of(analysis.dataset, code)
    population = analysis.dataset.municipalities["population_2020"]
    distance = np.log(population / population.iloc[row]).abs().drop(code)
    nearest: list[str] = distance.sort_values(kind="stable").index[:count].tolist()
    return nearest


def comparison(analysis: Analysis, code: str, with_codes: list[str]) -> pd.DataFrame:
    """Return the town beside its subprefecture, Hokkaido and towns to compare with.

    One row for each, first the town. Columns: name, population (people), share_65plus,
    share_alone, decline (shares of 1; of a group, of its people together), need, scarcity (of a
    group: the mean weighted by population), local_fields (fields with an in-person service
    inside; of a group, the mean of its towns), lonely (people who feel lonely, an estimate).
    """
    position_of(analysis.dataset, code)
    towns = analysis.dataset.municipalities
    subprefecture = towns.at[code, "subprefecture"]
    groups = {towns.at[code, "name"]: [code]}
    groups[f"{subprefecture}(振興局)"] = towns.index[
        towns["subprefecture"] == subprefecture
    ].tolist()
    groups["北海道"] = towns.index.tolist()
    groups |= {towns.at[peer, "name"]: [peer] for peer in with_codes if peer != code}
    return pd.DataFrame(
        [{"name": name, **_summary(analysis, tuple(codes))} for name, codes in groups.items()]
    )


@kept(SUMMARIES)
def _summary(analysis: Analysis, codes: tuple[str, ...]) -> dict[str, float]:
    towns = analysis.dataset.municipalities
    rows = towns.index.get_indexer(codes)
    people = towns["population_2020"].iloc[rows]
    together = towns.iloc[rows].select_dtypes("number").sum().to_frame().T
    parts = need_parts(together, TODAY).iloc[0]
    scores = pd.Series(analysis.scarcity[rows])
    known = scores.notna().to_numpy()
    return {
        "population": float(people.sum()),
        **parts.to_dict(),
        "need": float(np.average(analysis.need[TODAY].iloc[rows], weights=people)),
        "scarcity": float(np.average(scores[known], weights=people[known]))
        if known.any()
        else np.nan,
        "local_fields": float((analysis.klass[rows] == "local").sum(axis=1).mean()),
        "lonely": float(lonely_people(people).sum()),
    }


def _finite(value: float) -> float:
    return float(value) if np.isfinite(value) else np.nan
