"""Rank municipalities by need, today and by the official projection; never mixed with scarcity."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from geo.parameters import FLAG_SHARE, LONELY_SHARE

TODAY = 2020
YEARS = (2020, 2030, 2040, 2050)
PART_LABELS = {
    "share_65plus": "65歳以上の割合",
    "share_alone": "65歳以上のうち一人暮らしの割合",
    "decline": "年あたりの人口減少率",
}


def need_parts(municipalities: pd.DataFrame, year: int = TODAY) -> pd.DataFrame:
    """Return the three parts of need in a year, one row a municipality, as shares of 1.

    Formula: share_65plus = P65 / P; share_alone = H1 / P65; decline = 1 - (P / P0)^(1 / years).

    share_65plus: people of 65+ / population (社人研, ages unknown distributed). share_alone:
    households of one person of 65+ / people of 65+, by the census of 2020 in every year, since
    no projection by municipality exists. decline: mean yearly loss of population since the
    point before (2015 for 2020, else ten years earlier); a gain is negative.
    Raises ValueError for a year without a projection.
    Source: 国勢調査2015・2020; 国立社会保障・人口問題研究所 令和5年推計.
    """
    if year not in YEARS:
        msg = f"no figures for {year}; choose from {YEARS}"
        raise ValueError(msg)
    towns = municipalities
    population = towns["population_2020"] if year == TODAY else towns[f"ipss_pop_{year}"]
    if year == TODAY:
        before, years = towns["population_2015"], 5
    else:
        earlier = "population_2020" if year == YEARS[1] else f"ipss_pop_{year - 10}"
        before, years = towns[earlier], 10
    return pd.DataFrame(
        {
            "share_65plus": towns[f"ipss_pop_65plus_{year}"] / population,
            "share_alone": towns["elderly_single_households_2020"] / towns["pop_65plus_2020"],
            "decline": 1 - (population / before) ** (1 / years),
        }
    )


def need(municipalities: pd.DataFrame, year: int = TODAY) -> pd.Series:
    """Return the need (必要度) of every municipality, 0 to 100.

    Formula: the mean over the three parts of 100 × the share of today's municipalities whose
    part is lower (half of those equal). Today 50 is the middle; a projected year is placed among
    today's values, so that it can be compared with today.
    Source: this project; a relative rank, not a forecast of loneliness.
    """
    today, then = need_parts(municipalities), need_parts(municipalities, year)
    scores = [_standing(today[part].to_numpy(), then[part].to_numpy()) for part in today]
    return pd.Series(np.mean(scores, axis=0), index=municipalities.index, name="need")


def _standing(reference: np.ndarray, values: np.ndarray) -> np.ndarray:
    ordered = np.sort(reference)
    below = np.searchsorted(ordered, values, side="left")
    through = np.searchsorted(ordered, values, side="right")
    return 100 * (below + through) / 2 / len(ordered)


def high_need(score: pd.Series) -> pd.Series:
    """Tell which municipalities are in the upper third of need; ties by their mid-rank."""
    ranks = rankdata(score, method="average")
    return pd.Series(ranks > len(score) * (1 - float(FLAG_SHARE)) + 1e-9, index=score.index)


def lonely_people(population: pd.Series) -> pd.Series:
    """Return an estimate of the people who feel lonely, in people.

    Formula: population × LONELY_SHARE.

    One share for all Hokkaido: it says how many, never where loneliness is greater.
    Source: 北海道 道民アンケート (2023年1月).
    """
    return population * float(LONELY_SHARE)
