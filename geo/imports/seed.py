"""Open the store ready for use: tables brought up to date, and filled with what ships in data/."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection, Engine, insert, select, update

from geo.data.dataset import RECORD_TABLES, Dataset, current_directory, load, read_records
from geo.data.ids import FORMER_FILE, fresh, is_opaque, kind_of, read_former
from geo.errors import StoreError
from geo.imports import importing, writing
from geo.imports.reading.incoming import Incoming
from geo.people import history
from geo.people.permissions import local
from geo.store import database, keys, migrate
from geo.store.renumbering import rename
from geo.store.tables import RECORDS, SEED, changes, state, surveys

TITLE = "出荷時のデータ"
log = logging.getLogger(__name__)


def open_store() -> Engine:
    """Return the engine of the store, laid out and seeded; made once per process.

    Where no file was ever made and none can be (a read-only disk), it is one in memory that holds
    what ships and takes nothing, so that a file can still be previewed. A store that is there and
    cannot be opened is never replaced by what ships: then an error of geo.store.errors is raised,
    and the next call tries again.
    """
    return _opened(database.address(), current_directory())


@lru_cache(maxsize=4)
def _opened(address: str, directory: Path) -> Engine:
    engine = database.engine(address)
    try:
        prepare(engine, directory)
    except (StoreError, OSError) as error:
        path = database.sqlite_file(engine)
        if path is None or path.exists():
            raise
        log.warning("the store cannot be written, so what ships is read only: %s", error)
        engine = database.in_memory()
        prepare(engine, directory)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA query_only=ON")
    return engine


def prepare(engine: Engine, directory: Path) -> None:
    """Bring the tables up to date, and fill them from a directory when its records are newer."""
    migrate.migrate(engine)
    digest = digest_of(directory)
    with database.reading(engine) as connection:
        if connection.scalar(select(state.c.seed)) == digest:
            return
    dataset = load(directory)
    with database.writing(engine) as connection:
        if connection.scalar(select(state.c.seed)) != digest:  # nobody did it meanwhile
            _seed(connection, directory, dataset, digest)


def digest_of(directory: Path) -> str:
    """Return the digest of the records of a directory."""
    digest = hashlib.sha256()
    for name in RECORD_TABLES:
        digest.update((directory / f"{name}.csv").read_bytes())
    former = directory / FORMER_FILE
    if former.exists():
        digest.update(former.read_bytes())
    return digest.hexdigest()


def _seed(connection: Connection, directory: Path, dataset: Dataset, digest: str) -> None:
    """Write the records that ship, as an edition of their own source.

    What ships newer changes only records that came with an older one; what someone recorded about
    a survey stands.
    """
    frames = read_records(directory)
    _rename(connection, read_former(directory), frames)
    rows = range(2, len(frames["organisations"]) + 2), range(2, len(frames["services"]) + 2)
    incoming = Incoming(
        format=SEED,
        source=TITLE,
        licence="",
        edition="",
        file=directory.name,
        sha256=digest,
        own_ids=True,
        rows_read=len(frames["organisations"]),
        organisations=frames["organisations"].assign(file_row=rows[0]),
        services=frames["services"].assign(file_row=rows[1], status="active"),
        refused=(),
        repaired=(),
    )
    by = local(TITLE)
    planned = importing.plan(connection, incoming, dataset, by)
    change = history.begin(connection, "seed", f"取り込み: {incoming.file}({TITLE})", by)
    writing.write(connection, planned, change)
    surveyed = select(surveys.c.municipality_code, surveys.c.field)
    known = {(row.municipality_code, row.field) for row in connection.execute(surveyed)}
    new = [
        row
        for row in frames["surveys"].to_dict("records")
        if (row["municipality_code"], row["field"]) not in known
    ]
    if new:
        connection.execute(insert(surveys), new)
    if connection.scalar(select(state.c.id)) is None:
        connection.execute(insert(state).values(id=1, version=0, seed=digest))
        return
    connection.execute(update(state).values(seed=digest))
    # Untouched, the store stays at version 0: what ships is then read from its files.
    touched = state.c.version > 0
    connection.execute(update(state).where(touched).values(version=state.c.version + 1))


def _rename(
    connection: Connection, former: Mapping[str, str], frames: Mapping[str, pd.DataFrame]
) -> None:
    """Give what shipped before the ids that ship now, so that what was done to it stays with it.

    What does not ship any more gets an id that says nothing, as far as the directory has such.
    """
    if not former:
        return
    seeds = select(changes.c.id).where(changes.c.kind == SEED)
    moves: dict[str, dict[str, str]] = {kind: {} for kind in RECORDS}
    for kind, table in RECORDS.items():
        key = next(iter(table.primary_key.columns))
        here = set(connection.scalars(select(key)))
        mine = {old: new for old, new in former.items() if kind_of(new) == kind}
        now = {old: old for old in mine if old in here}
        now |= keys.successors(connection, kind, mine.keys() - here, hidden=True)
        for old, one in now.items():
            if mine[old] not in here:
                moves[kind][one] = mine[old]
        shipped = connection.scalars(select(key).where(table.c.created_in.in_(seeds)))
        for one in shipped:
            if not (one in moves[kind] or one in frames[kind].index or is_opaque(kind, one)):
                moves[kind][one] = fresh(kind, here)
        keys.rename(connection, kind, moves[kind], told=mine)
    rename(connection, moves)
