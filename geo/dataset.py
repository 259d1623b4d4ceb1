"""Load the tables of `data/`, check them against each other, and hold them as one dataset."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from time import monotonic

import geopandas as gpd
import pandas as pd
from sqlalchemy import Engine, select

from geo import database, store
from geo.boundaries import read_boundaries
from geo.errors import DataError, Problem, UnknownCodeError
from geo.schema import (
    LOCATION_COLUMNS,
    MEASURED_COLUMNS,
    TABLES,
    WIDE_AREAS,
)
from geo.store_errors import StoreError
from geo.store_frames import public_records
from geo.tables import read_table, spreadsheet_row

DATA_DIRECTORY = Path(__file__).resolve().parent.parent / "data"
DIRECTORY_VARIABLE = "SHIGEN_DATA"
MUNICIPALITY_COUNT = 179
POPULATION_2020 = 5_224_614  # 総務省統計局 令和2年国勢調査, 北海道
MEASURED_FILE = "travel.csv"  # optional; it takes the place of the estimate
# A store that is lost costs every page CONNECT_SECONDS; asked this often, the pages stay quick.
ASK_AGAIN_SECONDS = 2.0
RECORD_TABLES = ("organisations", "services", "surveys")  # what a store holds in place of data/


@dataclass(frozen=True, eq=False)
class Dataset:
    """All tables of one data version; frames are shared, so nobody may change them.

    municipalities: 179 rows by code. boundaries: 179 polygons by code and `hoppo`. fields,
    needs, layers, organisations and services: by their keys. ferries, surveys: plain rows.
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
    measured: pd.DataFrame | None = None
    number: int = 0
    trial: bool = False  # of one visitor's sandbox


def load(directory: Path | str = DATA_DIRECTORY) -> Dataset:
    """Load and check every table of a directory; raise DataError that names each bad cell."""
    directory = Path(directory)
    frames = _read(directory, list(TABLES))
    problems = _check_totals(frames["municipalities"]) + _check_references(frames)
    if problems:
        raise DataError(problems)
    boundaries = read_boundaries(
        directory / "boundaries.geojson", frames["municipalities"].index.tolist()
    )
    frames["organisations"] = public_organisations(frames["organisations"])
    frames["services"] = frames["services"].assign(listed=True)
    measured = _read_measured(directory / MEASURED_FILE, frames["municipalities"].index)
    return Dataset(_version(directory), boundaries=boundaries, measured=measured, **frames)


def current_directory() -> Path:
    """Return the directory of the tables: `data/`, or the one that SHIGEN_DATA names."""
    return Path(os.environ.get(DIRECTORY_VARIABLE) or DATA_DIRECTORY)


def current() -> Dataset:
    """Return the dataset of the store's version, the same object until that changes.

    As long as nobody has written to the store, it is what ships in `data/`. Costs one small query.
    While the store cannot be read, it is the last one that was, and `lost` says why; raises an
    error of geo.store_errors when this process has read none: what ships is not what was stored.
    """
    key = current_directory(), database.address()
    known, lost = _last.get(key), _lost.get(key)
    if known is not None and lost is not None:
        if monotonic() < lost.again:
            return known
        _lost[key] = _Lost(lost.why, monotonic() + ASK_AGAIN_SECONDS)  # one asks for all
    try:
        version = store.version()
        with _loading:
            found = _shipped(key[0]) if version == 0 else _stored(*key, version)
    except StoreError as error:
        if known is None:
            raise
        _lost[key] = _Lost(error, monotonic() + ASK_AGAIN_SECONDS)
        return known
    _lost.pop(key, None)
    if known is not found:
        _last.clear()  # a process has one store
        _last[key] = found
    return found


def lost() -> StoreError | None:
    """Return why `current` can only give the last dataset that was read, None when it is current."""
    found = _lost.get((current_directory(), database.address()))
    return None if found is None else found.why


def load_or_current(directory: Path | None) -> Dataset:
    """Return the dataset of a directory, or the current one where none is named."""
    return current() if directory is None else load(directory)


def read_records(directory: Path) -> dict[str, pd.DataFrame]:
    """Return organisations, services and surveys of a directory with all they hold.

    Only for the store: they still have the locations that are not public.
    """
    return _read(directory, RECORD_TABLES)


def when_changed(forget: Callable[[], None]) -> None:
    """Call a function whenever the store's data changed, to let go of what rests on the old."""
    _forgetting.append(forget)


@dataclass(frozen=True)
class _Lost:
    """Why a store cannot be read, and from when on to ask it again."""

    why: StoreError
    again: float


_loading = Lock()
_last: dict[tuple[Path, str], Dataset] = {}
_lost: dict[tuple[Path, str], _Lost] = {}
_forgetting: list[Callable[[], None]] = []


@lru_cache(maxsize=1)
def _shipped(directory: Path) -> Dataset:
    return load(directory)


@lru_cache(maxsize=1)
def _stored(directory: Path, address: str, _version: int) -> Dataset:
    for forget in _forgetting:
        forget()
    return with_records(_shipped(directory), database.engine(address))


def with_records(shipped: Dataset, engine: Engine, *, trial: bool = False) -> Dataset:
    """Return the tables that ship with the records of a store; trial: of a sandbox."""
    with database.reading(engine) as connection:
        number = connection.execute(select(store.state.c.version)).scalar_one()
        frames = public_records(connection)
        complete = set(connection.scalars(select(store.completions.c.layer)))
    layers = shipped.layers.copy()
    layers["complete"] |= layers.index.isin(complete)
    frames["organisations"] = public_organisations(frames["organisations"])
    version = f"{shipped.version}-{'試し書き-' if trial else ''}{number}"
    made = replace(shipped, version=version, number=number, layers=layers, trial=trial, **frames)
    problems = _check_references({name: getattr(made, name) for name in TABLES})
    if problems:
        raise DataError(problems)
    return made


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
