"""Rank municipalities by need, today and by the official projection; never mixed with scarcity."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from geo.data.dataset import Dataset
from geo.parameters import FLAG_SHARE, LONELY_SHARE

TODAY = 2020
YEARS = (2020, 2030, 2040, 2050)
PART_LABELS = {
    "share_65plus": "65歳以上の割合",
    "share_alone": "65歳以上のうち一人暮らしの割合",
    "decline": "年あたりの人口減少率",
    "unemployed": "完全失業率",
    "alone_under65": "65歳未満の一人暮らし世帯の割合",
    "divorces": "人口あたりの離婚件数",
    "children": "15歳未満の割合",
}
ELDERLY, WORKING, FAMILY, EVERYONE = "elderly", "working", "family", "everyone"
PROFILES: dict[str, tuple[str, tuple[str, ...]]] = {
    ELDERLY: ("高齢", ("share_65plus", "share_alone", "decline")),
    WORKING: ("働く世代・若者", ("unemployed", "alone_under65")),
    FAMILY: ("ひとり親・子ども", ("divorces", "children")),
    EVERYONE: ("全体", ()),
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


def profile_parts(dataset: Dataset, profile: str, year: int = TODAY) -> pd.DataFrame:
    """Return the parts of a need profile (PROFILES), one row a municipality, as shares of 1.

    Formula: unemployed / (employed + unemployed); (one-person households - those of one person of
    65+) / private households; divorces / people; people under 15 / people.

    elderly: as `need_parts`, by projection in later years. The others have no projection by
    municipality and stay at their census in every year. Raises KeyError for an unknown profile.
    Source: 国勢調査2020; 総務省統計局「統計でみる市区町村のすがた」 (離婚件数 2023); the choice of parts
    follows 内閣官房 孤独・孤立の実態把握に関する全国調査: loneliness is highest among the young,
    the unemployed, people living alone and single parents.
    """
    towns, counts = dataset.municipalities, dataset.statistics
    alone = towns["single_person_households_2020"] - towns["elderly_single_households_2020"]
    labour = counts["employed_2020"] + counts["unemployed_2020"]
    made = {
        "unemployed": counts["unemployed_2020"] / labour,
        "alone_under65": alone / towns["general_households_2020"],
        "divorces": counts["divorces_2023"] / towns["population_2020"],
        "children": towns["pop_under15_2020"] / towns["population_2020"],
    }
    parts = PROFILES[profile][1]
    if profile == ELDERLY:
        return need_parts(towns, year)
    return pd.DataFrame({part: made[part] for part in parts})


def need(dataset: Dataset, year: int = TODAY, profile: str = ELDERLY) -> pd.Series:
    """Return the need (必要度) of every municipality under a profile, 0 to 100.

    Formula: the mean over the profile's parts of 100 × the share of today's municipalities whose
    part is lower (half of those equal); for `everyone`, the mean of the three other profiles.

    Today 50 is the middle; a projected year is placed among today's values, so that it can be
    compared with today. Raises KeyError for an unknown profile, ValueError for an unknown year.
    Source: this project; a relative rank, not a forecast of loneliness.
    """
    if profile == EVERYONE:
        made = [need(dataset, year, one) for one in PROFILES if one != EVERYONE]
        return pd.concat(made, axis=1).mean(axis=1).rename("need")
    today, then = profile_parts(dataset, profile), profile_parts(dataset, profile, year)
    scores = [_standing(today[part].to_numpy(), then[part].to_numpy()) for part in today]
    return pd.Series(np.mean(scores, axis=0), index=today.index, name="need")


def _standing(reference: np.ndarray, values: np.ndarray) -> np.ndarray:
    ordered = np.sort(reference)
    below = np.searchsorted(ordered, values, side="left")
    through = np.searchsorted(ordered, values, side="right")
    return 100 * (below + through) / 2 / len(ordered)


def high_need(score: pd.Series, compared: np.ndarray | None = None) -> pd.Series:
    """Tell which municipalities are in the upper third of need in the range; ties by mid-rank.

    compared: (M,), the range; without it, all. Outside of it nobody is.
    """
    inside = np.ones(len(score), dtype=bool) if compared is None else compared
    made = np.zeros(len(score), dtype=bool)
    ranks = rankdata(score[inside], method="average")
    made[inside] = ranks > inside.sum() * (1 - float(FLAG_SHARE)) + 1e-9
    return pd.Series(made, index=score.index)


def lonely_people(population: pd.Series) -> pd.Series:
    """Return an estimate of the people who feel lonely, in people.

    Formula: population × LONELY_SHARE.

    One share for all Hokkaido: it says how many, never where loneliness is greater.
    Source: 北海道 道民アンケート (2023年1月).
    """
    return population * float(LONELY_SHARE)
