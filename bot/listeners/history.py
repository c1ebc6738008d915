"""What happened: to one's own proposals, to a record, or in the whole team."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from bot.blocks import history as blocks
from bot.blocks import ids, lists
from bot.changes import Verb
from bot.errors import BotError, Misunderstood, NotAllowed
from bot.language import intents
from bot.language.intents import Target
from bot.listeners.admins import is_admin
from bot.listeners.front import Here
from bot.listeners.payloads import Click
from bot.listeners.resolving import matches, the_only_one
from bot.models import WRITABLE, Record, Ref
from bot.proposal import Event
from bot.store import Store
from bot.store.history import FIRST_PAGE
from bot.teams.links import record_url

HISTORY_SHOWN = 10


class Past:
    """Answers from the history; the CRM is asked only which record is meant."""

    def __init__(self, store: Store, *, command: str) -> None:
        self._store = store
        self._command = command

    async def asked(self, asked: intents.History, here: Here) -> None:
        """What I proposed and decided, what happened to a record, or, for admins, everything."""
        if asked.what is not None and asked.what.id:
            # The CRM is not asked: what was deleted is gone there, and has a history all the same.
            await self._page(_Page("record", asked.what.id.lower()), here)
        elif asked.what is not None:
            await self._by_name(asked.what, here)
        elif asked.scope == "team":
            await self._page(_Page("team"), here)
        else:
            await self._page(_Page("mine"), here)

    async def _by_name(self, what: Target, here: Here) -> None:
        """Of what the CRM finds, and of what was called so here and is there no more."""
        called = await self._store.history.records_called(here.team.id, what.words)
        known = [
            Record(kind=each.kind, id=each.id, name=each.name, values={})
            for each in called
            if what.kind in (None, each.kind)
        ]
        try:
            found = await matches(what, await here.team.crm(), WRITABLE)
        except BotError:
            if not known:
                raise
            found = ()
        either = tuple({each.id: each for each in (*known, *found)}.values())
        meant = the_only_one(what.words, either) or either
        if len(meant) == 1:
            await self.of_record(meant[0].ref, here)
            return
        viewer = await here.viewer()
        choice = lists.which_one(f"Which “{what.words}”?", meant, viewer, action_id=ids.RECORD_HISTORY, verb="History")
        await here.talk.privately(choice)

    async def clicked(self, click: Click, here: Here) -> None:
        """What happened to the record that was chosen."""
        await self.of_record(ids.dereference(click.value), here)

    async def of_record(self, ref: Ref, here: Here) -> None:
        """What happened to one record."""
        await self._page(_Page("record", ref.id), here, name=ref.name)

    async def turn(self, click: Click, here: Here) -> None:
        """Older entries, in place."""
        await self._page(_Page.read(click.value), here, in_place=True)

    async def _page(self, page: "_Page", here: Here, *, in_place: bool = False, name: str = "") -> None:
        events = await self._events(page, here)
        shown, more = events[:HISTORY_SHOWN], len(events) > HISTORY_SHOWN
        older = replace(page, before=shown[-1].id).written() if more else ""
        timezone = (await here.viewer()).timezone
        title = _TITLES[page.scope]
        if page.scope == "record" and (called := shown[0].record.name if shown else name):
            title = f"What happened to “{called}”"
        around = await self._around(shown, here, with_ends=page.scope == "mine")
        answer = blocks.page(title, shown, timezone=timezone, older=older, around=around)
        await here.talk.privately(answer, replace=in_place)

    async def _events(self, page: "_Page", here: Here) -> tuple[Event, ...]:
        """Those of the page, and one more when there are older ones; the whole team's for an admin alone."""
        history, team, most = self._store.history, here.team.id, HISTORY_SHOWN + 1
        if page.scope == "record":
            return await history.of_record(team, page.record, before=page.before, limit=most)
        if page.scope == "mine":
            return await history.of_person(team, here.talk.user, before=page.before, limit=most)
        if not await is_admin(here):
            raise NotAllowed(f"The whole team's history is for workspace admins; {self._command} history has yours.")
        return await history.of_team(team, before=page.before, limit=most)

    async def _around(self, shown: Sequence[Event], here: Here, *, with_ends: bool) -> blocks.Around:
        """What stands beside the events; ends are mostly by nobody's hand, so that one's own history has none."""
        history, address = self._store.history, (await here.team.settings()).crm_web_address
        changes = [each.proposal_id for each in shown if each.verb is Verb.UPDATE]
        return blocks.Around(
            ends=await history.ends(here.team.id, [each.proposal_id for each in shown]) if with_ends else {},
            touched=await history.touched(here.team.id, changes),
            urls={each.record.id: url for each in shown if (url := record_url(address, each.record))},
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
