"""Make organisations in any number for tests and benchmarks; they never load by default.

Run `python -m benchmarks.generated 2000 DIRECTORY`, then set SHIGEN_DATA to that directory.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from geo.data.dataset import DATA_DIRECTORY, Dataset, load
from geo.data.schema import ORGANISATION_COLUMNS, SERVICE_COLUMNS
from geo.data.vocabulary import MODES

GENERATED_ON = "2026-01-01"
SEED = 20260101


def organisations(data: Dataset, count: int, seed: int = SEED) -> pd.DataFrame:
    """Return count organisations '生成 0001', each at a point inside a real municipality.

    Municipalities are drawn in proportion to the square root of their population.
    """
    random = np.random.default_rng(seed)
    towns = data.municipalities
    weight = np.sqrt(towns["population_2020"].to_numpy(float))
    chosen = random.choice(len(towns), size=count, p=weight / weight.sum())
    longitude, latitude = _points(data, chosen, random)
    width = len(str(count))
    return pd.DataFrame(
        dict.fromkeys(ORGANISATION_COLUMNS, "")
        | {
            "organisation": [f"generated-{number:0{width}}" for number in range(1, count + 1)],
            "name": [f"生成 {number:0{width}}" for number in range(1, count + 1)],
            "municipality_code": towns.index[chosen],
            "lat": latitude.round(5),
            "lon": longitude.round(5),
            "precision": "point",
            "location_public": "yes",
            "layer": data.layers.index[0],
            "source": "生成",
            "source_date": GENERATED_ON,
            "checked_on": GENERATED_ON,
            "confidence": random.choice(["A", "B", "C"], size=count),
        }
    )


def services(data: Dataset, made: pd.DataFrame, seed: int = SEED) -> pd.DataFrame:
    """Return one generated service for each generated organisation."""
    random = np.random.default_rng(seed)
    count = len(made)
    return pd.DataFrame(
        dict.fromkeys(SERVICE_COLUMNS, "")
        | {
            "service": [f"{organisation}-1" for organisation in made["organisation"]],
            "organisation": made["organisation"],
            "field": random.choice(data.fields.index.to_numpy(object), size=count),
            "approaches": random.choice(["1", "2", "3"], size=count),
            "modes": random.choice(list(MODES), size=count),
            "service_area": made["municipality_code"],
            "source": "生成",
            "source_date": GENERATED_ON,
            "confidence": made["confidence"],
        }
    )


def write(directory: Path, count: int, source: Path = DATA_DIRECTORY) -> None:
    """Write a data directory: the real one with its organisations replaced by generated ones."""
    directory.mkdir(parents=True, exist_ok=True)
    for path in [*source.glob("*.csv"), *source.glob("*.geojson")]:
        shutil.copy(path, directory)
    data = load(source)
    made = organisations(data, count)
    made.to_csv(directory / "organisations.csv", index=False)
    services(data, made).to_csv(directory / "services.csv", index=False)


def _points(
    data: Dataset, chosen: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return longitudes and latitudes, each inside the polygon of its chosen municipality."""
    polygons = data.boundaries.geometry.loc[data.municipalities.index].to_numpy()[chosen]
    shapely.prepare(polygons)
    west, south, east, north = shapely.bounds(polygons).T
    longitude, latitude = np.empty(len(chosen)), np.empty(len(chosen))
    outside = np.arange(len(chosen))
    while outside.size:
        longitude[outside] = random.uniform(west[outside], east[outside])
        latitude[outside] = random.uniform(south[outside], north[outside])
        # To the precision that is written, so that a rounded point is still inside.
        points = longitude[outside].round(5), latitude[outside].round(5)
        outside = outside[~shapely.contains_xy(polygons[outside], *points)]
    return longitude, latitude


if __name__ == "__main__":
    write(Path(sys.argv[2]), int(sys.argv[1]))
