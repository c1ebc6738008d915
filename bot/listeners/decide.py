"""Confirm, Cancel, Undo and Use existing; what is pending, and what happened."""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from bot.blocks import awaiting as awaiting_blocks
from bot.blocks import history as history_blocks
from bot.blocks import ids, lists, problems
from bot.blocks.proposal import button_value
from bot.errors import Misunderstood, NotAllowed, NotFound
from bot.language import intents
from bot.listeners.awaiting import awaiting
from bot.listeners.front import Here
from bot.listeners.lookup import Lookup
from bot.listeners.payloads import Click
from bot.listeners.resolving import matches, origin_of
from bot.models import Kind, Record, Ref, UserId
from bot.proposal import CardPlace
from bot.proposals.cards import RESPONSE_URL_LIVES
from bot.proposals.deciding import UNKNOWN_CARD, Deciding
from bot.proposals.proposing import Proposing
from bot.store import Store
from bot.store.history import FIRST_PAGE

PENDING_SHOWN = 10
HISTORY_SHOWN = 10
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
        proposal = await self._store.proposals.proposal(here.team.id, proposal_id)
        if proposal is None:
            raise NotFound(UNKNOWN_CARD)
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
        for proposal in waiting[:PENDING_SHOWN]:
            await self._proposing.reissue(proposal, await origin_of(here))
        if len(waiting) > PENDING_SHOWN:
            await here.talk.privately(problems.aside(MORE_PENDING))
        if others:
            await here.talk.privately(awaiting_blocks.awaiting(others, timezone=(await here.viewer()).timezone))

    async def show(self, click: Click, here: Here) -> None:
        """One proposal's card, issued again."""
        proposal = await self._store.proposals.proposal(here.team.id, click.value)
        if proposal is None:
            raise NotFound(UNKNOWN_CARD)
        await self._proposing.reissue(proposal, await origin_of(here))

    # History

    async def history(self, asked: intents.History, here: Here) -> None:
        """What I proposed and decided, what happened to a record, or, for admins, everything."""
        if asked.what is not None and asked.what.id:
            # The CRM is not asked: what was deleted is gone there, and has a history all the same.
            await self._history_page(_Page("record", asked.what.id.lower()), here)
        elif asked.what is not None:
            crm = await here.team.crm()
            found = await matches(asked.what, crm, tuple(Kind))
            await self._history_of_one(asked.what.words, found, here)
        elif asked.scope == "team":
            await self._team_history(here)
        else:
            await self._history_page(_Page("mine"), here)

    async def _history_of_one(self, words: str, found: Sequence[Record], here: Here) -> None:
        if len(found) == 1:
            await self.history_of(found[0].ref, here)
            return
        viewer = await here.viewer()
        choice = lists.which_one(f"Which “{words}”?", found, viewer, action_id=ids.RECORD_HISTORY, verb="History")
        await here.talk.privately(choice)

    async def history_clicked(self, click: Click, here: Here) -> None:
        """What happened to the record that was chosen."""
        await self.history_of(ids.dereference(click.value), here)

    async def history_of(self, ref: Ref, here: Here) -> None:
        """What happened to one record."""
        await self._history_page(_Page("record", ref.id), here)

    async def _team_history(self, here: Here) -> None:
        if not (await here.team.profile(here.talk.user, fresh=True)).is_admin:
            raise NotAllowed("The whole team's history is for workspace admins; yours is there with history.")
        await self._history_page(_Page("team"), here)

    async def history_page(self, click: Click, here: Here) -> None:
        """Older entries, in place."""
        page = _Page.read(click.value)
        if page.scope == "team" and not (await here.team.profile(here.talk.user, fresh=True)).is_admin:
            raise NotAllowed("The whole team's history is for workspace admins.")
        await self._history_page(page, here, in_place=True)

    async def _history_page(self, page: "_Page", here: Here, *, in_place: bool = False) -> None:
        history, team = self._store.history, here.team.id
        match page.scope:
            case "record":
                events = await history.of_record(team, page.record, before=page.before, limit=HISTORY_SHOWN + 1)
            case "team":
                events = await history.of_team(team, before=page.before, limit=HISTORY_SHOWN + 1)
            case _:
                events = await history.of_person(team, here.talk.user, before=page.before, limit=HISTORY_SHOWN + 1)
        shown, more = events[:HISTORY_SHOWN], len(events) > HISTORY_SHOWN
        older = replace(page, before=shown[-1].id).written() if more else ""
        timezone = (await here.viewer()).timezone
        title = _TITLES[page.scope]
        if page.scope == "record" and shown:
            title = f"What happened to “{shown[0].record.name}”"
        answer = history_blocks.page(title, shown, timezone=timezone, older=older)
        await here.talk.privately(answer, replace=in_place)

    def _place(self, click: Click) -> CardPlace:
        """Where the clicked card is; by its response_url it can be rewritten wherever the bot is no member."""
        return CardPlace(
            channel=click.channel,
            ts=click.message_ts,
            user=click.user if click.ephemeral else "",
            response_url=click.response_url,
            valid_until=self._now() + RESPONSE_URL_LIVES,
        )


_TITLES = {"mine": "What you proposed and decided", "record": "What happened to this record", "team": "Everything here"}


class _Page(Struct, frozen=True):
    """A page of history as a button's value: whose, and before which entry. It names no person and no text."""

    scope: str
    record: str = ""
    before: int = FIRST_PAGE

    def written(self) -> str:
        return f"{self.scope} {self.before} {self.record}"

    @classmethod
    def read(cls, value: str) -> "_Page":
        scope, _, rest = value.partition(" ")
        before, _, record = rest.partition(" ")
        if scope not in _TITLES or not before.isdigit():
            raise Misunderstood("This history is too old to be turned.", hint="Run the command again.")
        return cls(scope, record, int(before))
