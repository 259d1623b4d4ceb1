import numpy as np
import pytest
import shapely

from geo.maps.catchment import field_catchment, town_catchment
from geo.methods.travel import MINUTES_PER_HOUR

NOBORIBETSU = "012301"


def offices_within(analysis, shape):
    towns = analysis.dataset.municipalities
    points = shapely.points(towns["office_lon"].to_numpy(), towns["office_lat"].to_numpy())
    return shapely.covers(shape, points)


@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_an_office_lies_in_the_area_when_its_minutes_say_so(analysis, minutes):
    row = list(analysis.dataset.municipalities.index).index(NOBORIBETSU)
    inside = offices_within(analysis, town_catchment(analysis, [NOBORIBETSU], minutes))
    # Within a minute of the edge the straight line and the plane's projection may differ.
    sure = np.abs(analysis.travel.minutes[row] - minutes) > 1
    assert (inside == (analysis.travel.minutes[row] <= minutes))[sure].all()


def test_around_one_office_it_is_a_circle_cut_to_the_ground_near_it(analysis):
    """Twelve minutes at 60 km/h with a detour of 1.24 are 9.7 km: less than to any other office."""
    minutes = 12
    shape = town_catchment(analysis, [NOBORIBETSU], minutes)
    town = analysis.dataset.municipalities.loc[NOBORIBETSU]
    metres = minutes / MINUTES_PER_HOUR * analysis.travel.speed / analysis.travel.detour * 1000
    edge = shapely.get_coordinates(shape)
    north = (edge[:, 1] - town["office_lat"]) * 111_132
    east = (edge[:, 0] - town["office_lon"]) * 111_320 * np.cos(np.radians(town["office_lat"]))
    assert np.hypot(north, east).max() == pytest.approx(metres, rel=0.01)


def test_it_grows_with_the_minutes_and_nothing_has_none(analysis):
    small, large = (town_catchment(analysis, [NOBORIBETSU], one) for one in (20, 40))
    assert large.buffer(1e-6).covers(small)
    assert town_catchment(analysis, [], 60).is_empty
    assert field_catchment(analysis, [], 60).is_empty


def test_offices_of_a_field_reach_the_towns_whose_nearest_is_within(analysis):
    position = list(analysis.arrays.fields).index("children")
    inside = offices_within(analysis, field_catchment(analysis, ["children"], 45))
    chosen = np.zeros(len(analysis.arrays.services), bool)
    chosen[analysis.arrays.slices[position]] = True
    chosen &= analysis.arrays.in_person.any(axis=0)
    nearest = analysis.arrays.minutes[:, chosen].min(axis=1)
    sure = np.abs(nearest - 45) > 1
    assert (inside | ~(nearest <= 45))[sure].all()
