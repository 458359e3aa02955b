"""Alembic runs this with a connection that `lading.state.database` has opened."""

from alembic import context

from lading.state.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
