"""Estimate travel over land and by ferry, without a road network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pyproj import Geod
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path

from geo.parameters import DETOUR_FACTOR, ROAD_SPEED

GEOD = Geod(ellps="GRS80")
MINUTES_PER_HOUR = 60


@dataclass(frozen=True, eq=False)
class Travel:
    """Travel between the municipal offices: (M, M) minutes, (M, M) road km, (pairs, 2) edges."""

    minutes: np.ndarray
    km: np.ndarray
    pairs: np.ndarray
    detour: float
    speed: float


def great_circle_km(
    lat: np.ndarray, lon: np.ndarray, to_lat: np.ndarray, to_lon: np.ndarray
) -> np.ndarray:
    """Return the geodesic distance in km on the GRS80 ellipsoid, element by element.

    Arrays of one shape, in degrees. Source: Karney (2013), by pyproj.
    """
    return np.asarray(GEOD.inv(lon, lat, to_lon, to_lat)[2]) / 1000


def office_travel(
    lat: np.ndarray,
    lon: np.ndarray,
    pairs: np.ndarray,
    ferries: np.ndarray | None = None,
    *,
    detour: float = float(DETOUR_FACTOR),
    speed: float = float(ROAD_SPEED),
) -> Travel:
    """Return the time and road distance between all municipal offices.

    Formula: an edge joins the offices of two municipalities whose polygons touch; its length is
    detour × great circle, its time 60 × length / speed. A ferry is an edge of its sailing minutes
    and of 0 road km. t[m, n] is the shortest path in minutes; km[m, n] the road km along it, so
    that no way crosses the sea except by ferry. Unreachable pairs are infinite.

    lat, lon: (M,) degrees. pairs: (P, 2) positions. ferries: (F, 3) of position, position,
    minutes. detour: road km per great-circle km. speed: km/h.

    Source: this project (docs/methods.md), measured against 26 road distances and 61 hospitals;
    Dijkstra's shortest path by scipy.sparse.csgraph.
    """
    size = len(lat)
    ferries = np.empty((0, 3)) if ferries is None else np.asarray(ferries, dtype=float)
    start, end = pairs[:, 0], pairs[:, 1]
    road_km = detour * great_circle_km(lat[start], lon[start], lat[end], lon[end])
    edge_start = np.concatenate((start, ferries[:, 0].astype(int)))
    edge_end = np.concatenate((end, ferries[:, 1].astype(int)))
    edge_minutes = np.concatenate((road_km * MINUTES_PER_HOUR / speed, ferries[:, 2]))
    edge_km = np.concatenate((road_km, np.zeros(len(ferries))))
    # Where a road and a ferry join the same offices, the faster one stays.
    first = pd.DataFrame({"a": edge_start, "b": edge_end, "minutes": edge_minutes, "km": edge_km})
    first = first.sort_values("minutes").drop_duplicates(["a", "b"])
    graph = coo_array((first["minutes"], (first["a"], first["b"])), shape=(size, size)).tocsr()
    minutes, before = shortest_path(graph, directed=False, return_predecessors=True)

    step_km = np.zeros((size, size))
    step_km[first["a"], first["b"]] = step_km[first["b"], first["a"]] = first["km"]
    km = np.full((size, size), np.inf)
    np.fill_diagonal(km, 0)
    for origin in range(size):
        # Nearest first, so that the way to the office before is known already.
        for office in np.argsort(minutes[origin], kind="stable"):
            previous = before[origin, office]
            if previous >= 0:
                km[origin, office] = km[origin, previous] + step_km[previous, office]
    return Travel(minutes, km, pairs, detour, speed)


def minutes_to_points(
    travel: Travel,
    office_lat: np.ndarray,
    office_lon: np.ndarray,
    municipality: np.ndarray,
    lat: np.ndarray,
    lon: np.ndarray,
) -> np.ndarray:
    """Return the (M, J) minutes from every municipal office to every point.

    Formula: a point is joined by detour × great circle to the office of its own municipality p
    and to those of the municipalities N(p) that touch it:
    t[m, j] = min over n in {p} ∪ N(p) of t[m, n] + 60 × detour × gc(n, j) / speed.
    Within one municipality this is the great circle alone. A point without coordinates (NaN)
    stands at its municipality's office; one without a municipality (-1) is infinitely far.

    municipality: (J,) positions, -1 for none. lat, lon: (J,) degrees or NaN.
    Source: this project (docs/methods.md).
    """
    size, count = len(office_lat), len(municipality)
    minutes = np.full((size, count), np.inf)
    placed = municipality >= 0
    at_office = placed & np.isnan(lat)
    minutes[:, at_office] = travel.minutes[:, municipality[at_office]]

    exact = np.flatnonzero(placed & ~np.isnan(lat))
    if exact.size == 0:
        return minutes
    both = np.concatenate((travel.pairs, travel.pairs[:, ::-1]))
    for town in np.unique(municipality[exact]):
        points = exact[municipality[exact] == town]
        gates = np.concatenate(([town], both[both[:, 0] == town, 1]))
        gate, point = np.repeat(gates, len(points)), np.tile(points, len(gates))
        last_km = great_circle_km(office_lat[gate], office_lon[gate], lat[point], lon[point])
        last = last_km.reshape(len(gates), len(points)) * (
            travel.detour * MINUTES_PER_HOUR / travel.speed
        )
        best = travel.minutes[:, gates[0], None] + last[0]
        for g in range(1, len(gates)):
            np.minimum(best, travel.minutes[:, gates[g], None] + last[g], out=best)
        minutes[:, points] = best
    return minutes


def measured_travel(frame: pd.DataFrame, codes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return a measured table of travel as (M, M) minutes and (M, M) km.

    frame: from_code, to_code, minutes, km; one way each. codes: the M municipalities. Pairs that
    the table leaves out are unreachable (infinite), a municipality to itself is 0.
    """
    position = {code: i for i, code in enumerate(codes)}
    minutes = np.full((len(codes), len(codes)), np.inf)
    km = minutes.copy()
    start, end = frame["from_code"].map(position), frame["to_code"].map(position)
    minutes[start, end], km[start, end] = frame["minutes"], frame["km"]
    np.fill_diagonal(minutes, 0)
    np.fill_diagonal(km, 0)
    return minutes, km
