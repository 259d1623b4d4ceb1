"""Open the store: one SQLite file by default, or the database that DATABASE_URL names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, text
from sqlalchemy.engine import make_url

from geo import metrics

URL_VARIABLE = "DATABASE_URL"
DEFAULT_FILE = Path(__file__).resolve().parent.parent / "var" / "shigen.sqlite3"
MIGRATIONS = Path(__file__).resolve().parent / "migrations"
BUSY_SECONDS = 15  # how long a writer waits for another one
WRITING = "shigen_writing"  # execution option of a connection that will write
MIGRATION_LOCK = 20231026  # number of the advisory lock that PostgreSQL's migrations take

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def address() -> str:
    """Return the URL of the store."""
    return os.environ.get(URL_VARIABLE) or f"sqlite:///{DEFAULT_FILE}"


def engine(url: str | None = None) -> Engine:
    """Return the engine of a database URL, by default of DATABASE_URL or of the SQLite file.

    SQLite runs with write-ahead logging, full synchronisation and foreign keys, so that a process
    killed at any moment leaves the store as before or as after.
    """
    return _engine(url or address())


@lru_cache(maxsize=4)
def _engine(url: str) -> Engine:
    made = create_engine(url, connect_args=_connect_args(url))
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", prepare_sqlite)
        event.listen(made, "begin", begin_sqlite)
    return made


def sqlite_file(of: Engine) -> Path | None:
    """Return the file of a SQLite engine, None for one in memory or for another database."""
    url = make_url(of.url)
    if of.dialect.name != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


@contextmanager
def reading(of: Engine) -> Iterator[Connection]:
    """Open a transaction that sees one state of the store."""
    with of.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(of: Engine) -> Iterator[Connection]:
    """Open a transaction that writes all or nothing; other writers wait, readers do not."""
    connecting = of.connect().execution_options(**{WRITING: True})
    with metrics.write(), connecting as connection, connection.begin():
        yield connection


def migrate(of: Engine) -> None:
    """Bring the store's tables to this version of the code, in one transaction."""
    # Here and not above: who only reads needs no migrations, and starts sooner without.
    from alembic import command
    from alembic.config import Config

    path = sqlite_file(of)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    with writing(of) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": MIGRATION_LOCK})
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _connect_args(url: str) -> dict[str, object]:
    return {"timeout": BUSY_SECONDS} if url.startswith("sqlite") else {}


def prepare_sqlite(connection: object, _record: object) -> None:
    """Set up a new SQLite connection."""
    # Transactions begin where begin_sqlite says, not where the driver guesses; without this a
    # change of tables would not be part of one.
    connection.isolation_level = None  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]


def begin_sqlite(connection: Connection) -> None:
    """Begin a SQLite transaction, one that writes with its lock."""
    # A writer takes its lock at once: one that read first could find it taken and have to give up.
    mode = "IMMEDIATE" if connection.get_execution_options().get(WRITING) else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")
