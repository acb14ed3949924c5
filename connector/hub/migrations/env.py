"""Alembic runs this file: it migrates the database of the connection that `migrate` hands over."""

from alembic import context

connection = context.config.attributes["connection"]
# SQLite can undo changes of tables too, because `connector.hub.store` begins its transactions itself.
context.configure(connection=connection, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
