"""Open the store: one SQLite file by default, or the database that DATABASE_URL names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlalchemy import URL, Connection, Engine, MetaData, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import StaticPool

from geo import metrics
from geo.store.errors import (
    AddressUnreadableError,
    DriverMissingError,
    OutcomeUnknownError,
    StoreBusyError,
    StoreUnreachableError,
    named,
)

URL_VARIABLE = "DATABASE_URL"
DEFAULT_FILE = Path(__file__).resolve().parents[2] / "var" / "shigen.sqlite3"
BUSY_SECONDS = 15  # how long a writer waits for another one
WRITING = "shigen_writing"  # execution option of a connection that will write
SANDBOX = "shigen_sandbox"  # execution option of the engine of one visitor's private copy
WRITERS_LOCK = 20231026  # number of the advisory lock that PostgreSQL's writers take

# Connections of one process. A page holds one for the milliseconds of its queries, so that 400
# sessions need few; four processes of 20 stay below PostgreSQL's default of 100.
POOL = {"pool_size": 10, "max_overflow": 10, "pool_timeout": 10}
# A PostgreSQL that answers within none of these is as good as gone, for a page that waits.
CONNECT_SECONDS = 3
STATEMENT_SECONDS = 60
# Held by a process that stopped in the middle of an import, the writers' lock goes to the others.
IDLE_SECONDS = 300
KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}

# PostgreSQL's isolation. A reader sees one state in all its queries. A writer sees, after it got
# the writers' lock, what the one before committed: a snapshot would be from before it waited.
ISOLATION: dict[str, dict[bool, dict[str, Any]]] = {
    "postgresql": {
        False: {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
        True: {"isolation_level": "READ COMMITTED"},
    },
}

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_engines: WeakSet[Engine] = WeakSet()


def address() -> str:
    """Return the URL of the store."""
    return os.environ.get(URL_VARIABLE) or f"sqlite:///{DEFAULT_FILE}"


def engine(url: str | None = None) -> Engine:
    """Return the engine of a database URL, by default of DATABASE_URL or of the SQLite file.

    SQLite runs with write-ahead logging, full synchronisation and foreign keys, so that a process
    killed at any moment leaves the store as before or as after. PostgreSQL is spoken to by psycopg,
    however the URL spells it. What either driver raises comes as an error of geo.store.errors where
    it is the store's fault. Raises AddressUnreadableError where the URL is none, and
    DriverMissingError where the driver is not installed.
    """
    try:
        return _engine(url or address())
    except ArgumentError:
        raise AddressUnreadableError from None


@lru_cache(maxsize=4)
def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        return _made(parsed, connect_args=_postgresql_settings(parsed), pool_pre_ping=True, **POOL)
    if parsed.get_backend_name() == "sqlite":
        return _made(parsed, connect_args={"timeout": BUSY_SECONDS})
    return _made(parsed)


def in_memory(*, sandbox: bool = False) -> Engine:
    """Return the engine of a new store in this process's memory; sandbox: of one visitor alone."""
    return _made(
        make_url("sqlite://"),
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
        execution_options={SANDBOX: sandbox},
    )


def _made(url: URL, **options: Any) -> Engine:
    try:
        # Values are of persons and places: they are for no log.
        made = create_engine(url, hide_parameters=True, **options)
    except ModuleNotFoundError as error:
        raise DriverMissingError from error
    event.listen(made, "handle_error", named)
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", _prepare_sqlite)
        event.listen(made, "begin", _begin_sqlite)
    if made.dialect.name == "postgresql":
        event.listen(made, "begin", _begin_postgresql)
    _engines.add(made)
    return made


def _forget_connections() -> None:
    """Leave the connections of the process that this one was forked from to that one."""
    for each in list(_engines):
        each.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)


def sqlite_file(of: Engine) -> Path | None:
    """Return the file of a SQLite engine, None for one in memory or for another database."""
    url = make_url(of.url)
    if of.dialect.name != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def is_sandbox(of: Engine) -> bool:
    """Tell whether an engine is that of one visitor's private copy."""
    return bool(of.get_execution_options().get(SANDBOX))


def place(of: Engine) -> str:
    """Return where a store is, for people: its file, or host and name; never a user or password."""
    url = make_url(of.url)
    if of.dialect.name == "sqlite":
        return url.database or ":memory:"
    host = url.host or url.query.get("host") or "localhost"
    return f"{host}{f':{url.port}' if url.port else ''}/{url.database or ''}"


@contextmanager
def reading(of: Engine) -> Iterator[Connection]:
    """Open a transaction that sees one state of the store.

    Raises an error of geo.store.errors when the store cannot be read.
    """
    with _connected(of, writes=False) as connection, connection.begin():
        yield connection


@contextmanager
def writing(of: Engine) -> Iterator[Connection]:
    """Open a transaction that writes all or nothing; other writers wait, readers do not.

    One writer at a time, on every kind of store: what one has read stays true until it commits.
    Raises an error of geo.store.errors when the store cannot be written; OutcomeUnknownError when
    it was lost while it committed.
    """
    connected = _connected(of, writes=True)
    with metrics.write(), connected as connection, connection.begin() as transaction:
        yield connection
        try:
            transaction.commit()
        except StoreUnreachableError as error:
            raise OutcomeUnknownError from error


@contextmanager
def _connected(of: Engine, *, writes: bool) -> Iterator[Connection]:
    options = ISOLATION.get(of.dialect.name, {}).get(writes, {})
    try:
        with of.connect() as connection:
            yield connection.execution_options(**{WRITING: writes}, **options)
    except PoolTimeoutError as error:
        raise StoreBusyError from error


def _postgresql_settings(url: URL) -> dict[str, Any]:
    """Return the settings of a connection; what the URL itself says stands."""
    session = {
        "timezone": "UTC",
        "lock_timeout": f"{BUSY_SECONDS}s",
        "statement_timeout": f"{STATEMENT_SECONDS}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        # So that the server, too, finds out that a machine is gone, and gives up its locks.
        **{f"tcp_{name}": value for name, value in KEEPALIVES.items()},
    }
    ours = " ".join(f"-c {name}={value}" for name, value in session.items())
    theirs = url.query.get("options", "")
    settings = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "shigen-map",
        **KEEPALIVES,
    }
    kept = {name: value for name, value in settings.items() if name not in url.query}
    return kept | {"options": f"{ours} {theirs}".strip()}


def _begin_postgresql(connection: Connection) -> None:
    # Row locks alone would let two writers each act on what the other is about to change: two
    # imports of a new source, an undo of what is being built upon. SQLite has one writer as well.
    if connection.get_execution_options().get(WRITING):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Transactions begin where _begin_sqlite says, not where the driver guesses; without this a
    # change of tables would not be part of one.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: one that read first could find it taken and have to give up.
    mode = "IMMEDIATE" if connection.get_execution_options().get(WRITING) else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")
