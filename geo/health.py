"""Say whether this process can serve: warmed up, its store reached, and laid out for this code."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from geo import database

WARMING_UP = "warming_up"
DATA_UNREADABLE = "data_unreadable"
STORE_UNREACHABLE = "store_unreachable"
STORE_REPLACED = "store_replaced_by_memory"  # see seed.open_store
SCHEMA_BEHIND = "schema_not_at_head"

_warm = {"reason": WARMING_UP}


def warmed_up(reason: str = "") -> None:
    """Say that the warm-up is over; `reason` names what failed, empty when nothing did."""
    _warm["reason"] = reason


def not_ready() -> str:
    """Return one word that says why this process is not ready, empty when it is.

    Asks the store; may take as long as the store takes to answer or to refuse.
    """
    if _warm["reason"]:
        return _warm["reason"]
    from geo import seed  # here and not above, as alembic below: the server starts sooner without

    engine = database.engine()
    if seed.open_store() is not engine:
        return STORE_REPLACED
    try:
        return "" if revision(engine) == head() else SCHEMA_BEHIND
    except (SQLAlchemyError, OSError):
        return STORE_UNREACHABLE


def revision(engine: Engine) -> str | None:
    """Return the migration that a store is at, None when it has no tables yet."""
    from alembic.runtime.migration import MigrationContext

    with database.reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


@lru_cache(maxsize=1)
def head() -> str | None:
    """Return the newest migration that this code knows."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS).replace("%", "%%"))
    return ScriptDirectory.from_config(config).get_current_head()
