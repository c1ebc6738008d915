"""Confirm and Cancel: who pressed, whether that person may, and who was first.

Every click gets an answer: the one who decides sees the card change, everybody else is told what happened and by whom.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from bot.blocks.proposal import told_late
from bot.errors import NotAllowed, NotFound
from bot.models import Profile
from bot.policy import refusal
from bot.proposal import Card, CardPlace, Proposal, State
from bot.proposals.cards import Cards
from bot.proposals.executing import Executor
from bot.store import Store
from bot.team_settings import TeamSettings
from bot.teams.membership import member_of
from bot.teams.team import Team

UNKNOWN_CARD = "I do not know this card: it belongs to another workspace, or it is too old to be kept."
CHANGED_CARD = "This card has been replaced by a newer one, because the record changed meanwhile. Please look again."


class Pressed(Struct, frozen=True):
    """A button's opaque value taken apart: which proposal, and which version of it the card showed."""

    proposal_id: str
    seal: str

    @classmethod
    def read(cls, value: str) -> "Pressed":
        """Any text is accepted; a wrong one names no proposal."""
        proposal_id, _, seal = value.partition(".")
        return cls(proposal_id, seal)


class Deciding:
    """Decides clicks on proposal cards."""

    def __init__(self, *, store: Store, cards: Cards, executor: Executor, now: Callable[[], datetime]) -> None:
        self._store = store
        self._cards = cards
        self._executor = executor
        self._now = now

    async def confirm(self, team: Team, value: str, *, by: Profile, place: CardPlace) -> str:
        """Start the write, of which exactly one caller is the first; "" then, else a sentence for this person alone.

        Raises `NotAllowed` when this person may not decide, and `NotFound` for a card of nowhere.
        """
        seen = await self._seen(team, value, place)
        if seen is None or seen.proposal.state is not State.PENDING:
            return await self._late(seen.proposal, by) if seen else CHANGED_CARD
        await self._may(team, seen, by)
        claimed = await self._store.proposals.claim(
            team.id,
            seen.proposal.id,
            seen.proposal.seal,
            by=by.user_id,
            owner=self._executor.owner,
            now=self._now(),
            lease=self._executor.pace.lease,
        )
        if claimed is None:
            return await self._late(await self._as_it_is(team, seen.proposal.id), by)
        self._executor.begin(claimed)
        return ""

    async def cancel(self, team: Team, value: str, *, by: Profile, place: CardPlace) -> str:
        """Void the proposal; the proposer and whoever may confirm can. "" or a sentence, as for `confirm`."""
        seen = await self._seen(team, value, place)
        if seen is None or seen.proposal.state is not State.PENDING:
            return await self._late(seen.proposal, by) if seen else CHANGED_CARD
        if by.user_id != seen.proposal.proposer:
            await self._may(team, seen, by)
        cancelled = await self._store.proposals.cancel(team.id, seen.proposal.id, by.user_id, self._now())
        if cancelled is None:
            return await self._late(await self._as_it_is(team, seen.proposal.id), by)
        await self._cards.ended(cancelled)
        return ""

    async def _seen(self, team: Team, value: str, place: CardPlace) -> "_Seen | None":
        """The proposal behind the click; None, and the card rewritten, when it showed another version."""
        pressed = Pressed.read(value)
        seen = await self._at_stake(team, pressed.proposal_id)
        proposal = seen.proposal
        is_this = proposal.seal == pressed.seal
        is_true = is_this and proposal.state in (State.PENDING, State.EXECUTING)
        await self._cards.clicked(proposal, place, seen.cards, is_true=is_true)
        if proposal.state is State.PENDING and not is_this:
            await self._cards.rewrite(proposal)
            return None
        return seen

    async def _as_it_is(self, team: Team, proposal_id: str) -> Proposal:
        return (await self._at_stake(team, proposal_id)).proposal

    async def _at_stake(self, team: Team, proposal_id: str) -> "_Seen":
        """What the store says now; a proposal whose time is over has ended, though no sweep came by yet."""
        seen = await self._looked(team, proposal_id)
        if seen.proposal.state is State.PENDING and seen.proposal.expires_at <= self._now():
            await self._executor.expire()
            seen = await self._looked(team, proposal_id)
        return seen

    async def _looked(self, team: Team, proposal_id: str) -> "_Seen":
        found = await self._store.at_stake(team.id, proposal_id)
        if found is None:
            raise NotFound(UNKNOWN_CARD)
        (proposal, cards), standing = found
        return _Seen(proposal, cards, team.learn(standing))

    async def _may(self, team: Team, seen: "_Seen", by: Profile) -> None:
        by = await team.profile(by.user_id, fresh=True)  # who was a member a minute ago may be a guest by now
        member = await member_of(team, by) if seen.settings.require_members else None
        if sentence := refusal(seen.settings, seen.proposal, by, member):
            raise NotAllowed(sentence)

    async def _late(self, proposal: Proposal, by: Profile) -> str:
        if not proposal.is_open:
            await self._cards.rewrite(proposal)
        return told_late(proposal, by.user_id)


class _Seen(Struct, frozen=True):
    """What a decision hangs on, all of it as it was in one moment."""

    proposal: Proposal
    cards: tuple[Card, ...]
    settings: TeamSettings
