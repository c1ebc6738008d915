"""Transactions that share a commit on SQLite do not share each other's failures."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest
from databases import life_of
from sqlalchemy.exc import IntegrityError

from bot.proposal import Proposal
from bot.store import Sealing, Store

Make = Callable[..., Proposal]


async def test_one_that_fails_takes_nothing_along(sqlite_store: Store, a_proposal: Make):
    """Of transactions that queue up together those that succeed are stored, and each failure reaches its own caller."""
    taken = a_proposal()
    await sqlite_store.proposals.propose(taken)
    good = [a_proposal() for _ in range(20)]
    tries = [each for pair in zip(good, [a_proposal(id=taken.id) for _ in good], strict=True) for each in pair]

    results = await asyncio.gather(*(sqlite_store.proposals.propose(each) for each in tries), return_exceptions=True)

    assert [isinstance(result, IntegrityError) for result in results] == [False, True] * 20
    for proposal in good:
        assert await sqlite_store.proposals.proposal("T1", proposal.id) == proposal
        assert len(await life_of(sqlite_store, proposal)) == 1


async def test_who_stops_waiting_undoes_nothing(sqlite_store: Store, a_proposal: Make, now: datetime):
    """A caller that is cancelled while its transaction runs leaves the store whole and working."""
    proposal = a_proposal()
    task = asyncio.create_task(sqlite_store.proposals.propose(proposal))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await sqlite_store.proposals.cancel("T1", proposal.id, "U1", now) is not None


async def test_closing_ends_what_was_begun(sqlite_url: str, a_proposal: Make):
    """What was handed to the store before it closes is stored."""
    store = await Store.open(sqlite_url, Sealing())
    proposal = a_proposal()
    task = asyncio.create_task(store.proposals.propose(proposal))
    await asyncio.sleep(0)
    await store.close()
    await task

    store = await Store.open(sqlite_url, Sealing())
    assert await store.proposals.proposal("T1", proposal.id) == proposal
    await store.close()
