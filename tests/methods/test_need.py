import pandas as pd
import pytest

from geo.methods.need import YEARS, high_need, lonely_people, need, need_parts


def test_parts_of_noboribetsu_worked_from_its_row(shipped):
    row = shipped.municipalities.loc["012301"]
    parts = need_parts(shipped.municipalities).loc["012301"]
    assert parts["share_65plus"] == row["ipss_pop_65plus_2020"] / row["population_2020"]
    assert parts["share_alone"] == row["elderly_single_households_2020"] / row["pop_65plus_2020"]
    yearly = (row["population_2020"] / row["population_2015"]) ** (1 / 5)
    assert parts["decline"] == pytest.approx(1 - yearly)


def test_need_today_is_centred_on_fifty_and_within_range(shipped):
    score = need(shipped.municipalities)
    assert len(score) == 179
    assert score.mean() == pytest.approx(50, abs=1e-9)
    assert score.between(0, 100).all()


def test_town_older_lonelier_and_shrinking_more_than_another_never_needs_less(shipped):
    score, parts = need(shipped.municipalities), need_parts(shipped.municipalities)
    for code in parts.index[:40]:
        worse = parts.index[(parts >= parts.loc[code]).all(axis=1)]
        assert (score[worse] >= score[code] - 1e-9).all()


def test_projected_years_exist_and_others_are_refused(shipped):
    later = {year: need(shipped.municipalities, year).mean() for year in YEARS}
    assert later[2050] > later[2020]
    with pytest.raises(ValueError, match="2035"):
        need_parts(shipped.municipalities, 2035)


def test_a_third_of_the_towns_has_high_need(shipped):
    assert 58 <= high_need(need(shipped.municipalities)).sum() <= 61


def test_lonely_people_are_seven_and_a_half_percent():
    assert lonely_people(pd.Series([1000])).tolist() == [75.0]
