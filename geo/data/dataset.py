"""Load the tables of `data/`, check them against each other, and hold them as one dataset."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.data import withheld
from geo.data.boundaries import read_boundaries
from geo.data.schema import (
    LOCATION_COLUMNS,
    MEASURED_COLUMNS,
    TABLES,
    WIDE_AREAS,
)
from geo.data.tables import read_table, spreadsheet_row
from geo.data.vocabulary import APPROACHES, CONFIDENCE, MODES, PRECISIONS, STATUSES
from geo.errors import DataError, Problem, UnknownCodeError

DATA_DIRECTORY = Path(__file__).resolve().parents[2] / "data"
DIRECTORY_VARIABLE = "SHIGEN_DATA"
MUNICIPALITY_COUNT = 179
POPULATION_2020 = 5_224_614  # 総務省統計局 令和2年国勢調査, 北海道
MEASURED_FILE = "travel.csv"  # optional; it takes the place of the estimate
KIND_MARK = ":"  # between a layer's name and one of its kinds
RECORD_TABLES = ("organisations", "services", "surveys")  # what a store holds in place of data/


@dataclass(frozen=True, eq=False)
class Ended:
    """What is suspended or closed: never counted, and given back with its state.

    organisations: of the services, also those that offer others. services carry `status`.
    """

    organisations: pd.DataFrame
    services: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Dataset:
    """All tables of one data version; frames are shared, so nobody may change them.

    municipalities: 179 rows by code. boundaries: 179 polygons by code and `hoppo`. fields,
    needs, layers, organisations and services: by their keys. ferries, surveys: plain rows.
    layers carry `complete_kinds`: the kinds of service of which an official list was read.
    statistics: official counts by code; statistics_items says what each column is. desks_by_law:
    the desks that every municipality has by law, which nobody read one by one. municipal_offices: by
    code.
    services carry `listed`: False when their source names them no more. measured: a planner's own
    table of travel, None where the estimate serves. number: the store's data version, 0 as shipped.
    trial: what the shared caches must not keep.
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
    statistics: pd.DataFrame
    statistics_items: pd.DataFrame
    desks_by_law: pd.DataFrame
    municipal_offices: pd.DataFrame
    interview_items: pd.DataFrame
    cost_items: pd.DataFrame
    measured: pd.DataFrame | None = None
    number: int = 0
    trial: bool = False  # of one visitor's sandbox
    ended: Ended | None = None  # None: nothing is known to have ended


def load(directory: Path | str = DATA_DIRECTORY) -> Dataset:
    """Load and check every table of a directory; raise DataError that names each bad cell."""
    directory = Path(directory)
    frames = _read(directory, list(TABLES))
    problems = _check_totals(frames["municipalities"]) + check_references(frames)
    if problems:
        raise DataError(problems)
    boundaries = read_boundaries(
        directory / "boundaries.geojson", frames["municipalities"].index.tolist()
    )
    towns = frames["municipalities"]
    frames["organisations"] = public_organisations(frames["organisations"], towns)
    offered = public_services(frames["services"], frames["organisations"], towns)
    frames["services"] = offered.assign(listed=True)
    frames["layers"] = frames["layers"].assign(complete_kinds=[()] * len(frames["layers"]))
    for name in ("statistics", "municipal_offices"):
        frames[name] = frames[name].loc[towns.index]
    measured = _read_measured(directory / MEASURED_FILE, frames["municipalities"].index)
    return Dataset(_version(directory), boundaries=boundaries, measured=measured, **frames)


def current_directory() -> Path:
    """Return the directory of the tables: `data/`, or the one that SHIGEN_DATA names."""
    return Path(os.environ.get(DIRECTORY_VARIABLE) or DATA_DIRECTORY)


def read_records(directory: Path) -> dict[str, pd.DataFrame]:
    """Return organisations, services and surveys of a directory with all they hold.

    Only for the store: they still have the locations that are not public.
    """
    return _read(directory, RECORD_TABLES)


def _read(directory: Path, names: Iterable[str]) -> dict[str, pd.DataFrame]:
    problems: list[Problem] = []
    frames: dict[str, pd.DataFrame] = {}
    for name in names:
        columns, index = TABLES[name]
        frames[name], found = read_table(directory / f"{name}.csv", columns, index=index)
        problems += found
    if problems:
        raise DataError(problems)
    return frames


def _read_measured(path: Path, codes: pd.Index) -> pd.DataFrame | None:
    """Return the measured travel of a directory, None when it has no such file."""
    if not path.exists():
        return None
    frame, problems = read_table(path, MEASURED_COLUMNS)
    for column in ("from_code", "to_code"):
        problems += _unknown(path.stem, column, frame, set(codes))
    if problems:
        raise DataError(problems)
    return frame


def position_of(dataset: Dataset, code: str) -> int:
    """Return the row of a municipality; raise UnknownCodeError when there is none."""
    if code not in dataset.municipalities.index:
        raise UnknownCodeError.town(code)
    return int(dataset.municipalities.index.get_loc(code))


def column_of(dataset: Dataset, field: str) -> int:
    """Return the place of a field among all; raise UnknownCodeError when there is none."""
    if field not in dataset.fields.index:
        raise UnknownCodeError.field(field)
    return int(dataset.fields.index.get_loc(field))


def public_organisations(organisations: pd.DataFrame, municipalities: pd.DataFrame) -> pd.DataFrame:
    """Return the organisations with the location of every non-public record taken out.

    So is what in their other cells tells their town (geo.data.withheld). Those come last, by their ids: a list is mostly in the order of its towns, so that the neighbours
    in it would tell.
    """
    hidden = ~organisations["location_public"]
    public = withheld.public_offices(organisations, hidden, municipalities).copy()
    for column, blank in LOCATION_COLUMNS.items():
        public[column] = public[column].where(public["location_public"], blank)
    return _last(public, ~public["location_public"].to_numpy(dtype=bool))


def public_services(
    services: pd.DataFrame, organisations: pd.DataFrame, municipalities: pd.DataFrame
) -> pd.DataFrame:
    """Return the services with those of non-public organisations last, by their ids.

    What in them tells the town of such an organisation is taken out.
    """
    hidden = organisations["name"][~organisations["location_public"].to_numpy(dtype=bool)]
    public = withheld.public_offers(services, hidden.to_dict(), municipalities)
    return _last(public, services["organisation"].isin(hidden.index).to_numpy())


def _last(frame: pd.DataFrame, which: np.ndarray) -> pd.DataFrame:
    return pd.concat([frame[~which], frame[which].sort_index()]) if which.any() else frame


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


def check_references(frames: dict[str, pd.DataFrame]) -> list[Problem]:
    """Return every cell that names a row which does not exist, or a location half given."""
    towns, fields = frames["municipalities"], frames["fields"]
    organisations, services = frames["organisations"], frames["services"]
    areas = {*towns.index, *WIDE_AREAS}
    layers = frames["layers"]
    judges = {*layers["name"]} | {
        f"{name}{KIND_MARK}{kind}"
        for name, kinds in zip(layers["name"], layers["kinds"], strict=True)
        for kind in kinds
    }
    problems = [
        *_unknown("organisations", "municipality_code", organisations, {*towns.index, ""}),
        *_unknown("organisations", "layer", organisations, set(frames["layers"].index)),
        *_unknown("services", "organisation", services, set(organisations.index)),
        *_unknown("services", "field", services, set(fields.index)),
        *_unknown("services", "service_area", services, areas),
        *_unknown("needs", "fields", frames["needs"], set(fields.index)),
        *_unknown("fields", "judged_by", fields, judges),
        *_unknown("fields", "same_desks_as", fields, {*fields.index, ""}),
        *_unknown("layers", "count_column", frames["layers"], {*frames["statistics"], ""}),
        *_unknown("desks_by_law", "layer", frames["desks_by_law"], set(frames["layers"].index)),
        *_unknown("desks_by_law", "field", frames["desks_by_law"], set(fields.index)),
        *_unknown("interview_items", "field", frames["interview_items"], {*fields.index, ""}),
        *_every_town("statistics", frames),
        *_every_town("municipal_offices", frames),
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


def _every_town(table: str, frames: dict[str, pd.DataFrame]) -> Iterable[Problem]:
    """Yield a problem for each municipality that a table leaves out or does not know."""
    there, towns = frames[table].index, frames["municipalities"].index
    for position in (~there.isin(towns)).nonzero()[0]:
        row, reason = spreadsheet_row(int(position)), f"台帳にない値です: {there[position]!r}"
        yield Problem(f"{table}.csv", row, "code", reason)
    for code in towns.difference(there):
        yield Problem(f"{table}.csv", None, "code", f"{code}の行がありません")


def _unknown(table: str, column: str, frame: pd.DataFrame, known: set[str]) -> Iterable[Problem]:
    for position, cell in enumerate(frame[column]):
        for word in cell if isinstance(cell, tuple) else (cell,):
            if word not in known:
                reason = f"台帳にない値です: {word!r}"
                yield Problem(f"{table}.csv", spreadsheet_row(position), column, reason)


def known_words(dataset: Dataset) -> dict[str, dict[str, set[str]]]:
    """Return, by kind of record and column, the words that a cell may hold."""
    return {
        "organisations": {
            "municipality_code": {*dataset.municipalities.index, ""},
            "layer": set(dataset.layers.index),
            "precision": set(PRECISIONS),
            "confidence": set(CONFIDENCE),
        },
        "services": {
            "field": set(dataset.fields.index),
            "status": set(STATUSES),
            "confidence": set(CONFIDENCE),
            "approaches": set(APPROACHES),
            "modes": set(MODES),
            "service_area": {*dataset.municipalities.index, *WIDE_AREAS},
        },
    }
