import numpy as np
import pandas as pd
import pytest

from geo.data.dataset import load
from geo.data.sources import footer_lines
from geo.errors import DataError
from geo.methods.analysis import analyse
from geo.methods.travel import great_circle_km, measured_travel, minutes_to_points, office_travel
from geo.parameters import Parameters

MEASURED = ["from_code", "to_code", "minutes", "km", "source"]

# Three offices on one meridian, 1 degree apart; the first touches the second only.
LAT, LON = np.array([43.0, 44.0, 45.0]), np.array([142.0, 142.0, 142.0])
DEGREE_KM = great_circle_km(LAT[:1], LON[:1], LAT[1:2], LON[1:2])[0]


def test_a_degree_of_latitude_is_about_111_km():
    assert pytest.approx(111.1, abs=0.1) == DEGREE_KM


def test_way_leads_through_the_town_between_and_time_follows_detour_and_speed():
    travel = office_travel(LAT, LON, np.array([[0, 1], [1, 2]]), detour=1.5, speed=50)
    second_km = great_circle_km(LAT[1:2], LON[1:2], LAT[2:], LON[2:])[0]
    assert travel.km[0, 2] == pytest.approx(1.5 * (DEGREE_KM + second_km))
    assert travel.minutes[0, 2] == pytest.approx(travel.km[0, 2] / 50 * 60)
    assert np.allclose(travel.minutes, travel.minutes.T)
    assert (np.diag(travel.minutes) == 0).all()


def test_island_without_a_ferry_is_unreachable_and_with_one_costs_its_minutes():
    alone = office_travel(LAT, LON, np.array([[0, 1]]))
    assert np.isinf(alone.minutes[0, 2])
    assert np.isinf(alone.km[0, 2])
    joined = office_travel(LAT, LON, np.array([[0, 1]]), np.array([[1, 2, 100.0]]))
    assert joined.minutes[1, 2] == 100
    assert joined.km[1, 2] == 0
    assert joined.minutes[0, 2] == pytest.approx(joined.minutes[0, 1] + 100)


def test_point_in_its_own_town_is_the_great_circle_and_never_farther_than_by_its_office():
    travel = office_travel(LAT, LON, np.array([[0, 1], [1, 2]]), detour=1.2, speed=60)
    lat, lon = np.array([43.9, np.nan, np.nan]), np.array([142.0, np.nan, np.nan])
    minutes = minutes_to_points(travel, LAT, LON, np.array([1, 2, -1]), lat, lon)
    assert minutes[1, 0] == pytest.approx(
        1.2 * great_circle_km(LAT[1:2], LON[1:2], lat[:1], lon[:1])[0]
    )
    # From the south the point lies on the way: nobody drives to the office first and back.
    assert minutes[0, 0] == pytest.approx(
        1.2 * great_circle_km(LAT[:1], LON[:1], lat[:1], lon[:1])[0]
    )
    assert minutes[0, 1] == travel.minutes[0, 2]
    assert np.isinf(minutes[:, 2]).all()


def test_bay_is_not_crossed_between_hakodate_and_muroran(analysis):
    codes = list(analysis.arrays.codes)
    km = analysis.travel.km[codes.index("012025"), codes.index("012050")]
    straight = 64
    assert 165 <= km <= 215
    assert km > 2 * straight


def test_every_town_reaches_every_other_and_the_triangle_holds(analysis):
    minutes = analysis.travel.minutes
    assert np.isfinite(minutes).all()
    for middle in range(0, 179, 20):
        assert (minutes <= minutes[:, [middle]] + minutes[[middle], :] + 1e-9).all()


def write_measured(directory, shipped, **cell):
    """Write a table of 30 minutes between all towns, but 100 from 登別市 to 室蘭市."""
    codes = shipped.municipalities.index
    rows = pd.DataFrame([(a, b) for a in codes for b in codes], columns=["from_code", "to_code"])
    rows = rows.assign(minutes="30", km="25", source="生成した表")
    rows.loc[(rows["from_code"] == "012301") & (rows["to_code"] == "012050"), "minutes"] = "100"
    for column, value in cell.items():
        rows.loc[0, column] = value
    rows.to_csv(directory / "travel.csv", index=False)


def test_measured_table_takes_the_place_of_the_estimate(copied, shipped):
    write_measured(copied, shipped)
    data = load(copied)
    codes = list(data.municipalities.index)
    there, back = codes.index("012301"), codes.index("012050")
    result = analyse(data, Parameters())
    assert result.travel.minutes[there, back] == 100
    assert result.travel.minutes[back, there] == 30
    assert result.travel.km[there, back] == 25
    assert (np.diag(result.travel.minutes) == 0).all()
    assert data.version != shipped.version
    assert any("生成した表" in line for line in footer_lines(data))


def test_pair_that_the_measured_table_leaves_out_is_unreachable():
    frame = pd.DataFrame([("012301", "012050", 21.0, 18.0)], columns=MEASURED[:4])
    minutes, km = measured_travel(frame, ["012301", "012050"])
    assert (minutes[0, 1], km[0, 1]) == (21, 18)
    assert np.isinf(minutes[1, 0])


@pytest.mark.parametrize(
    ("column", "value"), [("minutes", "-1"), ("km", "x"), ("to_code", "131016"), ("source", "")]
)
def test_wrong_cell_of_the_measured_table_is_named(copied, shipped, column, value):
    write_measured(copied, shipped, **{column: value})
    with pytest.raises(DataError, match=rf"travel\.csv 2行目 「{column}」列"):
        load(copied)
