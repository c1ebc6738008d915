"""Where the cards of a proposal are, and keeping every one of them true.

A card is posted in the message's thread when the bot may post there, else privately, else in a direct message; each
place that can be rewritten is remembered, so that any process can do it at the end (product.md sections 3 and 4).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace
from slack_sdk.errors import SlackApiError

from bot.blocks.primitives import Message
from bot.blocks.problems import aside
from bot.blocks.proposal import Around, card, told_proposer
from bot.errors import BotError
from bot.policy import approvers, needs_others, placing, who_decides
from bot.proposal import DIRECT_MESSAGE, Card, CardPlace, Proposal, State
from bot.proposals.around import around_of, doubles
from bot.slack.talk import UNREACHABLE, Talk, by_response_url, reason, said
from bot.store import Store
from bot.team_settings import CardPlacing
from bot.teams.links import record_url
from bot.teams.team import Team, Teams

log = logging.getLogger(__name__)

RESPONSE_URL_LIVES = timedelta(minutes=29)
"""A minute less than Slack's thirty, for what the way there takes."""

GONE = (
    "message_not_found",
    "channel_not_found",
    "cant_update_message",
    "not_in_channel",
    "is_archived",
    "edit_window_closed",
)
LEASE = timedelta(seconds=15)
"""How long one process may take to rewrite a card before another tries."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=5)
"""Between two tries to rewrite a card that Slack does not take: doubled each time up to the longest."""

GIVEN_UP_AFTER = 300
"""Rewrites of one card that failed, over about a day; by then its message is beyond reach."""


ONLY_YOU = (
    "Somebody other than you must decide this, but here nobody else sees its card. "
    "Invite me to {where} with /invite, then ask for it there with {command} pending."
)


class Cards:
    """Posts cards, remembers where they are, and rewrites them."""

    def __init__(self, *, store: Store, teams: Teams, command: str, now: Callable[[], datetime]) -> None:
        self._store = store
        self._teams = teams
        self._command = command
        self._now = now

    async def post(self, proposal: Proposal, team: Team, talk: Talk, *, around: Around | None = None) -> None:
        """Show a new proposal where its card belongs: in the channel, to this person privately, or by direct message.

        Who looks at another channel just now gets it privately, too, and named approvers by direct message, since
        nobody knows whether they read that channel.
        """
        settings = await team.settings()
        message = await self.message(proposal, team, around)
        others = needs_others(settings, proposal.change)
        belongs = placing(settings, proposal.change, from_message=bool(proposal.source.ts))
        in_thread = belongs is CardPlacing.THREAD
        shown_in = await self._in_channel(proposal, team, talk, message, others=others) if in_thread else ""
        if not shown_in or shown_in != talk.channel:
            await self._to_one(proposal, team, talk, message, directly=belongs is CardPlacing.DM)
        named = approvers(settings, proposal.change)
        reached = [await self._reached(proposal, team, each, message) for each in named if each != talk.user]
        if others and not (shown_in or talk.user in named or any(reached)):
            where = "the channel of that message" if proposal.source.ts else "a channel"
            await talk.privately(aside(ONLY_YOU.format(where=where, command=self._command)))

    async def post_again(self, proposal: Proposal, team: Team, talk: Talk, *, around: Around | None = None) -> None:
        """Show a proposal once more to this person; its proposer shows it to all who decide, if they have no card."""
        if talk.user == proposal.proposer and await self._lacks_deciders(proposal, team):
            await self.post(proposal, team, talk, around=around)
        else:
            await self._to_one(proposal, team, talk, await self.message(proposal, team, around))

    async def _lacks_deciders(self, proposal: Proposal, team: Team) -> bool:
        settings = await team.settings()
        if proposal.state is not State.PENDING or not needs_others(settings, proposal.change):
            return False
        shown = await self._store.cards.cards(proposal.team_id, proposal.id)
        named = approvers(settings, proposal.change)
        return not any(each.place.is_open or each.place.user in named for each in shown)

    async def _in_channel(self, proposal: Proposal, team: Team, talk: Talk, message: Message, *, others: bool) -> str:
        """Show it in its channel, for `others` also where the bot is no member; returns which one, "" for none."""
        channels = {proposal.channel: proposal.thread_ts}
        if others:
            if not proposal.source.ts:  # else its text is a message's, which is for whoever reads that channel
                channels.setdefault(talk.channel, "")
            channels = {each: thread for each, thread in channels.items() if not each.startswith(DIRECT_MESSAGE)}
        for channel, thread_ts in channels.items():
            if channel and (place := await self._posted(proposal, team, message, channel, thread_ts)):
                await self._store.cards.add_card(proposal, place, self._now())
                return channel
        # A message that only a click on it makes known, and rewritable.
        may = others and talk.channel in channels
        return talk.channel if may and await talk.by_response(message, in_channel=True) else ""

    async def _to_one(
        self, proposal: Proposal, team: Team, talk: Talk, message: Message, *, directly: bool = False
    ) -> None:
        if directly or not await talk.only_privately(message):
            await self._directly(proposal, team, talk.user, message)

    async def clicked(self, proposal: Proposal, place: CardPlace, known: Sequence[Card], *, is_true: bool) -> None:
        """Remember the card that was clicked, unless it is among the `known` ones of its proposal.

        `is_true` when it shows the proposal as it stands, else it is due. A private one, and one that the bot posted
        where it is no member, can be rewritten only by a response_url, of which the last click's lives longest. Any
        other is known already, unless the process that posted it died before it could tell the store.
        """
        same = [each for each in known if (each.place.channel, each.place.ts) == (place.channel, place.ts)]
        if not place.ts or any(not each.place.response_url for each in same):
            return
        shown = proposal if is_true else replace(proposal, turn=0)
        await self._store.cards.add_card(shown, place, self._now())
        for earlier in same:
            await self._store.cards.drop_card(earlier.id)

    async def rewrite(
        self, proposal: Proposal, cards: Sequence[Card] | None = None, *, even_if_shown: bool = False
    ) -> None:
        """Make every card of the proposal show how it stands; without any, the proposer is told of its end directly.

        `cards`: all that there are, where they came from the store just now.
        """
        if cards is None:
            cards = await self._store.cards.cards(proposal.team_id, proposal.id)
        due = [card for card in cards if card.shown < proposal.turn or even_if_shown]
        await asyncio.gather(*(self._show(card, proposal) for card in due))
        if not cards and not proposal.is_open:
            await self._tell(proposal)

    async def ended(self, proposal: Proposal, cards: Sequence[Card] | None = None) -> None:
        """`rewrite`, and tell the proposer what somebody else decided: Slack notifies nobody of a changed message."""
        await self.rewrite(proposal, cards)
        if proposal.is_open or proposal.decided_by in (None, proposal.proposer) or cards == ():
            return
        try:
            team = await self._teams.team(proposal.team_id)
            await team.slack.chat_postMessage(channel=proposal.proposer, **said(aside(told_proposer(proposal))))
        except (BotError, *UNREACHABLE) as error:
            log.info("a proposer could not be told: %s", reason(error), extra={"proposal": proposal.id})

    async def refresh(self, proposal: Proposal) -> None:
        """Make the cards that there still are show what became of an ended proposal since; nobody is told otherwise."""
        if cards := await self._store.cards.cards(proposal.team_id, proposal.id):
            await self.rewrite(proposal, cards)

    async def _tell(self, proposal: Proposal) -> None:
        try:
            team = await self._teams.team(proposal.team_id)
            await self._directly(proposal, team, proposal.proposer, await self.message(proposal, team))
        except (BotError, *UNREACHABLE) as error:
            log.info("an end could not be told yet: %s", reason(error), extra={"proposal": proposal.id})
            nowhere = CardPlace(user=proposal.proposer)  # a place of its own, so that it is tried again
            await self._store.cards.add_card(replace(proposal, turn=0), nowhere, self._now())

    async def catch_up(self, *, limit: int) -> None:
        """Rewrite cards that lag behind their proposals: a process died, or Slack did not answer."""
        stale = await self._store.cards.stale_cards(self._now(), LEASE, limit=limit)
        await asyncio.gather(*(self._show(card, proposal) for card, proposal in stale))

    async def message(self, proposal: Proposal, team: Team, around: Around | None = None) -> Message:
        """The card as it reads now; `around` brings what was looked up for it, such as possible duplicates."""
        settings = await team.settings()
        readers = await team.profiles([proposal.proposer])  # the text of a card tells times in the proposer's timezone
        timezone = readers[proposal.proposer].timezone if proposal.proposer in readers else "UTC"
        return card(
            proposal,
            replace(
                around or Around(),
                timezone=timezone,
                crm_name=await team.crm_name(),
                may_decide=who_decides(settings, proposal.change),
                url=record_url(settings.crm_web_address, proposal.record) or "",
            ),
        )

    async def _show(self, card: Card, proposal: Proposal) -> None:
        try:
            team = await self._teams.team(proposal.team_id)
            message = await self.message(proposal, team, await self._around(proposal, team))
            if not await self._rewritten(card.place, team, message):
                await self._move(card, proposal, team, message)
            elif not await self._store.cards.card_shown(card.id, proposal.turn):
                await self._show_newest(card, proposal)
        except (BotError, *UNREACHABLE) as error:
            log.info("a card could not be rewritten yet: %s", reason(error), extra={"proposal": proposal.id})
            await self._try_later(card)

    async def _around(self, proposal: Proposal, team: Team) -> Around | None:
        """What stands beside a proposal while it waits, looked up anew unless the CRM has just failed to answer."""
        if proposal.state is not State.PENDING:
            return None
        is_released = proposal.outcome is not None and proposal.outcome.sentence
        lookalikes = None if is_released else await doubles(proposal.change, team)
        return await around_of(proposal, self._store, lookalikes=lookalikes)

    async def _show_newest(self, card: Card, proposal: Proposal) -> None:
        """A later turn was shown while ours was on its way, which may have arrived after it: show that once more."""
        newest = await self._store.proposals.proposal(proposal.team_id, proposal.id)
        if newest is not None and newest.turn > proposal.turn:
            await self._show(card, newest)

    async def _try_later(self, card: Card) -> None:
        if card.tries >= GIVEN_UP_AFTER:
            await self._store.cards.drop_card(card.id)
            return
        pause = min(FIRST_PAUSE * 2 ** min(card.tries, 9), LONGEST_PAUSE)
        await self._store.cards.postpone_card(card.id, self._now() + pause)

    async def _rewritten(self, place: CardPlace, team: Team, message: Message) -> bool:
        """Whether this place shows the message now; False when it never will."""
        if place.ts and not place.is_ephemeral and await self._updated(place, team, message):
            return True
        alive = place.response_url and (place.valid_until is None or place.valid_until > self._now())
        return bool(alive) and await by_response_url(self._teams.wire, place.response_url, message, replace=True)

    async def _updated(self, place: CardPlace, team: Team, message: Message) -> bool:
        try:
            await team.slack.chat_update(channel=place.channel, ts=place.ts, text=message.text, blocks=message.blocks)
        except SlackApiError as error:
            if error.response["error"] in GONE:
                return False
            raise
        return True

    async def _move(self, card: Card, proposal: Proposal, team: Team, message: Message) -> None:
        """The place is lost: tell in a direct message what the card could not, and only then forget it."""
        if not (proposal.is_open or proposal.is_taken_back):  # of that another card tells: the undo's
            await self._directly(proposal, team, card.place.user or proposal.proposer, message)
        await self._store.cards.drop_card(card.id)

    async def _posted(
        self, proposal: Proposal, team: Team, message: Message, channel: str, thread_ts: str
    ) -> CardPlace | None:
        try:
            answer = await team.slack.chat_postMessage(channel=channel, thread_ts=thread_ts or None, **said(message))
        except UNREACHABLE as error:
            log.info("a card is not in its channel: %s", reason(error), extra={"proposal": proposal.id})
            return None
        return CardPlace(channel=answer.get("channel", channel), ts=answer["ts"])

    async def _reached(self, proposal: Proposal, team: Team, user: str, message: Message) -> bool:
        """Whether this person got it by direct message; people leave, and the policy names them still."""
        try:
            await self._directly(proposal, team, user, message)
        except UNREACHABLE as error:
            log.warning("an approver has no card: %s", reason(error), extra={"proposal": proposal.id})
            return False
        return True

    async def _directly(self, proposal: Proposal, team: Team, user: str, message: Message) -> None:
        answer = await team.slack.chat_postMessage(channel=user, **said(message))
        place = CardPlace(channel=answer.get("channel", user), ts=answer["ts"], user=user)
        await self._store.cards.add_card(proposal, place, self._now())
