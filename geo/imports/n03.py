"""Turn 国土数値情報 N03 into the boundaries that the app reads."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geo.data.boundaries import NORTHERN_TERRITORIES
from geo.data.codes import check_digit
from geo.errors import DataError, Problem
from geo.imports.places.postal import SAPPORO

CODE = "N03_007"
FILE = "boundaries.geojson"
TOLERANCE = 0.0005  # degrees, some 50 m: what a map of all Hokkaido can show
DECIMALS = 4


def boundaries_from_n03(path: Path, codes: list[str]) -> gpd.GeoDataFrame:
    """Return one polygon for each code and one for the Northern Territories, in EPSG:4326.

    Sapporo's wards become one; the six villages become one; land of no municipality is left out.
    Neighbours keep a common line. Raises DataError when a municipality lacks.
    """
    try:
        frame = gpd.read_file(_inside(path), columns=[CODE])
    except Exception as error:
        raise DataError([Problem(path.name, None, None, "N03 として読めません")]) from error
    if CODE not in frame.columns:
        raise DataError([Problem(path.name, None, CODE, "属性がありません")])
    frame["code"] = frame[CODE].map(_code)
    dissolved = frame.dropna(subset=["code"]).to_crs(4326).dissolve("code")[["geometry"]]
    missing = [code for code in [*codes, NORTHERN_TERRITORIES] if code not in dissolved.index]
    if missing:
        raise DataError(
            [Problem(path.name, None, CODE, f"境界がありません: {one}") for one in missing]
        )
    made = dissolved.loc[[*codes, NORTHERN_TERRITORIES]]
    made["geometry"] = made.geometry.simplify_coverage(TOLERANCE).make_valid()
    return made


def write_boundaries(path: Path, codes: list[str]) -> Path:
    """Write the boundaries of an N03 file beside it; a data directory may hold them instead."""
    target = path.with_name(FILE)
    part = target.with_suffix(".part.geojson")
    made = boundaries_from_n03(path, codes).reset_index()
    made.to_file(part, driver="GeoJSON", COORDINATE_PRECISION=DECIMALS)
    part.replace(target)
    return target


def _inside(path: Path) -> str | Path:
    """Return where the GeoJSON of a downloaded archive is."""
    if path.suffix.lower() != ".zip":
        return path
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.lower().endswith(".geojson"))
    if not names:
        raise DataError([Problem(path.name, None, None, "GeoJSON が入っていません")])
    return f"/vsizip/{path}/{names[0]}"


def _code(cell: object) -> str | None:
    if not isinstance(cell, str) or pd.isna(cell) or not (len(cell) == 5 and cell.startswith("01")):
        return None
    if cell.startswith("011"):
        return SAPPORO
    return NORTHERN_TERRITORIES if "01695" <= cell <= "01700" else cell + check_digit(cell)
