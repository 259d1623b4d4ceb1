"""Draw catchments: what lies within T minutes of offices or venues, by the product's own travel."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely

from geo.data.memory import kept
from geo.maps.outlines import MAP_PLANE
from geo.methods.analysis import Analysis
from geo.methods.travel import MINUTES_PER_HOUR

GRID = 50.0  # metres to which outlines are simplified: far below what a straight line can mean
QUARTER = 24  # segments of a quarter of a circle


def town_catchment(analysis: Analysis, codes: Sequence[str], minutes: float) -> shapely.Geometry:
    """Return what lies within some minutes of the offices of municipalities, in EPSG:4326.

    Formula: as `reached`, from t[n] = min over the offices s of t[s, n].
    """
    sites = np.flatnonzero(np.isin(analysis.arrays.codes, list(codes)))
    if not sites.size:
        return shapely.MultiPolygon()
    return _degrees(reached(analysis, analysis.travel.minutes[sites].min(axis=0), minutes, []))


def field_catchment(analysis: Analysis, fields: Sequence[str], minutes: float) -> shapely.Geometry:
    """Return what lies within some minutes of an office of any of these fields, in EPSG:4326.

    Formula: as `reached`, from t[n] = min over the services j of t[n, j], and around each office
    that has a point. Only services that receive people where they are count.
    """
    arrays, data = analysis.arrays, analysis.dataset
    chosen = np.zeros(len(arrays.services), bool)
    for position, field in enumerate(arrays.fields):
        if field in fields:
            chosen[arrays.slices[position]] = True
    chosen &= arrays.in_person.any(axis=0)
    if not chosen.any():
        return shapely.MultiPolygon()
    owners = data.services.loc[arrays.services[chosen], "organisation"].unique()
    offices = data.organisations.loc[owners]
    offices = offices[offices["location_public"].to_numpy(bool) & offices["lat"].notna()]
    points = list(zip(offices["lon"], offices["lat"], offices["municipality_code"], strict=True))
    return _degrees(reached(analysis, arrays.minutes[:, chosen].min(axis=1), minutes, points))


def reached(
    analysis: Analysis,
    from_office: np.ndarray,
    limit: float,
    points: Sequence[tuple[float, float, str]],
) -> shapely.Geometry:
    """Return what lies within `limit` minutes, in metres on the map's plane.

    Formula: a place x in municipality p is within T where t[n] + 60 × detour × gc(n, x) / speed <= T
    for an office n of {p} ∪ N(p): so a circle around the office n of radius
    (T − t[n]) × speed / (60 × detour), cut to the municipality of n and those that touch it. An office
    with a point of its own is a gate, too, with the whole of T.

    from_office: (M,) minutes from each municipal office to the nearest origin; infinite for none.
    points: (lon, lat, municipality) of the offices that have a point of their own.
    Source: geo.methods.travel.minutes_to_points, solved for the place.
    """
    travel, towns = analysis.travel, analysis.dataset.municipalities
    grounds = _grounds(analysis)
    metres = travel.speed / (MINUTES_PER_HOUR * travel.detour) * 1000  # a minute's way
    radius = (limit - from_office) * metres
    reached = np.flatnonzero(radius > 0)
    offices = _plane(towns["office_lon"].to_numpy(), towns["office_lat"].to_numpy())
    circles = shapely.buffer(offices[reached], radius[reached], quad_segs=QUARTER)
    parts = [shapely.intersection(circles, grounds[reached])]
    if points:
        lon, lat, codes = (np.array(column) for column in zip(*points, strict=True))
        home = grounds[towns.index.get_indexer(codes)]
        around = shapely.buffer(_plane(lon, lat), limit * metres, quad_segs=QUARTER)
        parts.append(shapely.intersection(around, home))
    return shapely.union_all(np.concatenate(parts))


@kept(4)
def _grounds(analysis: Analysis) -> np.ndarray:
    """Return, per municipality, its ground and that of those which touch it, on the plane."""
    data = analysis.dataset
    plane = data.boundaries.geometry.to_crs(MAP_PLANE).loc[data.municipalities.index].to_numpy()
    own = shapely.coverage_simplify(shapely.set_precision(plane, 1.0), GRID)
    pairs = analysis.travel.pairs
    both = np.concatenate((pairs, pairs[:, ::-1]))
    return np.array(
        [
            shapely.union_all(own[np.append(both[both[:, 0] == town, 1], town)])
            for town in range(len(own))
        ]
    )


def _plane(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    made: np.ndarray = points.to_crs(MAP_PLANE).to_numpy()
    return made


def _degrees(shape: shapely.Geometry) -> shapely.Geometry:
    return gpd.GeoSeries([shape], crs=MAP_PLANE).to_crs("EPSG:4326").iloc[0]
