"""Give the dataset of the store as it is now, and the last one while the store is lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from time import monotonic

import pandas as pd
from sqlalchemy import Engine, select

from geo.data.dataset import (
    Dataset,
    Ended,
    check_references,
    current_directory,
    load,
    public_organisations,
    public_services,
)
from geo.data.memory import succeed
from geo.data.schema import TABLES
from geo.errors import DataError, StoreError
from geo.store import database, queries, tables
from geo.store.frames import public_records

# A store that is lost costs every page CONNECT_SECONDS; asked this often, the pages stay quick.
ASK_AGAIN_SECONDS = 2.0


def current() -> Dataset:
    """Return the dataset of the store's version, the same object until that changes.

    As long as nobody has written to the store, it is what ships in `data/`. Costs one small query.
    While the store cannot be read, it is the last one that was, and `lost` says why; raises an
    error of geo.store.errors when this process has read none: what ships is not what was stored.
    """
    key = current_directory(), database.address()
    known, lost = _last.get(key), _lost.get(key)
    if known is not None and lost is not None:
        if monotonic() < lost.again:
            return known
        _lost[key] = _Lost(lost.why, monotonic() + ASK_AGAIN_SECONDS)  # one asks for all
    try:
        version = queries.version()
        with _loading:
            found = _shipped(key[0]) if version == 0 else _stored(*key, version)
    except StoreError as error:
        if known is None:
            raise
        _lost[key] = _Lost(error, monotonic() + ASK_AGAIN_SECONDS)
        return known
    _lost.pop(key, None)
    if known is not found:
        for old in _last.values() or (None,):
            succeed(old, found)
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


@dataclass(frozen=True)
class _Lost:
    """Why a store cannot be read, and from when on to ask it again."""

    why: StoreError
    again: float


_loading = Lock()


_last: dict[tuple[Path, str], Dataset] = {}


_lost: dict[tuple[Path, str], _Lost] = {}


@lru_cache(maxsize=1)
def _shipped(directory: Path) -> Dataset:
    return load(directory)


@lru_cache(maxsize=1)
def _stored(directory: Path, address: str, _version: int) -> Dataset:
    return with_records(_shipped(directory), database.engine(address))


def with_records(shipped: Dataset, engine: Engine, *, trial: bool = False) -> Dataset:
    """Return the tables that ship with the records of a store; trial: of a sandbox."""
    with database.reading(engine) as connection:
        number = connection.execute(select(tables.state.c.version)).scalar_one()
        frames = public_records(connection)
        completed = connection.execute(
            select(tables.completions.c.layer, tables.completions.c.kind)
        ).all()
    layers = shipped.layers.copy()
    read: dict[str, list[str]] = {layer: [] for layer in layers.index}
    for row in completed:
        read.setdefault(row.layer, []).append(row.kind)
    layers["complete_kinds"] = [tuple(sorted(read[layer])) for layer in layers.index]
    whole = [
        "" in kinds or (bool(every) and set(every) <= set(kinds))
        for kinds, every in zip(layers["complete_kinds"], layers["kinds"], strict=True)
    ]
    layers["complete"] = layers["complete"] | pd.Series(whole, index=layers.index)
    offices, towns = frames["organisations"], shipped.municipalities
    over = frames.pop("ended_organisations")
    # The same door as for what is counted: a hidden location does not come in.
    ended = Ended(
        public_organisations(over, towns),
        public_services(frames.pop("ended_services"), over, towns),
    )
    frames["organisations"] = public_organisations(offices, towns)
    frames["services"] = public_services(frames["services"], offices, towns)
    version = f"{shipped.version}-{'試し書き-' if trial else ''}{number}"
    made = replace(
        shipped, version=version, number=number, layers=layers, trial=trial, ended=ended, **frames
    )
    problems = check_references({name: getattr(made, name) for name in TABLES})
    if problems:
        raise DataError(problems)
    return made
