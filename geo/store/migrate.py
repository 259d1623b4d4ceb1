"""Bring the store's tables to this version of the code, or back to an older one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from geo.errors import StoreError
from geo.store.database import reading, sqlite_file, writing
from geo.store.errors import StoreNewerError

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
HEAD = "head"


class UnknownRevisionError(StoreError):
    """Raised when no step of the migrations has the number."""

    def __init__(self, revision: str) -> None:
        super().__init__(f"表の版 {revision!r} はありません")


def migrate(of: Engine, to: str = HEAD) -> None:
    """Bring the store's tables to a revision, by default the newest, in one transaction.

    Several processes may do it at once. Nothing is written where nothing is to be done. Raises
    UnknownRevisionError, or StoreNewerError where newer code has changed the tables.
    """
    path = sqlite_file(of)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    steps = known()
    target = steps[-1] if to == HEAD else to
    if target not in steps:
        raise UnknownRevisionError(to)
    with reading(of) as connection:
        if current(connection) == target:
            return
    with writing(of) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        now = current(connection)
        if now is not None and now not in steps:
            raise StoreNewerError
        _run(connection, target, down=now is not None and steps.index(now) > steps.index(target))


def current(connection: Connection) -> str | None:
    """Return the revision of the store's tables, None for a store without any."""
    # Here and below, not above: who only reads needs no migrations, and starts sooner without.
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def known() -> list[str]:
    """Return the revisions that this version of the code knows, the oldest first."""
    from alembic.script import ScriptDirectory

    steps = ScriptDirectory.from_config(_config()).walk_revisions()
    return [step.revision for step in steps][::-1]


def _run(connection: Connection, target: str, *, down: bool) -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    (command.downgrade if down else command.upgrade)(config, target)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
