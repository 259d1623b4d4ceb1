"""Say whether this process can serve: warmed up, its store reached, and laid out for this code."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from geo.store import database, migrate
from geo.store.errors import StoreError

WARMING_UP = "warming_up"
DATA_UNREADABLE = "data_unreadable"
STORE_UNREACHABLE = "store_unreachable"
STORE_REPLACED = "store_replaced_by_memory"  # see seed.open_store
SCHEMA_DIFFERS = "schema_not_at_head"

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
    from geo.imports import seed

    try:
        if seed.open_store() is not database.engine():
            return STORE_REPLACED
        with database.reading(database.engine()) as connection:
            there = migrate.current(connection)
    except (StoreError, SQLAlchemyError, OSError):
        return STORE_UNREACHABLE
    return "" if there == migrate.known()[-1] else SCHEMA_DIFFERS
