import numpy as np
import pandas as pd
import pytest
import shapely

from geo.data.dataset import Dataset
from geo.data.vocabulary import PRECISIONS
from geo.imports.places.points import ground, locate
from geo.parameters import SNAP_KM


def rows(*lines):
    return pd.DataFrame(lines, columns=["code", "rest", "lat", "lon"]).astype("str")


def naive(data: Dataset, code, lat, lon):
    """Decide on one point with plain loops and great circles: point, moved or no."""
    point = shapely.Point(lon, lat)
    for other, polygon in data.boundaries.geometry.items():
        if other == code and polygon.contains(point):
            return "point"
    line = shapely.shortest_line(data.boundaries.geometry[code], point)
    (lon1, lat1), (lon2, lat2) = line.coords
    north = np.radians(lat2 - lat1)
    east = np.radians(lon2 - lon1) * np.cos(np.radians((lat1 + lat2) / 2))
    kilometres = 6371.0 * np.hypot(north, east)
    if abs(kilometres - SNAP_KM) < 0.02:
        return None  # too near to the limit for a sphere
    if kilometres > SNAP_KM:
        return "no"
    at_sea = not any(polygon.contains(point) for polygon in data.boundaries.geometry)
    return "moved" if at_sea else "point"


def test_points_agree_with_a_second_plain_reading_of_the_boundaries(shipped: Dataset):
    dice = np.random.default_rng(3)
    towns = shipped.municipalities.sample(60, random_state=3)
    lat = towns["office_lat"] + dice.normal(0, 0.06, len(towns))
    lon = towns["office_lon"] + dice.normal(0, 0.08, len(towns))
    lines = [
        (c, "1", f"{a:.6f}", f"{o:.6f}") for c, a, o in zip(towns.index, lat, lon, strict=True)
    ]
    found = locate(rows(*lines), ground(shipped.boundaries))
    seen = set()
    for (code, _, a, o), got in zip(lines, found.itertuples(), strict=True):
        expected = naive(shipped, code, float(a), float(o))
        moved = got.precision == "point" and (got.lat, got.lon) != (float(a), float(o))
        outcome = "moved" if moved else "point" if got.precision == "point" else "no"
        assert expected in (None, outcome), (code, a, o, got)
        seen.add(outcome)
    assert seen == {"point", "no", "moved"}


def test_every_office_stands_in_its_own_town(shipped: Dataset):
    towns = shipped.municipalities
    lines = [(c, "", f"{a}", f"{o}") for c, a, o in zip(towns.index, towns["office_lat"], towns["office_lon"], strict=True)]  # fmt: skip
    found = locate(rows(*lines), ground(shipped.boundaries))
    assert (found["precision"] == "point").all()
    assert (found["code"].to_numpy() == towns.index.to_numpy()).all()


def test_a_snapped_point_is_on_land_and_near(shipped: Dataset):
    found = locate(rows(("012301", "", "42.40", "141.12")), ground(shipped.boundaries))
    polygon = shipped.boundaries.geometry["012301"]
    assert polygon.distance(shapely.Point(found["lon"].iloc[0], found["lat"].iloc[0])) < 1e-5
    assert "岸に寄せた" in found["mended"].iloc[0]


@pytest.mark.parametrize(
    ("code", "rest", "precision"),
    [("012301", "中央町6-11", "address"), ("012301", "中央町", "municipality"), ("012301", "", "municipality"), ("", "x1", "")],
)  # fmt: skip
def test_without_a_point_the_address_says_how_precise_a_record_is(
    shipped: Dataset, code, rest, precision
):
    found = locate(rows((code, rest, "", "")), ground(shipped.boundaries))
    assert found["precision"].tolist() == [precision]
    assert found["lat"].isna().all()
    assert precision in PRECISIONS


def test_the_northern_territories_are_no_municipality(shipped: Dataset):
    inside = shipped.boundaries.geometry["hoppo"].representative_point()
    found = locate(rows(("", "", str(inside.y), str(inside.x))), ground(shipped.boundaries))
    assert found["code"].tolist() == [""]


def test_the_same_boundaries_are_laid_on_the_plane_once(shipped: Dataset):
    first = ground(shipped.boundaries)
    assert ground(shipped.boundaries) is first
    other = shipped.boundaries.copy()
    assert ground(other) is not first
