"""Copy the whole store to another database, and compare every row before it counts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, Table, func, insert, inspect, select

from geo.errors import StoreError
from geo.store import migrate
from geo.store.database import reading, writing
from geo.store.errors import NotLaidOutError
from geo.store.queries import BATCH
from geo.store.tables import tables

VERSION_TABLE = "alembic_version"  # the migrations' own; laying out the target fills it


class MoveError(StoreError):
    """Raised when a store cannot be copied; the message says why, and nothing was copied."""


@dataclass(frozen=True)
class Copied:
    """One table that was copied: its name, its rows, and the digest that both sides have."""

    table: str
    rows: int
    digest: str


def move(source: Engine, target: Engine) -> list[Copied]:
    """Copy every table of a store into an empty database, in one transaction; say what was copied.

    The source stays as it is; let nobody write to it meanwhile, since what comes after the copy
    began does not come along. Raises MoveError when the target holds anything, when the source has
    not the tables of this version of the code, or when a row came out different.
    """
    with reading(source) as giving:
        _check(giving)
        migrate.migrate(target)
        with writing(target) as taking:
            filled = [table.name for table in tables() if count(taking, table)]
            if filled:
                msg = f"写し先が空ではありません({'、'.join(filled)})。空のデータベースを使ってください"
                raise MoveError(msg)
            copied = [_copy(giving, taking, table) for table in tables()]
            for table in tables():
                _continue_numbers(taking, table)
    return copied


def count(connection: Connection, table: Table) -> int:
    """Return the number of a table's rows."""
    return connection.scalar(select(func.count()).select_from(table)) or 0


def digest(connection: Connection, table: Table) -> str:
    """Return a digest of all rows of a table, whatever their order and the kind of the store."""
    rows = (hashlib.sha256(repr(tuple(row)).encode()).digest() for row in _rows(connection, table))
    return hashlib.sha256(b"".join(sorted(rows))).hexdigest()


def _check(connection: Connection) -> None:
    if migrate.current(connection) != migrate.known()[-1]:
        raise NotLaidOutError
    named = {VERSION_TABLE, *(table.name for table in tables())}
    unknown = set(inspect(connection).get_table_names()) - named
    if unknown:
        msg = f"このプログラムの知らない表があります: {'、'.join(sorted(unknown))}"
        raise MoveError(msg)


def _copy(giving: Connection, taking: Connection, table: Table) -> Copied:
    for part in _rows(giving, table).partitions(BATCH):
        taking.execute(insert(table), [dict(row._mapping) for row in part])
    before, after = digest(giving, table), digest(taking, table)
    if before != after:
        msg = f"表 {table.name} の写しが元と違います。何も写していません"
        raise MoveError(msg)
    return Copied(table.name, count(taking, table), after)


def _rows(connection: Connection, table: Table) -> CursorResult[Any]:
    return connection.execute(select(table).execution_options(yield_per=BATCH))


def _continue_numbers(connection: Connection, table: Table) -> None:
    """Let PostgreSQL count on from the highest number; SQLite does by itself."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return
    highest = connection.scalar(select(func.max(column)))
    if highest is not None:
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        connection.execute(select(func.setval(sequence, highest)))
