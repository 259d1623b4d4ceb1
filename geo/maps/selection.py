"""Choose on a map: which municipalities and organisations lie inside some shapes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.data.dataset import Dataset
from geo.data.memory import kept
from geo.maps.outlines import MAP_PLANE
from geo.methods.travel import GEOD

RULES = {
    "office": "役場が範囲の中にある",
    "area": "面積の一定割合が範囲の中にある",
    "people": "範囲の中の人口(推計)が一定数以上",
}
CIRCLE_POINTS = 96
DRAWN_DECIMALS = 4  # of a degree, 11 m: finer than a hand draws
MOST_DRAWN = 20  # shapes, and 200 corners each: a link can carry no more
MOST_CORNERS = 200
LATITUDES, LONGITUDES = (30.0, 55.0), (125.0, 160.0)
LARGEST_RADIUS = 1_000_000.0  # metres

Drawn = tuple[Any, ...]  # ("circle", [lat, lon], metres) or ("polygon", [[lat, lon], …])


def drawn_shapes(features: Sequence[Mapping[str, Any]] | None) -> list[Drawn]:
    """Return what a browser says was drawn; what is no such shape is left out.

    features: GeoJSON, a circle as a point with the property radius in metres.
    """
    found: list[Drawn] = []
    for feature in (features or [])[:MOST_DRAWN]:
        geometry = feature.get("geometry") or {}
        coordinates = geometry.get("coordinates") or []
        radius = (feature.get("properties") or {}).get("radius")
        if geometry.get("type") == "Point" and radius is not None:
            shape = _checked("circle", [coordinates[::-1], radius])
        elif geometry.get("type") == "Polygon" and coordinates:
            shape = _checked("polygon", [[place[::-1] for place in coordinates[0][:-1]]])
        else:
            shape = None
        if shape is not None:
            found.append(shape)
    return found


def written(shapes: Sequence[Drawn]) -> str:
    """Return drawn shapes as an address carries them: c43.1,142.5,20000;p43.1,142.5,…"""
    parts = []
    for kind, first, *rest in shapes:
        places = [first] if kind == "circle" else first
        numbers = [f"{number:.{DRAWN_DECIMALS}f}" for place in places for number in place]
        parts.append(kind[0] + ",".join([*numbers, *(f"{number:.0f}" for number in rest)]))
    return ";".join(parts)


def read(text: str) -> list[Drawn]:
    """Return the shapes that an address carries; raise ValueError for one that is none."""
    found = []
    for part in text.split(";")[:MOST_DRAWN]:
        numbers = [float(number) for number in part[1:].split(",")]
        if part[:1] == "c" and len(numbers) == 3:
            shape = _checked("circle", [numbers[:2], numbers[2]])
        elif part[:1] == "p" and len(numbers) % 2 == 0:
            shape = _checked("polygon", [[numbers[i : i + 2] for i in range(0, len(numbers), 2)]])
        else:
            shape = None
        if shape is None:
            msg = f"not a drawn shape: {part[:40]!r}"
            raise ValueError(msg)
        found.append(shape)
    return found


def _checked(kind: str, rest: list[Any]) -> Drawn | None:
    """Return a shape of finite numbers near Japan, None for anything else."""
    try:
        if kind == "circle":
            places, radius = [_place(rest[0])], float(rest[1])
            if not 0 < radius <= LARGEST_RADIUS:
                return None
            shape: Drawn = ("circle", places[0], round(radius))
        else:
            places = [_place(one) for one in rest[0]]
            if not 3 <= len(places) <= MOST_CORNERS:
                return None
            shape = ("polygon", places)
    except (TypeError, ValueError, IndexError):
        return None
    near = all(
        LATITUDES[0] <= lat <= LATITUDES[1] and LONGITUDES[0] <= lon <= LONGITUDES[1]
        for lat, lon in places
    )
    return shape if near else None


def _place(pair: Sequence[float]) -> list[float]:
    lat, lon = (round(float(number), DRAWN_DECIMALS) for number in pair)
    if not (math.isfinite(lat) and math.isfinite(lon)):
        msg = "not a place"
        raise ValueError(msg)
    return [lat, lon]


def area_of(shapes: Sequence[Drawn]) -> shapely.Geometry:
    """Return the union of drawn shapes in EPSG:4326; a circle is one on the ellipsoid (GRS80)."""
    made = []
    for kind, first, *rest in shapes:
        if kind == "circle":
            count = CIRCLE_POINTS
            bearings = np.linspace(0, 360, count, endpoint=False)
            lat, lon = np.full(count, first[0]), np.full(count, first[1])
            x, y, _ = GEOD.fwd(lon, lat, bearings, np.full(count, float(rest[0])))
            made.append(shapely.Polygon(np.column_stack((x, y))))
        else:
            made.append(shapely.make_valid(shapely.Polygon([(lon, lat) for lat, lon in first])))
    return shapely.union_all(made)


def towns_inside(
    data: Dataset, area: shapely.Geometry, *, rule: str, least: float = 0.0
) -> pd.DataFrame:
    """Return the municipalities that an area takes in, by code, the most people inside first.

    Formula: share = |area ∩ municipality| / |municipality| on a conformal plane; people inside =
    share × population of 2020, as if people lived evenly (面積按分). office: whether the municipal
    office lies inside.

    area: EPSG:4326. rule: of RULES. least: the share (0 to 1) of `area`, or the people of `people`.
    Raises KeyError for an unknown rule.
    """
    towns = data.municipalities
    plane = _plane(data)
    wanted = gpd.GeoSeries([area], crs="EPSG:4326").to_crs(MAP_PLANE).iloc[0]
    wanted = shapely.make_valid(wanted)
    share = shapely.area(shapely.intersection(plane, wanted)) / shapely.area(plane)
    offices = shapely.points(towns["office_lon"], towns["office_lat"])
    office = np.asarray(shapely.covers(area, offices))
    people = share * towns["population_2020"].to_numpy(dtype=float)
    inside = {
        "office": office,
        "area": (share > 0) & (share >= least),
        "people": (share > 0) & (people >= least),
    }[rule]
    found = pd.DataFrame(
        {
            "name": towns["name"],
            "subprefecture": towns["subprefecture"],
            "population": towns["population_2020"],
            "share": share,
            "people": people.round().astype(int),
            "office": office,
        },
        index=towns.index,
    )
    return found[inside].sort_values("people", ascending=False, kind="stable")


def organisations_inside(data: Dataset, area: shapely.Geometry, shown: np.ndarray) -> pd.DataFrame:
    """Return the shown organisations whose place lies in an area.

    One that is known only to its municipality stands at the municipal office (at_office). One whose
    place is not public is in no area. shown: one bool per row of `Dataset.organisations`.
    """
    towns, all_of = data.municipalities, data.organisations
    public = all_of["location_public"].to_numpy(bool) & (all_of["municipality_code"] != "")
    found = all_of[np.asarray(shown, bool) & public.to_numpy(bool)]
    home = towns.loc[found["municipality_code"]]
    at_office = found["lat"].isna().to_numpy()
    lat = np.where(at_office, home["office_lat"], found["lat"])
    lon = np.where(at_office, home["office_lon"], found["lon"])
    inside = np.asarray(shapely.covers(area, shapely.points(lon, lat)), dtype=bool)
    return found.assign(at_office=at_office, town=home["name"].to_numpy())[inside]


@kept(1)
def _plane(data: Dataset) -> np.ndarray:
    """Return the municipalities' polygons on the plane, in their order."""
    polygons = data.boundaries.geometry.loc[data.municipalities.index].to_crs(MAP_PLANE)
    made: np.ndarray = shapely.make_valid(polygons.to_numpy())
    return made
