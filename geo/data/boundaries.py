"""Read the municipalities' polygons and say which of them touch."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from geo.errors import DataError, Problem

NORTHERN_TERRITORIES = "hoppo"  # drawn, never scored


def read_boundaries(path: Path, codes: list[str]) -> gpd.GeoDataFrame:
    """Read polygons in EPSG:4326, one for each code in its order, and the Northern Territories.

    Raises DataError when a code is missing, unknown or doubled, or a geometry is not valid.
    """
    try:
        frame = gpd.read_file(path)
    except Exception as error:
        reason = f"境界として読めません: {error}"
        raise DataError([Problem(path.name, None, None, reason)]) from error
    if "code" not in frame.columns:
        raise DataError([Problem(path.name, None, "code", "属性がありません")])
    expected = [*codes, NORTHERN_TERRITORIES]
    problems = [
        Problem(path.name, None, "code", f"境界が1つではありません: {code!r}")
        for code in expected
        if (frame["code"] == code).sum() != 1
    ]
    problems += [
        Problem(path.name, None, "code", f"台帳にない境界です: {code!r}")
        for code in frame["code"]
        if code not in expected
    ]
    problems += [
        Problem(path.name, None, "geometry", f"図形が正しくありません: {code!r}: {why}")
        for code, why, valid in zip(
            frame["code"],
            shapely.is_valid_reason(frame.geometry),
            frame.geometry.is_valid & ~frame.geometry.is_empty,
            strict=True,
        )
        if not valid
    ]
    if problems:
        raise DataError(problems)
    return frame.set_index("code").loc[expected]


def touching_pairs(boundaries: gpd.GeoDataFrame, codes: list[str]) -> np.ndarray:
    """Return the (pairs, 2) positions in `codes` of municipalities whose polygons touch."""
    polygons = boundaries.geometry.loc[codes].to_numpy()
    left, right = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    result: np.ndarray = np.column_stack((left, right))[left < right]
    return result
