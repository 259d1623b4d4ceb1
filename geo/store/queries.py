"""Ask the store what pages and imports ask most: its version, its rows, their licences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Table, insert, select, update

from geo.store import database
from geo.store.database import reading
from geo.store.errors import NotLaidOutError, StoreUnreachableError
from geo.store.tables import organisations, sources, state

BATCH = 5_000  # rows in one statement


def batches(entries: Iterable[Any], size: int = BATCH) -> Iterator[list[Any]]:
    """Yield the entries in lists of at most `size`, so that each fits one statement."""
    rest = iter(entries)
    while part := list(islice(rest, size)):
        yield part


def now() -> datetime:
    """Return the time that a change is recorded with."""
    return datetime.now(UTC)


_files_seen: set[Path] = set()


def version() -> int:
    """Return the number of the store's data version; 0 when it is as it ships or not there.

    One small query: every run of a page asks. Raises an error of geo.store.errors when the store
    cannot be asked, which is not the same as being empty.
    """
    engine = database.engine()
    path = database.sqlite_file(engine)
    if path is not None:
        if path.exists():
            _files_seen.add(path)
        elif path in _files_seen:  # a disk that went away
            raise StoreUnreachableError
        else:
            return 0
    try:
        with reading(engine) as connection:
            return connection.scalar(select(state.c.version)) or 0
    except NotLaidOutError:
        return 0


def next_version(connection: Connection) -> None:
    """Say that what the app shows has changed."""
    connection.execute(update(state).values(version=state.c.version + 1))


def source_of(connection: Connection, kind: str, title: str, licence: str) -> int:
    """Return the number of a source, made when it is new."""
    named = (sources.c.format == kind) & (sources.c.title == title)
    number = connection.scalar(select(sources.c.id).where(named))
    if number is None:
        row = {"format": kind, "title": title, "licence": licence, "edition": ""}
        made = insert(sources).values(row).returning(sources.c.id)
        return int(connection.execute(made).scalar_one())
    return int(number)


def rows(
    connection: Connection, table: Table, where: ColumnElement[bool] | None = None
) -> pd.DataFrame:
    """Return rows of a table as they are stored, in the order of their keys.

    A key of one column is the index.
    """
    query = select(table) if where is None else select(table).where(where)
    found = connection.execute(query)
    frame = pd.DataFrame.from_records(found.fetchall(), columns=list(found.keys()))
    keys = table.primary_key.columns.keys()
    # Sorted here: PostgreSQL returns rows as they lie, and sorts text by the rules of a language.
    frame = frame.sort_values(keys, ignore_index=True)
    return frame.set_index(keys[0]) if len(keys) == 1 else frame


def licences(connection: Connection) -> dict[str, str]:
    """Return, by organisation, the licence of the source that gave its record."""
    query = select(organisations.c.organisation, sources.c.licence).join(sources)
    return {row.organisation: row.licence for row in connection.execute(query)}
