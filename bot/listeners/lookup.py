"""Looking things up: `/crm acme`, the lists and their pages, a record's card, and who somebody is.

Every answer is private to the asker. Budgets of CRM requests: find 3 and 1 for names, a list 3, a card 6.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from bot.blocks import ids, lists, records
from bot.errors import Misunderstood, NotFound
from bot.language import commands, intents
from bot.language.qualifiers import CLOSED
from bot.listeners.front import Here
from bot.listeners.payloads import Click
from bot.listeners.resolving import matches, mine, resolved
from bot.models import Kind, Listing, RecordCard, Ref
from bot.queries import Position, Query
from bot.store import Store
from bot.teams.links import record_url

PAGE = 10
SHOWN = tuple(Kind)


class Lookup:
    """The stories that only read."""

    def __init__(self, store: Store, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def find(self, asked: intents.Find, here: Here) -> None:
        """Companies, people and deals by words; a word that found nothing but is nearly a command is told so."""
        crm = await here.team.crm()
        found = await crm.find(asked.words)
        nearest = "" if any(found.records.values()) else commands.nearest(asked.words)
        await here.talk.privately(lists.found(found, await here.viewer(), nearest=nearest))

    async def list(self, asked: intents.List, here: Here) -> None:
        """The first page of a list."""
        crm = await here.team.crm()
        query = await resolved(asked.query, crm, here)
        if asked.mine_if_member:
            query = await mine(query, crm, here)
        await self._page(query, Position(), here)

    async def turn(self, click: Click, here: Here) -> None:
        """Previous or Next, in place; from any page, after the data has changed, and after a restart."""
        listed = await self._store.listings.listing(here.team.id, here.talk.user, click.value)
        if listed is None:
            raise Misunderstood("This list is too old to be turned.", hint="Run the command again.")
        await self._page(listed.query, listed.position, here, in_place=True)

    async def _page(self, query: Query, position: Position, here: Here, *, in_place: bool = False) -> None:
        crm = await here.team.crm()
        page = await crm.page(query, position, size=PAGE)
        listing = Listing(
            title=title(query),
            kind=query.kind,
            records=page.records,
            page=position.number,
            total=page.total,
            previous=await self._token(query, page.previous, here),
            next=await self._token(query, page.next, here),
            remark=page.remark,
        )
        await here.talk.privately(lists.listing(listing, await here.viewer(), self._now()), replace=in_place)

    async def _token(self, query: Query, position: Position | None, here: Here) -> str:
        """The opaque name of a page: what a button carries shows nothing of what was asked."""
        if position is None:
            return ""
        return await self._store.listings.keep(here.team.id, here.talk.user, query, position, self._now())

    async def show(self, asked: intents.Show, here: Here) -> None:
        """A record's card; several matches are a choice, never a guess."""
        crm = await here.team.crm()
        found = await matches(asked.what, crm, SHOWN)
        if len(found) == 1:
            await self.card(found[0].ref, here)
            return
        question = f"Which “{asked.what.words}”?"
        choice = lists.which_one(question, found, await here.viewer(), action_id=ids.RECORD_SHOW, verb="Show")
        await here.talk.privately(choice)

    async def card(self, ref: Ref, here: Here) -> None:
        """The card of one record."""
        await here.talk.privately(records.card(await full_card(ref, here), await here.viewer()))

    async def show_clicked(self, click: Click, here: Here) -> None:
        """The card of the record whose button was pressed."""
        await self.card(ids.dereference(click.value), here)

    async def share(self, ref: Ref, here: Here) -> None:
        """The card for everybody in the channel, saying who shared it."""
        card = records.card(await full_card(ref, here), await here.viewer(), shared_by=here.talk.user)
        await here.talk.publicly(card)

    async def unshare(self, click: Click, here: Here) -> None:
        """Take a shared card back, leaving its name and who took it back."""
        crm = await here.team.crm()
        ref = ids.dereference(click.value)
        record = await crm.read(ref.kind, ref.id)
        await here.talk.privately(records.unshared(record, here.talk.user), replace=True)

    async def who(self, asked: intents.Who, here: Here) -> None:
        """The CRM person behind a Slack user, by email; by words, whoever is called so."""
        crm = await here.team.crm()
        if asked.whom.words:
            await self.show(intents.Show(intents.Target(words=asked.whom.words, kind=Kind.PERSON)), here)
            return
        profile = await here.team.profile(asked.whom.user_id) if asked.whom.user_id else await here.profile()
        if not profile.email:
            raise NotFound("Slack does not show me that person's email address, so I cannot look for it in the CRM.")
        person = await crm.person_by_email(profile.email)
        if person is not None:
            await self.card(person.ref, here)
            return
        member = await crm.member_by_email(profile.email)
        if member is None:
            raise NotFound(f"Nobody in the CRM has the email address of {profile.name or 'this person'}.")
        await here.talk.privately(records.card(RecordCard(record=member), await here.viewer()))

    async def workflows(self, asked: intents.Workflows, here: Here) -> None:
        """The CRM's workflows by name and status."""
        crm = await here.team.crm()
        await here.talk.privately(lists.workflows(await crm.workflows(asked.words)))


async def full_card(ref: Ref, here: Here) -> RecordCard:
    """A record with everything around it, and its address in Twenty when the workspace's is known."""
    crm = await here.team.crm()
    card = await crm.card(ref.kind, ref.id)
    return replace(card, url=record_url((await here.team.settings()).crm_web_address, ref))


def title(query: Query) -> str:
    """What the list shows, in a few words: `Open deals`, `People matching “ada”`."""
    is_open = any(each.negated and each.values == CLOSED.get(each.key) for each in query.conditions)
    what = f"Open {query.kind.plural}" if is_open else query.kind.plural.capitalize()
    return what + (f" matching “{query.words}”" if query.words else "")
