"""What is executed past SQLAlchemy behaves as if SQLAlchemy had executed it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial

import asyncpg
import pytest
from sqlalchemy import bindparam, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from bot.store import Sealing, Store
from bot.store.spelling import Rows
from bot.store.tables import org_teams, seen_events

e = seen_events.c
MOMENT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ROWS = [{"team_id": f"T{n}", "meaning": "m", "until": MOMENT, "done": n == 1} for n in range(3)]
SOME = select(e.team_id, e.until, e.done).where(e.team_id.in_(bindparam("b_teams", expanding=True)))
ASLEEP = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND datname = current_database()"


@pytest.fixture
async def postgresql_store(postgresql_url: str) -> AsyncIterator[Store]:
    """A store on PostgreSQL only."""
    opened = await Store.open(postgresql_url, Sealing())
    yield opened
    await opened.close()


async def test_values_and_rows_have_our_types(store: Store):
    """Times and truth go in and come out as they are; a list of values is spelt for as many as it holds."""
    await store._database.write(lambda c: c.execute(insert(seen_events), ROWS))

    async def found(*teams: str) -> list[tuple[object, ...]]:
        values = {"b_teams": list(teams)}
        rows = await store._database.read(lambda c: c.execute(SOME.order_by(e.team_id), values).all())
        return [tuple(row) for row in rows]

    assert await found("T0", "T1") == [("T0", MOMENT, False), ("T1", MOMENT, True)]
    assert await found("T2") == [("T2", MOMENT, False)]
    assert await found() == []


async def test_a_text_brings_its_rows(store: Store):
    """What is written as SQL brings back what it finds, with values or without."""
    await store._database.write(lambda c: c.execute(insert(seen_events), ROWS))
    counted, given = text("SELECT count(*) FROM seen_events"), text("SELECT 3 WHERE 'a' = :a")

    assert await store._database.read(lambda c: c.execute(counted).scalar()) == 3
    assert await store._database.read(lambda c: c.execute(given, {"a": "a"}).scalar()) == 3


async def test_the_number_of_rows_is_told(store: Store):
    """An update, a deletion and what brings its rows back say how many there were."""
    await store._database.write(lambda c: c.execute(insert(seen_events), ROWS))
    close = update(seen_events).where(e.done.is_(False)).values(done=True)
    gone = delete(seen_events).returning(e.team_id)

    assert await store._database.write(lambda c: c.execute(close).rowcount) == 2
    assert len(await store._database.write(lambda c: c.execute(gone).all())) == 3


async def test_a_conflict_is_an_integrity_error_without_the_values(store: Store):
    """A second row with the same key raises SQLAlchemy's error, whose text repeats nothing of what was written."""
    row = {"team_id": "T1", "enterprise_id": "somebody's own"}
    await store._database.write(lambda c: c.execute(insert(org_teams), row))

    with pytest.raises(IntegrityError) as raised:
        await store._database.write(lambda c: c.execute(insert(org_teams), row))
    assert "somebody" not in str(raised.value)


async def test_what_fails_leaves_nothing(store: Store):
    """A transaction that raises takes back what it had written, and the next one is whole again."""

    def work(connection) -> None:
        connection.execute(insert(seen_events), ROWS)
        raise LookupError("of the caller's own")

    with pytest.raises(LookupError):
        await store._database.write(work)
    assert await store._database.read(lambda c: c.execute(text("SELECT * FROM seen_events")).first()) is None
    await store._database.write(lambda c: c.execute(insert(seen_events), ROWS))


async def test_more_than_the_pool_holds_wait_for_their_turn(store: Store):
    """Forty at once are all served, reads and writes alike."""
    rows = [{"team_id": f"T{n}", "enterprise_id": "E1"} for n in range(20)]
    writes = [store._database.write(lambda c, row=row: c.execute(insert(org_teams), row).rowcount) for row in rows]
    assert await asyncio.gather(*writes, *(store.ready() for _ in range(20))) == [1] * 20 + [None] * 20


async def test_a_cut_connection_costs_no_write(postgresql_store: Store, postgresql_url: str):
    """After every connection was terminated, twice as many writes as the pool holds go through, each once."""
    await asyncio.gather(*(postgresql_store.ready() for _ in range(20)))
    admin = await asyncpg.connect(postgresql_url)
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    writes = [
        postgresql_store._database.write(
            lambda c, n=n: c.execute(insert(org_teams), {"team_id": f"T{n}", "enterprise_id": "E1"}).rowcount
        )
        for n in range(20)
    ]
    assert await asyncio.gather(*writes) == [1] * 20
    await admin.close()


async def test_who_stops_waiting_takes_no_connection_along(postgresql_store: Store, postgresql_url: str):
    """A transaction that is cancelled in the middle writes nothing, and the pool is whole afterwards."""

    def work(n: int, connection) -> None:
        connection.execute(insert(org_teams), {"team_id": f"T{n}", "enterprise_id": "E1"})
        connection.execute(text("SELECT pg_sleep(30)"))

    tasks = [asyncio.create_task(postgresql_store._database.write(partial(work, n))) for n in range(10)]
    admin = await asyncpg.connect(postgresql_url)
    async with asyncio.timeout(20):
        while await admin.fetchval(ASLEEP) < len(tasks):
            pass
    await admin.close()
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)

    assert all(isinstance(each, asyncio.CancelledError) for each in ended)
    assert await postgresql_store._database.read(lambda c: c.execute(text("SELECT * FROM org_teams")).first()) is None


def test_rows_answer_like_a_result():
    """First, only, single values; and an error where there is not exactly one."""
    rows = Rows([("a", 1), ("b", 2)])
    assert (rows.first(), rows.scalar(), list(rows.scalars()), list(rows)) == (("a", 1), "a", ["a", "b"], rows.all())
    assert (Rows([]).first(), Rows([]).scalar(), Rows([("a",)]).one()) == (None, None, ("a",))
    with pytest.raises(ValueError, match="unpack"):
        rows.one()
