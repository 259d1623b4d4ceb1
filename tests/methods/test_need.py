import numpy as np
import pandas as pd
import pytest

from geo.methods.need import (
    EVERYONE,
    PROFILES,
    YEARS,
    high_need,
    lonely_people,
    need,
    need_parts,
    profile_parts,
)


def test_parts_of_noboribetsu_worked_from_its_row(shipped):
    row = shipped.municipalities.loc["012301"]
    parts = need_parts(shipped.municipalities).loc["012301"]
    assert parts["share_65plus"] == row["ipss_pop_65plus_2020"] / row["population_2020"]
    assert parts["share_alone"] == row["elderly_single_households_2020"] / row["pop_65plus_2020"]
    yearly = (row["population_2020"] / row["population_2015"]) ** (1 / 5)
    assert parts["decline"] == pytest.approx(1 - yearly)


def test_need_today_is_centred_on_fifty_and_within_range(shipped):
    score = need(shipped)
    assert len(score) == 179
    assert score.mean() == pytest.approx(50, abs=1e-9)
    assert score.between(0, 100).all()


def test_town_older_lonelier_and_shrinking_more_than_another_never_needs_less(shipped):
    score, parts = need(shipped), need_parts(shipped.municipalities)
    for code in parts.index[:40]:
        worse = parts.index[(parts >= parts.loc[code]).all(axis=1)]
        assert (score[worse] >= score[code] - 1e-9).all()


def test_projected_years_exist_and_others_are_refused(shipped):
    later = {year: need(shipped, year).mean() for year in YEARS}
    assert later[2050] > later[2020]
    with pytest.raises(ValueError, match="2035"):
        need_parts(shipped.municipalities, 2035)


def test_a_third_of_the_towns_has_high_need(shipped):
    assert 58 <= high_need(need(shipped)).sum() <= 61


def test_lonely_people_are_seven_and_a_half_percent():
    assert lonely_people(pd.Series([1000])).tolist() == [75.0]


def test_parts_of_working_age_and_families_worked_from_their_rows(shipped):
    row, counts = shipped.municipalities.loc["012301"], shipped.statistics.loc["012301"]
    working = profile_parts(shipped, "working").loc["012301"]
    labour = counts["employed_2020"] + counts["unemployed_2020"]
    assert working["unemployed"] == counts["unemployed_2020"] / labour
    alone = row["single_person_households_2020"] - row["elderly_single_households_2020"]
    assert working["alone_under65"] == alone / row["general_households_2020"]
    family = profile_parts(shipped, "family").loc["012301"]
    assert family["divorces"] == counts["divorces_2023"] / row["population_2020"]
    assert family["children"] == row["pop_under15_2020"] / row["population_2020"]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_ranks_all_towns_around_fifty(shipped, profile):
    score = need(shipped, profile=profile)
    assert score.mean() == pytest.approx(50, abs=1e-9)
    assert score.between(0, 100).all()


def test_whole_is_the_mean_of_the_three_profiles(shipped):
    three = [need(shipped, profile=one) for one in PROFILES if one != EVERYONE]
    assert need(shipped, profile=EVERYONE).to_numpy() == pytest.approx(np.mean(three, axis=0))


def test_high_need_is_a_third_of_the_range_alone(shipped):
    inside = (shipped.municipalities["subprefecture"] == "胆振").to_numpy()
    high = high_need(need(shipped), inside)
    assert high.sum() in {3, 4}
    assert not high[~inside].any()
