"""Run the migrations on the connection, and in the transaction, that the caller has opened."""

from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext

from geo.store.database import metadata
from geo.store.tables import tables

assert tables()  # all of them are in the metadata now


def settle(ctx: MigrationContext, *_: Any, **__: Any) -> None:
    """Check after each step what was left to the end, so that the next may alter the same tables.

    PostgreSQL alters no table of which rows still wait for a deferred check.
    """
    if ctx.dialect.name == "postgresql" and ctx.connection is not None:
        ctx.connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        ctx.connection.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    on_version_apply=settle,
)
context.run_migrations()
