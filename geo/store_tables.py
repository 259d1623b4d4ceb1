"""Name every table of the store; a module that lays out another one is imported here."""

from __future__ import annotations

from sqlalchemy import Table

from geo import plan_store, store
from geo.database import metadata

assert store.organisations.metadata is plan_store.PLANS.metadata is metadata


def tables() -> list[Table]:
    """Return the tables, each after those that it refers to."""
    return metadata.sorted_tables
