"""Run the steps on the connection, and inside the transaction, that ``workspaces`` opened."""

from alembic import context

from workspaces.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
