"""Build ``boundaries.geojson``: Hokkaido's 179 municipalities and the Northern Territories.

The lines are the municipality-level warning areas of the Japan Meteorological Agency
(気象庁ホームページ, public data licence), which the PyPI wheel ``reversejp`` carries as
GeoJSON files in ZIP archives inside its extension module. The steps:

1. take the features of Hokkaido out of the wheel and merge those of one municipality;
2. clean them into a coverage: no overlap, no gap narrower than 10 m, shared borders identical;
3. drop islets under 5 ha that touch no other municipality;
4. simplify every shared border once (Visvalingam-Whyatt), so that neighbours still fit;
5. round to four decimals (about 10 m) and mend what the rounding folded;
6. check, and write the same bytes every time.

    python data/build_boundaries.py                      # downloads the wheel with pip
    python data/build_boundaries.py --wheel FILE.whl     # uses one that is already here
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import shape

FOLDER = Path(__file__).resolve().parent
REQUIREMENT = "reversejp==0.1.1"
NORTHERN_TERRITORIES = "hoppo"
NORTHERN_TERRITORIES_NAME = "北方領土"

GEOGRAPHIC = "EPSG:4326"
METRIC = "EPSG:6680"  # JGD2011 plane rectangular zone XII, metres; its meridian crosses Hokkaido
GAP_WIDTH_M = 10.0
ISLET_AREA_M2 = 50_000.0
SIMPLIFY_TOLERANCE_M = 100.0
DECIMALS = 4

AREA_TOLERANCE = 0.02
"""Relative difference from the official area above which a municipality is reported."""


class BoundaryError(Exception):
    """The boundaries could not be built."""


class DownloadError(BoundaryError):
    """pip did not deliver the wheel."""


class ArchiveNotFoundError(BoundaryError):
    """The wheel does not hold the boundary files it is known for."""


class MunicipalityMismatchError(BoundaryError):
    """The areas in the wheel are not the municipalities of ``municipalities.csv``."""


class BrokenCoverageError(BoundaryError):
    """A geometry is invalid, or two neighbours do not share their border."""


def download_wheel(folder: Path) -> Path:
    """Download the wheel into ``folder`` and return its path.

    Raises
    ------
    DownloadError
        When pip fails or leaves no wheel.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--dest", str(folder), REQUIREMENT]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("reversejp-*.whl"))
    if finished.returncode != 0 or not wheels:
        message = f"pip could not download {REQUIREMENT}: {finished.stderr.strip()}"
        raise DownloadError(message)
    return wheels[0]


def embedded_archives(blob: bytes) -> Iterator[zipfile.ZipFile]:
    """Yield the ZIP archives that lie inside ``blob``, found by their end records.

    An end record says how long the directory is and where it starts, counted from the
    archive's first byte; the two together give that byte's place in ``blob``.
    """
    end_record = struct.Struct("<4s4H2LH")
    for match in re.finditer(rb"PK\x05\x06", blob):
        stop = match.start() + end_record.size
        if stop > len(blob):
            continue
        *_, size, offset, _ = end_record.unpack_from(blob, match.start())
        start = match.start() - size - offset
        if start < 0 or blob[start : start + 4] != b"PK\x03\x04":
            continue
        try:
            yield zipfile.ZipFile(io.BytesIO(blob[start:stop]))
        except zipfile.BadZipFile:
            continue


def hokkaido_features(wheel: Path) -> Iterator[tuple[str, dict]]:
    """Yield (five-digit municipality code or ``hoppo``, GeoJSON geometry) from the wheel.

    Raises
    ------
    ArchiveNotFoundError
        When the wheel has no extension module.
    """
    with zipfile.ZipFile(wheel) as archive:
        modules = [name for name in archive.namelist() if name.endswith((".so", ".pyd"))]
        if not modules:
            message = f"{wheel.name} has no extension module"
            raise ArchiveNotFoundError(message)
        blob = archive.read(modules[0])
    for embedded in embedded_archives(blob):
        for name in sorted(embedded.namelist()):
            if not re.fullmatch(r"landslides_\d+\.json", name):
                continue
            for feature in json.loads(embedded.read(name))["features"]:
                code = str(feature["properties"].get("code", ""))
                if code.startswith("01"):
                    yield code[:5], feature["geometry"]
                elif code == NORTHERN_TERRITORIES:
                    yield code, feature["geometry"]


def polygonal(geometry: shapely.Geometry) -> shapely.Geometry:
    """Return ``geometry`` made valid, with only its polygons kept."""
    repaired = shapely.make_valid(geometry, method="structure")
    parts = shapely.get_parts(repaired)
    return shapely.union_all([p for p in parts if p.geom_type in {"Polygon", "MultiPolygon"}])


def read_municipalities(path: Path) -> list[dict[str, str]]:
    """Return the rows of ``municipalities.csv``."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_areas(wheel: Path, municipalities: list[dict[str, str]]) -> gpd.GeoDataFrame:
    """Return one row per municipality, and the Northern Territories, sorted by code.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ``code`` (six digits, or ``hoppo``), ``name``, ``geometry`` in EPSG:4326.

    Raises
    ------
    MunicipalityMismatchError
        When an area has no municipality, or a municipality no area.
    """
    parts: dict[str, list[shapely.Geometry]] = {}
    for key, geometry in hokkaido_features(wheel):
        parts.setdefault(key, []).append(polygonal(shape(geometry)))
    known = {row["code"][:5]: (row["code"], row["name"]) for row in municipalities}
    known[NORTHERN_TERRITORIES] = (NORTHERN_TERRITORIES, NORTHERN_TERRITORIES_NAME)
    if parts.keys() != known.keys():
        message = f"areas and municipalities differ: {sorted(parts.keys() ^ known.keys())}"
        raise MunicipalityMismatchError(message)
    rows = sorted((*known[key], shapely.union_all(pieces)) for key, pieces in parts.items())
    codes, names, geometries = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {"code": codes, "name": names}, geometry=list(geometries), crs=GEOGRAPHIC
    )


def clean_coverage(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return ``areas`` (metric) without overlaps and hair gaps, borders identical."""
    cleaned = shapely.coverage_clean(areas.geometry.to_numpy(), gap_width=GAP_WIDTH_M)
    return areas.set_geometry(gpd.GeoSeries(cleaned, index=areas.index, crs=areas.crs))


def drop_islets(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return ``areas`` (metric) without the parts under ``ISLET_AREA_M2``.

    A part stays, however small, when it is the largest of its municipality or touches
    another one, where its loss would tear a hole.
    """
    geometries = areas.geometry.to_numpy()
    tree = shapely.STRtree(geometries)

    def kept(index: int) -> shapely.Geometry:
        pieces = shapely.get_parts(geometries[index])
        sizes = shapely.area(pieces)
        stays = (sizes >= ISLET_AREA_M2) | (sizes == sizes.max())
        for place in np.flatnonzero(~stays):
            stays[place] = set(tree.query(pieces[place], predicate="intersects")) != {index}
        return shapely.union_all(pieces[stays])

    return areas.set_geometry(
        gpd.GeoSeries([kept(i) for i in range(len(areas))], index=areas.index, crs=areas.crs)
    )


def rounded(geometry: shapely.Geometry) -> shapely.Geometry:
    """Return ``geometry`` with its coordinates on the grid of ``DECIMALS`` decimals.

    Every vertex moves by itself, so a vertex that two neighbours share stays shared.
    Where the rounding folds a ring onto itself, the ring is opened there; that uses
    vertices that are already on the grid.
    """
    moved = shapely.set_precision(geometry, 10.0**-DECIMALS, mode="pointwise")
    return moved if moved.is_valid else polygonal(moved)


def simplify(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return ``areas`` (metric) simplified, in EPSG:4326 and rounded."""
    simplified = areas.geometry.simplify_coverage(SIMPLIFY_TOLERANCE_M).to_crs(GEOGRAPHIC)
    return areas.set_geometry(simplified.map(rounded)).set_crs(GEOGRAPHIC, allow_override=True)


def check(areas: gpd.GeoDataFrame) -> None:
    """Refuse a broken result.

    Raises
    ------
    BrokenCoverageError
        When a geometry is empty or invalid, or the whole is no coverage.
    """
    unsound = areas["name"][~areas.is_valid | areas.is_empty].tolist()
    if unsound:
        message = f"invalid geometry: {unsound}"
        raise BrokenCoverageError(message)
    edges = shapely.coverage_invalid_edges(areas.geometry.to_numpy())
    torn = areas["name"][~shapely.is_empty(edges)].tolist()
    if torn:
        message = f"borders that do not fit: {torn}"
        raise BrokenCoverageError(message)


def write(areas: gpd.GeoDataFrame, path: Path) -> None:
    """Write compact GeoJSON, one feature a line, UTF-8, LF."""
    lines = []
    for code, name, geometry in zip(areas["code"], areas["name"], areas.geometry, strict=True):
        feature = {
            "type": "Feature",
            "properties": {"code": code, "name": name},
            "geometry": on_grid(shapely.geometry.mapping(shapely.normalize(geometry))),
        }
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    body = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(body, encoding="utf-8", newline="\n")


def on_grid(value: object) -> object:
    """Return a GeoJSON value with every number rounded to ``DECIMALS`` decimals."""
    if isinstance(value, dict):
        return {key: on_grid(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [on_grid(inner) for inner in value]
    return round(value, DECIMALS) if isinstance(value, float) else value


def report(path: Path, municipalities: list[dict[str, str]]) -> None:
    """Print what a reader of the file should know of it."""
    areas = gpd.read_file(path)
    check(areas)
    metric = areas.to_crs(METRIC).set_index("code")
    offices = gpd.GeoSeries.from_xy(
        [float(row["office_lon"]) for row in municipalities],
        [float(row["office_lat"]) for row in municipalities],
        index=[row["code"] for row in municipalities],
        crs=GEOGRAPHIC,
    ).to_crs(METRIC)
    distance = metric.geometry.loc[offices.index].distance(offices)
    vertices = shapely.get_num_coordinates(areas.geometry.to_numpy()).sum()
    print(f"{len(areas)} features, {vertices:,} vertices, {path.stat().st_size:,} bytes")
    print(f"offices outside their polygon: {distance[distance > 0].round(0).to_dict()}")
    for row in municipalities:
        official = float(row["area_km2"])
        drawn = metric.geometry[row["code"]].area / 1e6
        if abs(drawn / official - 1) > AREA_TOLERANCE:
            print(f"area of {row['name']}: drawn {drawn:.2f} km2, official {official:.2f} km2")


def build(wheel: Path, target: Path) -> None:
    """Build the boundaries from ``wheel``, write them to ``target``, and report."""
    municipalities = read_municipalities(FOLDER / "municipalities.csv")
    areas = read_areas(wheel, municipalities).to_crs(METRIC)
    areas = simplify(drop_islets(clean_coverage(areas)))
    check(areas)
    write(areas, target)
    report(target, municipalities)


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, help=f"the wheel of {REQUIREMENT}")
    parser.add_argument("--output", type=Path, default=FOLDER / "boundaries.geojson")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        build(arguments.wheel or download_wheel(Path(folder)), arguments.output)


if __name__ == "__main__":
    main()
