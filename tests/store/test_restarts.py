"""A database that was restarted costs nobody a click."""

import asyncpg
from sqlalchemy import text

from bot.store import Sealing, Store


async def test_connections_that_the_database_cut_are_replaced(postgresql_url):
    """After every connection was terminated, the next read and the next write go through."""
    store = await Store.open(postgresql_url, Sealing())
    await store.ready()
    admin = await asyncpg.connect(postgresql_url)
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    await admin.close()

    await store.ready()
    assert await store.connections.all() == ()
    await store.close()


async def served_by(store: Store) -> int:
    """The server's process behind the connection that is taken next."""
    return await store._database.read(lambda connection: connection.execute(text("SELECT pg_backend_pid()")).scalar())


async def test_a_connection_is_used_again(postgresql_url):
    """One after the other, all is done over the same connection."""
    store = await Store.open(postgresql_url, Sealing())
    assert await served_by(store) == await served_by(store)
    await store.close()
