"""What the store alone takes of a click: the same calls in the same order, with nothing between them."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.models import UserId
from bot.proposal import Outcome, Proposal, State
from bot.store import Sealing, Store
from tests.bench import ours
from tests.bench import slack_standin as slack

LEASE = timedelta(seconds=10)


async def milliseconds_each(url: str, proposals: Sequence[Proposal], *, at_once: int) -> float:
    """CPU of this process per Confirm, so many at once; the proposals are stored, each with its card."""
    store = await Store.open(url, Sealing([ours.KEY]))
    warm, measured = proposals[:at_once], list(proposals[at_once:])
    try:
        await asyncio.gather(*(_confirm(store, each) for each in warm))
        left = iter(measured)

        async def person() -> None:
            for each in left:
                await _confirm(store, each)

        began = time.process_time()
        await asyncio.gather(*(person() for _ in range(at_once)))
        return (time.process_time() - began) * 1000 / len(measured)
    finally:
        await store.close()


async def _confirm(store: Store, proposal: Proposal) -> None:
    now, owner, by = datetime.now(UTC), "bench", UserId(slack.USER)
    await store.at_stake(proposal.team_id, proposal.id)
    claim = store.proposals.claim(
        proposal.team_id, proposal.id, proposal.seal, by=by, owner=owner, now=now, lease=LEASE
    )
    claimed = await claim
    assert claimed is not None
    shown = await store.proposals.finish(proposal.id, owner, State.DONE, Outcome(record=proposal.record), now)
    assert shown is not None
    ended, cards = shown
    for card in cards:
        await store.cards.card_shown(card.id, ended.turn)
