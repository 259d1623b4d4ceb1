"""Run the migrations on the connection, and in the transaction, that the caller has opened."""

from alembic import context

from geo import plan_store, store
from geo.database import metadata

assert store.organisations.metadata is plan_store.PLANS.metadata is metadata
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
