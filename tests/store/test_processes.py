"""Several real processes on one PostgreSQL: every claim and every taking-up is one process's alone."""

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from bot.proposal import Proposal, State
from bot.store import Sealing, Store

Make = Callable[..., Proposal]

PROCESS = """
import asyncio, json, sys
from datetime import datetime, timedelta
from bot.store import Sealing, Store

async def main(url, owner, now, todo):
    now, lease = datetime.fromisoformat(now), timedelta(seconds=20)
    store = await Store.open(url, Sealing())
    print("ready", flush=True)
    sys.stdin.readline()
    won = []
    if todo:
        claims = await asyncio.gather(*(
            store.proposals.claim(team, id, seal, by=owner, owner=owner, now=now, lease=lease)
            for team, id, seal in json.loads(todo)
        ))
        won = [claim.id for claim in claims if claim]
    else:
        while taken := await store.proposals.take_abandoned(owner, now, lease, limit=3):
            won += [each.id for each in taken]
    print(json.dumps(won), flush=True)
    await store.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def race(url: str, now: datetime, todo: str) -> list[list[str]]:
    """What each of three processes won, all starting at the same moment."""
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROCESS, url, f"owner-{n}", now.isoformat(), todo),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for n in range(3)
    ]
    for process in processes:
        assert await process.stdout.readline() == b"ready\n"
    return [
        json.loads(out) for out, _ in await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    ]


@pytest.fixture
async def postgresql_store(postgresql_url: str):
    """A store on PostgreSQL only."""
    store = await Store.open(postgresql_url, Sealing())
    yield store
    await store.close()


async def test_every_claim_and_taking_up_is_one_process_alone(
    postgresql_url: str, postgresql_store: Store, a_proposal: Make, now: datetime
):
    """Three processes claim thirty proposals four times each; then the leases run out and three take them up."""
    proposals = [a_proposal() for _ in range(30)]
    for proposal in proposals:
        await postgresql_store.proposals.propose(proposal)
    ids = sorted(proposal.id for proposal in proposals)

    todo = [(proposal.team_id, proposal.id, proposal.seal) for proposal in proposals] * 4
    claimed = await race(postgresql_url, now, json.dumps(todo))
    taken = await race(postgresql_url, now + timedelta(seconds=21), "")

    assert sorted(id for won in claimed for id in won) == ids
    assert sorted(id for won in taken for id in won) == ids
    assert await postgresql_store.proposals.open_counts() == {State.EXECUTING: 30}
