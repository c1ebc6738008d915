"""What Alembic runs around the migrations: on the caller's connection, in the caller's transaction."""

from alembic import context

from bot.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite's tables are made within a transaction too, once its driver begins none itself
)
with context.begin_transaction():
    context.run_migrations()
