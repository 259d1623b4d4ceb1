"""Open the store: one SQLite file by default, or the database that DATABASE_URL names."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Engine, MetaData, create_engine, event

URL_VARIABLE = "DATABASE_URL"
DEFAULT_FILE = Path(__file__).resolve().parent.parent / "var" / "shigen.sqlite3"
BUSY_SECONDS = 15  # how long a writer waits for another one

metadata = MetaData()


@lru_cache(maxsize=4)
def engine(url: str | None = None) -> Engine:
    """Return the engine of a database URL, by default of DATABASE_URL or of the SQLite file.

    SQLite runs with write-ahead logging, full synchronisation and foreign keys, so that a process
    killed at any moment leaves the store as before or as after.
    """
    address = url or os.environ.get(URL_VARIABLE) or f"sqlite:///{DEFAULT_FILE}"
    if address == f"sqlite:///{DEFAULT_FILE}":
        DEFAULT_FILE.parent.mkdir(exist_ok=True)
    made = create_engine(address, connect_args=_connect_args(address))
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", _prepare_sqlite)
    return made


def _connect_args(address: str) -> dict[str, object]:
    return {"timeout": BUSY_SECONDS} if address.startswith("sqlite") else {}


def _prepare_sqlite(connection: object, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]
