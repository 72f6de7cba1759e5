"""Run by Alembic on every command; the connection comes from `storage.migrate`."""

from alembic import context

from storage.migrate import include_object
from storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    include_object=include_object,
)
with context.begin_transaction():
    context.run_migrations()
