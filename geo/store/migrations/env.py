"""Run the migrations on the connection, and in the transaction, that the caller has opened."""

from alembic import context

from geo.store.database import metadata
from geo.store.tables import tables

assert tables()  # all of them are in the metadata now
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
