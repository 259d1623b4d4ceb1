"""Open the store ready for use: tables brought up to date, and filled with what ships in data/."""

from __future__ import annotations

import hashlib
import logging
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select, update

from geo.data.dataset import RECORD_TABLES, Dataset, current_directory, load, read_records
from geo.errors import StoreError
from geo.imports import importing
from geo.imports.reading.incoming import Incoming
from geo.people.permissions import local
from geo.store import database, migrate
from geo.store.tables import SEED, state, surveys

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
    return digest.hexdigest()


def _seed(connection: Connection, directory: Path, dataset: Dataset, digest: str) -> None:
    """Write the records that ship, as an edition of their own source.

    What ships newer changes only records that came with an older one; what someone recorded about
    a survey stands.
    """
    frames = read_records(directory)
    rows = range(2, len(frames["organisations"]) + 2), range(2, len(frames["services"]) + 2)
    incoming = Incoming(
        format=SEED,
        source=TITLE,
        licence="",
        edition="",
        file=directory.name,
        sha256=digest,
        rows_read=len(frames["organisations"]),
        organisations=frames["organisations"].assign(file_row=rows[0]),
        services=frames["services"].assign(file_row=rows[1], status="active"),
        refused=(),
        repaired=(),
    )
    plan = importing.plan(connection, incoming, dataset)
    importing.write(connection, plan, by=local(TITLE), kind="seed")
    keys = select(surveys.c.municipality_code, surveys.c.field)
    known = {(row.municipality_code, row.field) for row in connection.execute(keys)}
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
