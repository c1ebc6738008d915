"""Looking things up: `/crm acme`, the lists and their pages, a record's card, and who somebody is.

Every answer is private to the asker. Budgets of CRM requests: find 3 and 1 for names, a list 3, a card 6, a colleague's
with the question who that is 4.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace
from slack_sdk.errors import SlackApiError

from bot.answers import Page
from bot.blocks import ids, lists, records
from bot.blocks.primitives import Message
from bot.blocks.sums import Sums, sums
from bot.changes import Verb, new_values
from bot.crm.twenty import Twenty
from bot.errors import BotError, Misunderstood, NotAllowed, NotFound, NotRouted, Refused
from bot.language import commands, intents
from bot.language.addresses import kind_of
from bot.language.meant import meant
from bot.language.qualifiers import CLOSED
from bot.listeners.admins import is_admin
from bot.listeners.front import Here
from bot.listeners.payloads import Click
from bot.listeners.resolving import matches, mine, profile_of, resolved
from bot.listeners.valid_here import corrected
from bot.models import LINKABLE, Found, Kind, Listing, Record, RecordCard, Ref
from bot.proposal import Proposal, State
from bot.queries import Position, Query
from bot.slack.talk import reason
from bot.store import Store
from bot.teams.links import record_url

log = logging.getLogger(__name__)

PAGE = 10
LOOKED_THROUGH = 100
"""Of one's own open proposals, for those that complete a task of the list."""
NO_WORKFLOWS = "This CRM does not offer its workflows over its API."
KEYWORDS = ("order", "where")
OR_WRITE = "To sort, write sort:created-desc; a filter of the CRM's own is written like where createdAt[gt]:2026-01-01."
SELDOM_SHOWN = (Kind.NOTE, Kind.TASK, Kind.MEMBER)
"""What a card is only looked for among when no company, person or deal is called so."""


class Lookup:
    """The stories that only read."""

    def __init__(self, store: Store, *, command: str, now: Callable[[], datetime]) -> None:
        self._store = store
        self._command = command
        self._now = now

    async def find(self, asked: intents.Find, here: Here) -> None:
        """Companies, people and deals by words.

        A word that found nothing but is nearly a command is told so; an address can be made a record of, unless it is a
        colleague's.
        """
        crm = await here.team.crm()
        found, kind = await crm.find(asked.words), kind_of(asked.words)
        if kind is Kind.PERSON and not any(found.records.values()):
            found = await _or_member(found, crm)
        near = "" if any(found.records.values()) else commands.nearest(asked.words)
        answer = lists.found(found, await here.viewer(), self._now(), command=self._command, nearest=near, anew=kind)
        await here.talk.privately(answer)

    async def list(self, asked: intents.List, here: Here) -> None:
        """The first page of a list."""
        crm = await here.team.crm()
        everybodys = await resolved(asked.query, crm, here)
        query = await mine(everybodys, crm, here) if asked.mine_if_member else everybodys
        try:
            answer = await self._page(query, Position(), here, only_mine=query != everybodys)
        except Refused as error:
            raise await corrected(query, error, crm) from error
        await here.talk.privately(answer)

    async def turn(self, click: Click, here: Here) -> None:
        """Previous or Next, in place; from any page, after the data has changed, and after a restart."""
        listed = await self._store.listings.listing(here.team.id, here.talk.user, click.value)
        if listed is None:
            raise Misunderstood("This list is too old to be turned.", hint="Run the command again.")
        await here.talk.privately(await self._page(listed.query, listed.position, here), replace=True)

    async def renew(self, page: str, here: Here) -> None:
        """Show a page of a list as it is now in place of the message that was clicked; where it cannot be, leave it."""
        listed = await self._store.listings.listing(here.team.id, here.talk.user, page) if page else None
        if listed is None:
            return
        try:
            answer = await self._page(listed.query, listed.position, here)
        except BotError as error:
            log.info("a list stays as it was: %s", type(error).__name__, extra={"team": here.team.id})
            return
        await here.talk.by_response(answer, replace=True)

    async def _page(self, query: Query, position: Position, here: Here, *, only_mine: bool = False) -> Message:
        crm = await here.team.crm()
        page = await crm.page(query, position, size=PAGE)
        totals = await _totals(page, crm) if query.kind is Kind.DEAL else None
        listing = Listing(
            title=title(query),
            kind=query.kind,
            records=page.records,
            page=position.number,
            total=page.total,
            previous=await self._token(query, page.previous, here),
            next=await self._token(query, page.next, here),
            token=await self._token(query, position, here) if query.kind is Kind.TASK else "",
            waiting=await self._waiting(here) if query.kind is Kind.TASK else frozenset(),
            remark=_remark(query, page, only_mine=only_mine),
        )
        return lists.listing(listing, await here.viewer(), self._now(), totals=totals)

    async def _waiting(self, here: Here) -> frozenset[str]:
        """The tasks that this person has proposed to complete, and that nobody has decided on."""
        proposed = await self._store.proposals.open_of(here.team.id, here.talk.user, limit=LOOKED_THROUGH)
        return frozenset(each.change.record_id for each in proposed if _completes(each))

    async def _token(self, query: Query, position: Position | None, here: Here) -> str:
        """The opaque name of a page: what a button carries shows nothing of what was asked."""
        if position is None:
            return ""
        return await self._store.listings.keep(here.team.id, here.talk.user, query, position, self._now())

    async def show(self, asked: intents.Show, here: Here) -> None:
        """A record's card; several matches are a choice, never a guess."""
        crm = await here.team.crm()
        if asked.what.id and asked.what.kind:  # the card reads it anyway: one request less
            await self.card(Ref(asked.what.kind, asked.what.id), here)
            return
        await self._show_one(asked.what.words, await matches(asked.what, crm, LINKABLE, otherwise=SELDOM_SHOWN), here)

    async def _show_one(self, words: str, found: Sequence[Record], here: Here) -> None:
        if len(found) == 1:
            await self.card(found[0].ref, here)
            return
        question = f"Which “{words}”?"
        choice = lists.which_one(question, found, await here.viewer(), action_id=ids.RECORD_SHOW, verb="Show")
        await here.talk.privately(choice)

    async def card(self, ref: Ref, here: Here) -> None:
        """The card of one record."""
        await here.talk.privately(records.card(await full_card(ref, here), await here.viewer(), self._now()))

    async def show_clicked(self, click: Click, here: Here) -> None:
        """The card of the record whose button was pressed."""
        await self.card(ids.dereference(click.value), here)

    async def share(self, ref: Ref, here: Here) -> None:
        """The card for everybody in the channel, saying who shared it; also where the bot is not a member."""
        if not here.talk.channel:
            instead = f"Run {self._command} show {ref.id} in the channel."
            raise Misunderstood("There is no channel here to share to.", hint=instead)
        card = records.card(await full_card(ref, here), await here.viewer(), self._now(), shared_by=here.talk.user)
        try:
            await here.talk.publicly(card)
        except SlackApiError as error:
            if reason(error) not in ("not_in_channel", "channel_not_found", "is_archived", "restricted_action"):
                raise
            raise Misunderstood("I may not post in this channel any more.", hint="Run the command again.") from error

    async def unshare(self, click: Click, here: Here) -> None:
        """Take a shared card back, leaving who did: the one who shared it, or a workspace admin."""
        shared_by, ref = ids.read_shared(click.value)
        if here.talk.user != shared_by and not await is_admin(here):
            raise NotAllowed("Only the one who shared this card, or a workspace admin, can make it private again.")
        await here.talk.privately(records.unshared(ref.kind, here.talk.user), replace=True)

    async def attached(self, ref: Ref, kind: Kind, here: Here) -> None:
        """All notes or tasks of the record."""
        crm = await here.team.crm()
        found = await crm.attached(ref, kind)
        name = (await crm.names([ref])).get(ref.id, "")
        answer = lists.attached(name, kind, found, await here.viewer(), self._now())
        await here.talk.privately(answer)

    async def who(self, asked: intents.Who, here: Here) -> None:
        """The CRM's person behind a Slack user, by email, else its member; by words, whoever is called so."""
        crm = await here.team.crm()
        if words := asked.whom.words:
            found = await matches(intents.Target(words=words), crm, (Kind.PERSON,), otherwise=(Kind.MEMBER,))
            await self._show_one(words, found, here)
            return
        profile = await profile_of(asked.whom, here)
        if not profile.email:
            raise NotFound("Slack does not show me that person's email address, so I cannot look for it in the CRM.")
        person = await crm.person_by_email(profile.email)
        if person is not None:
            await self.card(person.ref, here)
            return
        member = await _colleague(profile.email, crm)
        if member is None:
            nobody = f"Nobody in the CRM has the email address of {profile.name or 'this person'}."
            way = records.to_make(Kind.PERSON, f"{profile.name} {profile.email}".strip())
            await here.talk.privately(lists.nothing(nobody, "A form opens; nothing is written before Confirm.", way))
            return
        await self.card(member.ref, here)

    async def workflows(self, asked: intents.Workflows, here: Here) -> None:
        """The CRM's workflows by name and status."""
        crm = await here.team.crm()
        try:
            found = await crm.workflows(asked.words)
        except NotRouted:
            raise Misunderstood(NO_WORKFLOWS, hint="They can be seen and run in Twenty itself.") from None
        await here.talk.privately(lists.workflows(found))


def _completes(proposal: Proposal) -> bool:
    """Whether it waits for somebody to confirm that a task is done."""
    done = proposal.change.kind is Kind.TASK and new_values(proposal.change).get("status") == records.DONE
    return done and proposal.state is State.PENDING and proposal.change.verb is Verb.UPDATE


async def _or_member(found: Found, crm: Twenty) -> Found:
    """In the place of nothing the member who has the address that was looked for."""
    member = await _colleague(found.words, crm)
    return replace(found, records={Kind.MEMBER: (member,)}) if member else found


async def _colleague(email: str, crm: Twenty) -> Record | None:
    """The member who has the address; nobody when the CRM does not tell, as where its role may not read members."""
    try:
        return await crm.member_by_email(email)
    except BotError:
        return None


async def _totals(page: Page, crm: Twenty) -> Sums | None:
    """What the whole list adds up to, when it was read whole; the stages come in the pipeline's order."""
    if not page.whole:
        return None
    return sums(page.whole, (await crm.schema(Kind.DEAL)).choices.get("stage", ()))


def _remark(query: Query, page: Page, *, only_mine: bool = False) -> str:
    """What was left out of this page, and how to see it."""
    remarks = [page.remark]
    if query.kind is Kind.DEAL and page.records and page.whole is None and not page.remark:
        remarks.append("The list is too long for totals; narrow it down to see them.")
    if not page.records and only_mine:
        remarks.append("Only your own tasks were looked for; owner:anyone has everybody's.")
    if not page.records and is_open_only(query):
        remarks.append(
            f"Only open ones were looked for; {'stage' if query.kind is Kind.DEAL else 'status'}:any has all."
        )
    if not page.records and (keyword := next((each for each in KEYWORDS if each in query.words.lower().split()), "")):
        remarks.append(f"“{keyword}” was taken for a word to look for. {OR_WRITE}")
    word, qualifier = ("", "") if page.records else meant(query.kind, query.words)
    if qualifier:
        remarks.append(f"“{word}” was taken for a word to look for; in its place write {qualifier}.")
    return " ".join(each for each in remarks if each)


async def full_card(ref: Ref, here: Here) -> RecordCard:
    """A record with everything around it, and its address in Twenty when the workspace's is known."""
    crm = await here.team.crm()
    card = await crm.card(ref.kind, ref.id)
    return replace(card, url=record_url((await here.team.settings()).crm_web_address, ref))


def is_open_only(query: Query) -> bool:
    """Whether closed deals, or tasks that are done, are left out."""
    return any(each.negated and each.values == CLOSED.get(each.key) for each in query.conditions)


def title(query: Query) -> str:
    """What the list shows, in a few words: `Open deals`, `People matching “ada”`."""
    what = f"Open {query.kind.plural}" if is_open_only(query) else query.kind.plural.capitalize()
    return what + _whose(query) + (f" matching “{query.words}”" if query.words else "")


def _whose(query: Query) -> str:
    """Of which members the records are, when the list was narrowed to theirs."""
    owned = [each for each in query.conditions if each.key in ("owner", "assignee") and not each.negated]
    names = [ref.name for each in owned for ref in each.values if isinstance(ref, Ref) and ref.name]
    return f" of {' and '.join(names)}" if names else ""
