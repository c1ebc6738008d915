"""Confirm, Cancel, Undo and Use existing; and what is pending."""

from collections.abc import Callable
from datetime import datetime

from bot.blocks import awaiting as awaiting_blocks
from bot.blocks import history as history_blocks
from bot.blocks import ids, problems
from bot.blocks.proposal import button_value
from bot.listeners.awaiting import awaiting
from bot.listeners.front import Here
from bot.listeners.lookup import Lookup
from bot.listeners.payloads import Click
from bot.listeners.resolving import origin_of, proposal_on_card
from bot.models import UserId
from bot.proposal import CardPlace
from bot.proposals.cards import RESPONSE_URL_LIVES
from bot.proposals.deciding import Deciding
from bot.proposals.proposing import Proposing
from bot.store import Store

PENDING_SHOWN = 10
MORE_PENDING = "There are more. Decide some of these, then ask again."


class Decide:
    """What people do with cards."""

    def __init__(
        self,
        *,
        store: Store,
        deciding: Deciding,
        proposing: Proposing,
        lookup: Lookup,
        command: str,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._deciding = deciding
        self._proposing = proposing
        self._lookup = lookup
        self._command = command
        self._now = now

    async def confirm(self, click: Click, here: Here) -> None:
        """Write it, if this person may and is the first; everybody else is told what happened."""
        profile = await here.profile()
        sentence = await self._deciding.confirm(here.team, click.value, by=profile, place=self._place(click))
        if sentence:
            await here.talk.privately(problems.aside(sentence))

    async def cancel(self, click: Click, here: Here) -> None:
        """Void it; nothing is written."""
        profile = await here.profile()
        sentence = await self._deciding.cancel(here.team, click.value, by=profile, place=self._place(click))
        if sentence:
            await here.talk.privately(problems.aside(sentence))

    async def undo(self, click: Click, here: Here) -> None:
        """Propose to take back what a card did; the inverse waits for Confirm like everything else."""
        await self._proposing.undo(click.value, await origin_of(here))

    async def use_existing(self, click: Click, here: Here) -> None:
        """Use the record that is there instead of making another: the proposal is cancelled, the record shown."""
        proposal_id, ref = ids.read_use_existing(click.value)
        proposal = await proposal_on_card(proposal_id, here, self._store)
        sentence = await self._deciding.cancel(
            here.team, button_value(proposal), by=await here.profile(), place=self._place(click)
        )
        if sentence:
            await here.talk.privately(problems.aside(sentence))
        else:
            await self._lookup.card(ref, here)

    async def pending(self, here: Here) -> None:
        """My undecided proposals, issued again as live cards, and the others' that wait for my decision."""
        waiting = await self._store.proposals.open_of(here.team.id, UserId(here.talk.user), limit=PENDING_SHOWN + 1)
        others = await awaiting(here, self._store, self._now())
        if not waiting and not others:
            await here.talk.privately(history_blocks.nothing_pending(self._command))
        if waiting:
            await self._proposing.reissue(waiting[:PENDING_SHOWN], await origin_of(here))
        if len(waiting) > PENDING_SHOWN:
            await here.talk.privately(problems.aside(MORE_PENDING))
        if others:
            await here.talk.privately(awaiting_blocks.awaiting(others, timezone=(await here.viewer()).timezone))

    async def show(self, click: Click, here: Here) -> None:
        """One proposal's card, issued again."""
        proposal = await proposal_on_card(click.value, here, self._store)
        await self._proposing.reissue([proposal], await origin_of(here))

    def _place(self, click: Click) -> CardPlace:
        """Where the clicked card is; by its response_url it can be rewritten wherever the bot is no member."""
        return CardPlace(
            channel=click.channel,
            ts=click.message_ts,
            user=click.user if click.ephemeral else "",
            response_url=click.response_url,
            valid_until=self._now() + RESPONSE_URL_LIVES,
        )
