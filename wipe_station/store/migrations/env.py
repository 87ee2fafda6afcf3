"""What alembic runs: on the connection that ``store`` gives it, and on no other."""

from alembic import context

from wipe_station.store.models import Table

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
