"""A database that was restarted costs nobody a click."""

import asyncpg

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
