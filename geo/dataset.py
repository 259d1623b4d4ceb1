"""Load the tables of `data/`, check them against each other, and hold them as one dataset."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geo.boundaries import read_boundaries
from geo.errors import DataError, Problem, UnknownCodeError
from geo.tables import (
    Column,
    between,
    choice,
    code,
    day,
    number,
    read_table,
    several,
    spreadsheet_row,
    text,
    whole,
    yes,
)
from geo.vocabulary import APPROACHES, CONFIDENCE, MODES, PRECISIONS

DATA_DIRECTORY = Path(__file__).resolve().parent.parent / "data"
DIRECTORY_VARIABLE = "SHIGEN_DATA"
MUNICIPALITY_COUNT = 179
POPULATION_2020 = 5_224_614  # 総務省統計局 令和2年国勢調査, 北海道
WIDE_AREAS = ("nation", "prefecture")

MUNICIPALITY_COLUMNS = {
    "code": Column(code),
    "name": Column(text),
    "kana": Column(text),
    "subprefecture": Column(text),
    "secondary_medical_area": Column(text),
    "area_km2": Column(number),
    "population_2020": Column(whole),
    "male_2020": Column(whole),
    "female_2020": Column(whole),
    "general_households_2020": Column(whole),
    "pop_65plus_2020": Column(whole),
    "single_person_households_2020": Column(whole),
    "elderly_single_households_2020": Column(whole),
    "office_lat": Column(between(41, 46)),
    "office_lon": Column(between(139, 149)),
    "pop_under15_2020": Column(whole),
    "pop_15to64_2020": Column(whole),
    "population_2015": Column(whole),
    "ipss_pop_65plus_2020": Column(whole),
    **{f"ipss_pop_{year}": Column(whole) for year in (2030, 2040, 2050)},
    **{f"ipss_pop_65plus_{year}": Column(whole) for year in (2030, 2040, 2050)},
}
FIELD_COLUMNS = {
    "field": Column(text),
    "name": Column(text),
    "population": Column(text),
    "population_label": Column(text),
    "icon": Column(text),
    "family": Column(text),
    "judged_by": Column(several(text), required=False, blank=()),
}
NEED_COLUMNS = {
    "need": Column(text),
    "words": Column(text),
    "fields": Column(several(text)),
}
LAYER_COLUMNS = {
    "layer": Column(text),
    "name": Column(text),
    "official_total": Column(whole, required=False, blank=None),
    "official_total_source": Column(text, required=False),
    "complete": Column(yes),
    "complete_for": Column(text, required=False),
    "staffed_by_people": Column(yes),
    "note": Column(text, required=False),
}
ORGANISATION_COLUMNS = {
    "organisation": Column(text),
    "name": Column(text),
    "operator": Column(text, required=False),
    "municipality_code": Column(code, required=False),
    "address": Column(text, required=False),
    "lat": Column(between(41, 46), required=False, blank=float("nan")),
    "lon": Column(between(139, 149), required=False, blank=float("nan")),
    "precision": Column(choice(PRECISIONS), required=False),
    "phone": Column(text, required=False),
    "url": Column(text, required=False),
    "location_public": Column(yes),
    "layer": Column(text),
    "source": Column(text),
    "source_date": Column(text),
    "checked_on": Column(day),
    "confidence": Column(choice(CONFIDENCE)),
    "note": Column(text, required=False),
}
SERVICE_COLUMNS = {
    "service": Column(text),
    "organisation": Column(text),
    "field": Column(text),
    "approaches": Column(several(choice(APPROACHES))),
    "modes": Column(several(choice(MODES))),
    "target": Column(text, required=False),
    "service_area": Column(several(text), required=False, blank=()),
    "service_area_note": Column(text, required=False),
    "capacity": Column(number, required=False, blank=float("nan")),
    "source": Column(text),
    "source_date": Column(text),
    "confidence": Column(choice(CONFIDENCE)),
}
FERRY_COLUMNS = {
    "from_code": Column(code),
    "to_code": Column(code),
    "route": Column(text),
    "minutes": Column(between(1, 1440)),
    "operator": Column(text),
    "source": Column(text),
    "checked_on": Column(day),
    "note": Column(text, required=False),
}
SURVEY_COLUMNS = {
    "municipality_code": Column(code),
    "field": Column(text),
    "surveyed_on": Column(day),
    "by": Column(text),
    "source": Column(text),
}
# Emptied at the door for a record whose location is not public: what is not in memory cannot leak.
LOCATION_COLUMNS = {
    "municipality_code": "",
    "address": "",
    "lat": float("nan"),
    "lon": float("nan"),
    "precision": "",
}


@dataclass(frozen=True, eq=False)
class Dataset:
    """All tables of one data version; frames are shared, so nobody may change them.

    municipalities: 179 rows by code. boundaries: 179 polygons by code and `hoppo`. fields,
    needs, layers, organisations and services: by their keys. ferries, surveys: plain rows.
    """

    version: str
    municipalities: pd.DataFrame
    boundaries: gpd.GeoDataFrame
    fields: pd.DataFrame
    needs: pd.DataFrame
    layers: pd.DataFrame
    organisations: pd.DataFrame
    services: pd.DataFrame
    ferries: pd.DataFrame
    surveys: pd.DataFrame


TABLES: dict[str, tuple[dict[str, Column], str | None]] = {
    "municipalities": (MUNICIPALITY_COLUMNS, "code"),
    "fields": (FIELD_COLUMNS, "field"),
    "needs": (NEED_COLUMNS, "need"),
    "layers": (LAYER_COLUMNS, "layer"),
    "organisations": (ORGANISATION_COLUMNS, "organisation"),
    "services": (SERVICE_COLUMNS, "service"),
    "ferries": (FERRY_COLUMNS, None),
    "surveys": (SURVEY_COLUMNS, None),
}


def load(directory: Path | str = DATA_DIRECTORY) -> Dataset:
    """Load and check every table of a directory; raise DataError that names each bad cell."""
    directory = Path(directory)
    problems: list[Problem] = []
    frames: dict[str, pd.DataFrame] = {}
    for name, (columns, index) in TABLES.items():
        frames[name], found = read_table(directory / f"{name}.csv", columns, index=index)
        problems += found
    if problems:
        raise DataError(problems)
    problems += _check_totals(frames["municipalities"])
    problems += _check_references(frames)
    if problems:
        raise DataError(problems)
    boundaries = read_boundaries(
        directory / "boundaries.geojson", frames["municipalities"].index.tolist()
    )
    frames["organisations"] = public_organisations(frames["organisations"])
    return Dataset(version=_version(directory), boundaries=boundaries, **frames)


@lru_cache(maxsize=1)
def current() -> Dataset:
    """Return the process's dataset, from `data/` or the directory that SHIGEN_DATA names."""
    return load(os.environ.get(DIRECTORY_VARIABLE) or DATA_DIRECTORY)


def position_of(dataset: Dataset, code: str) -> int:
    """Return the row of a municipality; raise UnknownCodeError when there is none."""
    if code not in dataset.municipalities.index:
        kind = "市町村コード"
        raise UnknownCodeError(kind, code)
    return int(dataset.municipalities.index.get_loc(code))


def public_organisations(organisations: pd.DataFrame) -> pd.DataFrame:
    """Return the organisations with the location of every non-public record taken out."""
    public = organisations.copy()
    for column, blank in LOCATION_COLUMNS.items():
        public[column] = public[column].where(public["location_public"], blank)
    return public


def _version(directory: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(directory.glob("*.csv")) + sorted(directory.glob("*.geojson")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _check_totals(municipalities: pd.DataFrame) -> list[Problem]:
    problems = []
    if len(municipalities) != MUNICIPALITY_COUNT:
        reason = f"{MUNICIPALITY_COUNT}行あるはずが{len(municipalities)}行です"
        problems.append(Problem("municipalities.csv", None, None, reason))
    total = int(municipalities["population_2020"].sum())
    if total != POPULATION_2020:
        reason = f"合計が{total:,}人で、国勢調査の{POPULATION_2020:,}人と違います"
        problems.append(Problem("municipalities.csv", None, "population_2020", reason))
    return problems


def _check_references(frames: dict[str, pd.DataFrame]) -> list[Problem]:
    """Return every cell that names a row which does not exist, or a location half given."""
    towns, fields = frames["municipalities"], frames["fields"]
    organisations, services = frames["organisations"], frames["services"]
    areas = {*towns.index, *WIDE_AREAS}
    layer_names = set(frames["layers"]["name"])
    problems = [
        *_unknown("organisations", "municipality_code", organisations, {*towns.index, ""}),
        *_unknown("organisations", "layer", organisations, set(frames["layers"].index)),
        *_unknown("services", "organisation", services, set(organisations.index)),
        *_unknown("services", "field", services, set(fields.index)),
        *_unknown("services", "service_area", services, areas),
        *_unknown("needs", "fields", frames["needs"], set(fields.index)),
        *_unknown("fields", "judged_by", fields, layer_names),
        *_unknown("fields", "population", fields, set(towns.columns)),
        *_unknown("ferries", "from_code", frames["ferries"], set(towns.index)),
        *_unknown("ferries", "to_code", frames["ferries"], set(towns.index)),
        *_unknown("surveys", "municipality_code", frames["surveys"], set(towns.index)),
        *_unknown("surveys", "field", frames["surveys"], set(fields.index)),
    ]
    half = organisations["lat"].isna() != organisations["lon"].isna()
    for position in half.to_numpy().nonzero()[0]:
        row = spreadsheet_row(int(position))
        reason = "緯度と経度の片方だけがあります"
        problems.append(Problem("organisations.csv", row, "lat", reason))
    return problems


def _unknown(table: str, column: str, frame: pd.DataFrame, known: set[str]) -> Iterable[Problem]:
    for position, cell in enumerate(frame[column]):
        for word in cell if isinstance(cell, tuple) else (cell,):
            if word not in known:
                reason = f"台帳にない値です: {word!r}"
                yield Problem(f"{table}.csv", spreadsheet_row(position), column, reason)
