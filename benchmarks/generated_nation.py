"""Make a nation of generated municipalities and organisations; it never loads by default.

No municipality, boundary or organisation here is real. Codes only have a right check digit.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks import generated
from geo.data import dataset
from geo.data.boundaries import NORTHERN_TERRITORIES
from geo.data.codes import check_digit
from geo.data.schema import MUNICIPALITY_COLUMNS, ORGANISATION_COLUMNS, TABLES
from geo.data.tables import Column, between

MUNICIPALITIES = 1741  # as Japan has them, 東京都区部 counted as 23
PREFECTURES = 47
MEDICAL_AREAS = 335
POPULATION = 126_146_099  # 総務省統計局 令和2年国勢調査, 全国
# An arc as long as the four main islands, as wide as gives it their area; lon and lat in degrees.
EXTENT = shapely.LineString(
    [(130.5, 32), (132, 34), (136, 35.5), (139.5, 36), (141, 39.5), (143, 43.3)]
).buffer(1.05)
NORTHERN = shapely.box(146, 43.5, 147, 44.5)  # read_boundaries wants this polygon too
LATITUDES, LONGITUDES = (20, 46), (122, 154)
SPREAD = 1.48  # of the logarithm of the populations: the mean is three times the median
# Most imported lists name no service area, some the own town, few the whole.
AREAS = {"": 0.6, "own": 0.35, "prefecture": 0.05}


@contextmanager
def nationwide(count: int = MUNICIPALITIES) -> Iterator[None]:
    """Let the shipped code load a nation, by changing what it holds fixed for Hokkaido."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(dataset, "MUNICIPALITY_COUNT", count))
        stack.enter_context(patch.object(dataset, "POPULATION_2020", POPULATION))
        stack.enter_context(patch.dict(TABLES, _wide_tables()))
        yield


def write(directory: Path, services: int, count: int = MUNICIPALITIES) -> None:
    """Write a data directory of a generated nation; fields, needs and layers are those we ship."""
    directory.mkdir(parents=True, exist_ok=True)
    for path in dataset.DATA_DIRECTORY.glob("*.csv"):
        shutil.copy(path, directory)
    towns, polygons = municipalities(count)
    towns.to_csv(directory / "municipalities.csv", index=False)
    boundaries(towns, polygons).to_file(directory / "boundaries.geojson", driver="GeoJSON")
    for name in ("statistics", "municipal_offices"):
        path = directory / f"{name}.csv"
        shipped = pd.read_csv(path, dtype=str, keep_default_na=False)
        # Generated: the shipped rows over and over, under the codes of the nation.
        rows = shipped.iloc[np.arange(count) % len(shipped)].assign(code=towns["code"].to_numpy())
        rows.to_csv(path, index=False)
    for name in ("ferries", "organisations", "services"):
        path = directory / f"{name}.csv"
        pd.read_csv(path, nrows=0).to_csv(path, index=False)
    with nationwide(count):
        empty = dataset.load(directory)
    random = np.random.default_rng(generated.SEED)
    made = generated.organisations(empty, services)
    made["layer"] = random.choice(empty.layers.index.to_numpy(object), size=services)
    offered = generated.services(empty, made)
    area = random.choice(list(AREAS), size=services, p=list(AREAS.values()))
    offered["service_area"] = np.where(area == "own", made["municipality_code"], area)
    made.to_csv(directory / "organisations.csv", index=False)
    offered.to_csv(directory / "services.csv", index=False)


def municipalities(count: int, seed: int = generated.SEED) -> tuple[pd.DataFrame, np.ndarray]:
    """Return count generated municipalities and their polygons, which tile the extent.

    Prefectures and medical areas are runs along the arc; populations sum to POPULATION.
    """
    random = np.random.default_rng(seed)
    lon, lat = _inside(EXTENT, count, random)
    along = np.argsort(lon + lat)  # roughly from south-west to north-east
    lon, lat = lon[along], lat[along]
    cells = shapely.voronoi_polygons(
        shapely.multipoints(np.column_stack((lon, lat))), extend_to=EXTENT, ordered=True
    )
    polygons = shapely.intersection(shapely.get_parts(cells), EXTENT)
    position = np.arange(count)
    prefecture = position * PREFECTURES // count
    number = position - np.searchsorted(prefecture, prefecture) + 101
    codes = [f"{p + 1:02}{n:03}" for p, n in zip(prefecture, number, strict=True)]
    size = random.lognormal(0, SPREAD, count)
    population = random.multinomial(POPULATION, size / size.sum())
    older = (population * random.uniform(0.25, 0.45, count)).astype(int)
    children = (population * random.uniform(0.08, 0.14, count)).astype(int)
    loss = random.uniform(0.98, 1.0, count)  # share of people who are left after a year
    later = {year: (population * loss ** (year - 2020)).astype(int) for year in (2030, 2040, 2050)}
    towns = pd.DataFrame(
        {
            "code": [code + check_digit(code) for code in codes],
            "name": [f"生成市町村{n:04}" for n in position + 1],
            "kana": "せいせい",
            "romaji": [f"Seisei{n:04}-shi" for n in position + 1],
            "subprefecture": [f"生成県{p + 1:02}" for p in prefecture],
            "secondary_medical_area": [f"生成圏{n:03}" for n in position * MEDICAL_AREAS // count],
            "area_km2": (gpd.GeoSeries(polygons, crs=4326).to_crs(6933).area / 1e6).round(2),
            "population_2020": population,
            "male_2020": population // 2,
            "female_2020": population - population // 2,
            "general_households_2020": population // 2,
            "pop_65plus_2020": older,
            "single_person_households_2020": population // 6,
            "elderly_single_households_2020": (older * random.uniform(0.1, 0.3, count)).astype(int),
            "office_lat": lat,
            "office_lon": lon,
            "pop_under15_2020": children,
            "pop_15to64_2020": population - older - children,
            "population_2015": (population / loss**5).astype(int),
            "ipss_pop_65plus_2020": older,
            **{f"ipss_pop_{year}": people for year, people in later.items()},
            **{f"ipss_pop_65plus_{year}": people * 2 // 5 for year, people in later.items()},
        }
    )
    return towns, polygons


def boundaries(towns: pd.DataFrame, polygons: np.ndarray) -> gpd.GeoDataFrame:
    """Return the polygons as the file of boundaries has them."""
    codes = [*towns["code"], NORTHERN_TERRITORIES]
    return gpd.GeoDataFrame({"code": codes}, geometry=[*polygons, NORTHERN], crs=4326)


def _inside(
    extent: shapely.Geometry, count: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    west, south, east, north = extent.bounds
    lon, lat = np.empty(0), np.empty(0)
    while len(lon) < count:
        x, y = random.uniform(west, east, count), random.uniform(south, north, count)
        kept = shapely.contains_xy(extent, x, y)
        lon, lat = np.append(lon, x[kept]), np.append(lat, y[kept])
    return lon[:count].round(5), lat[:count].round(5)


def _wide_tables() -> dict[str, tuple[dict[str, Column], str | None]]:
    lat, lon = between(*LATITUDES), between(*LONGITUDES)
    towns = {"office_lat": Column(lat), "office_lon": Column(lon)}
    nan = float("nan")
    points = {"lat": Column(lat, False, nan), "lon": Column(lon, False, nan)}
    return {
        "municipalities": (MUNICIPALITY_COLUMNS | towns, "code"),
        "organisations": (ORGANISATION_COLUMNS | points, "organisation"),
    }
