"""Each team has its own connection, and no connection belongs to two."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from bot.proposal import Proposal, State
from bot.store import Store
from bot.store.connections import ConnectionTaken, NotInTheMaking

Make = Callable[..., Proposal]
MINUTE = timedelta(minutes=1)


async def bind(store: Store, team: str, connection: str, now: datetime):
    return await store.connections.bind(team, connection, by="U1", crm_name=f"CRM of {team}", now=now)


async def test_a_team_finds_its_own_connection_only(store: Store, now: datetime):
    """A bound connection is found by its team; a team without one finds none."""
    await bind(store, "T1", "c1", now)
    await bind(store, "T2", "c2", now)

    bound = await store.connections.connection("T1")
    assert (bound.connection_id, bound.bound_by, bound.bound_at, bound.crm_name) == ("c1", "U1", now, "CRM of T1")
    assert await store.connections.connection("T3") is None
    assert [each.team_id for each in await store.connections.all()] == ["T1", "T2"]


async def test_a_connection_is_never_shared(store: Store, now: datetime):
    """Binding what another team has, or is making, is refused and changes nothing."""
    await bind(store, "T1", "c1", now)
    await bind(store, "T2", "c2", now)
    await store.pending_connections.remember("T3", "c3", by="U3", now=now)

    for taken in ("c1", "c3"):
        with pytest.raises(ConnectionTaken):
            await bind(store, "T2", taken, now)
    assert (await store.connections.connection("T2")).connection_id == "c2"
    assert (await store.pending_connections.pending("T3")).connection_id == "c3"


async def test_a_rebind_swaps_and_voids_at_once(store: Store, a_proposal: Make, now: datetime):
    """The new connection is bound, the old one doomed, and what was proposed for the old CRM is void."""
    await bind(store, "T1", "c1", now)
    proposal = a_proposal()
    await store.proposals.propose(proposal)

    bound = await bind(store, "T1", "c2", now)

    assert bound.previous == "c1"
    assert [(each.id, each.state) for each in bound.voided] == [(proposal.id, State.CANCELLED)]
    assert await store.doomed_connections.take(now) == ("c1",)
    assert (await bind(store, "T1", "c2", now)).voided == ()


async def test_unbinding_dooms_unless_told_otherwise(store: Store, a_proposal: Make, now: datetime):
    """A disconnect has the connection deleted at Maton; the operator's unbind leaves it there."""
    await bind(store, "T1", "c1", now)
    await bind(store, "T2", "c2", now)
    await store.proposals.propose(a_proposal())

    first = await store.connections.unbind("T1", now)
    assert (first.previous, len(first.voided)) == ("c1", 1)
    assert (await store.connections.unbind("T2", now, doomed=False)).previous == "c2"
    assert (await store.connections.unbind("T2", now)).previous is None

    assert await store.doomed_connections.take(now) == ("c1",)
    assert await store.connections.all() == ()


async def test_one_break_is_told_once(store: Store, now: datetime):
    """Of many failures in many tasks one is the first, and of many successes after it one is the recovery."""
    await bind(store, "T1", "c1", now)

    breaks = await asyncio.gather(*(store.connections.mark_broken("T1", "c1", "credential", now) for _ in range(10)))
    assert sorted(breaks) == [False] * 9 + [True]
    assert (await store.connections.connection("T1")).last_error == "credential"
    assert not await store.connections.mark_broken("T1", "left long ago", "credential", now)

    recoveries = [await store.connections.mark_ok(["c1"], now + MINUTE) for _ in range(3)]
    assert [len(each) for each in recoveries] == [1, 0, 0]
    healthy = await store.connections.connection("T1")
    assert (healthy.broken_since, healthy.last_error, healthy.last_success) == (None, "", now + MINUTE)
    assert await store.connections.mark_broken("T1", "c1", "credential", now)


async def test_many_successes_are_written_down_at_once(store: Store, now: datetime):
    """Of all that work, those that were broken are told, once; what nobody holds (any more) is left out."""
    for team in ("T1", "T2", "T3"):
        await bind(store, team, f"c-{team}", now)
    await store.connections.mark_broken("T2", "c-T2", "credential", now)

    working = ("c-T2", "c-T1", "c-gone")
    marked = await asyncio.gather(*(store.connections.mark_ok(working, now + MINUTE) for _ in range(5)))
    assert [each.team_id for recovered in marked for each in recovered] == ["T2"]
    held = [await store.connections.connection(team) for team in ("T1", "T2", "T3")]
    assert [(each.last_success, each.broken_since) for each in held] == [(now + MINUTE, None)] * 2 + [(None, None)]


async def test_a_later_break_outlasts_an_earlier_success(store: Store, now: datetime):
    """What worked before it broke is broken, whichever of the two is written down first."""
    await bind(store, "T1", "c1", now)
    await store.connections.mark_broken("T1", "c1", "credential", now + MINUTE)

    assert await store.connections.mark_ok(["c1"], now) == ()
    assert (await store.connections.connection("T1")).broken_since == now + MINUTE


async def test_a_team_makes_one_connection_at_a_time(store: Store, now: datetime):
    """Two admins who connect at once get the same connection in the making; the other one is doomed."""
    held = await asyncio.gather(
        *(store.pending_connections.remember("T1", f"c{n}", by=f"U{n}", now=now) for n in range(3))
    )

    (held_id,) = {each.connection_id for each in held}
    assert (await store.pending_connections.pending("T1")).connection_id == held_id
    assert sorted(await store.doomed_connections.take(now)) == sorted({"c0", "c1", "c2"} - {held_id})


async def test_what_was_begun_is_bound_or_doomed(store: Store, now: datetime):
    """A bind ends the making of its connection; giving up dooms it; old ones are found by the sweep."""
    await store.pending_connections.remember("T1", "c1", by="U1", now=now)
    await store.pending_connections.remember("T2", "c2", by="U1", now=now)
    assert [each.team_id for each in await store.pending_connections.begun_before(now + MINUTE)] == ["T1", "T2"]

    await bind(store, "T1", "c1", now)
    await store.pending_connections.clear("T2", "another", now)
    await store.pending_connections.clear("T2", "c2", now)
    await store.pending_connections.clear("T1", "c1", now)

    assert await store.pending_connections.begun_before(now + MINUTE) == ()
    assert await store.doomed_connections.take(now) == ("c2",)
    assert (await store.connections.connection("T1")).connection_id == "c1"


async def test_only_what_is_still_in_the_making_is_bound_as_such(store: Store, now: datetime):
    """What was given up meanwhile, or is another by now, is not bound, and nothing else changes."""

    async def bind_made(connection: str):
        values = {"by": "U1", "crm_name": "CRM", "now": now, "in_the_making": True}
        return await store.connections.bind("T1", connection, **values)

    await bind(store, "T1", "c0", now)
    await store.pending_connections.remember("T1", "c1", by="U1", now=now)
    await store.pending_connections.clear("T1", "c1", now)
    await store.pending_connections.remember("T1", "c2", by="U1", now=now)

    with pytest.raises(NotInTheMaking):
        await bind_made("c1")
    assert (await store.connections.connection("T1")).connection_id == "c0"
    assert (await store.pending_connections.pending("T1")).connection_id == "c2"
    assert await store.doomed_connections.take(now) == ("c1",)
    assert (await bind_made("c2")).previous == "c0"


async def test_a_confirm_and_a_cancel_at_once(store: Store, now: datetime):
    """Either it is bound and not doomed, or doomed and not bound."""
    for n in range(10):
        team, connection = f"T{n}", f"c{n}"
        await store.pending_connections.remember(team, connection, by="U1", now=now)
        bound, _ = await asyncio.gather(
            store.connections.bind(team, connection, by="U1", crm_name="", now=now, in_the_making=True),
            store.pending_connections.clear(team, connection, now),
            return_exceptions=True,
        )
        doomed = await store.doomed_connections.take(now)
        assert doomed == ((connection,) if isinstance(bound, NotInTheMaking) else ())
        assert (await store.connections.connection(team) is None) == bool(doomed)


async def test_a_doomed_connection_stays_until_it_is_deleted(store: Store, now: datetime):
    """It is handed out again after a while, unless it is forgotten or bound."""
    await bind(store, "T1", "c1", now)
    await store.connections.unbind("T1", now)

    assert await store.doomed_connections.take(now) == ("c1",)
    assert await store.doomed_connections.take(now + MINUTE) == ()
    assert await store.doomed_connections.take(now + 6 * MINUTE) == ("c1",)
    await store.doomed_connections.forget("c1")
    assert await store.doomed_connections.take(now + 60 * MINUTE) == ()
