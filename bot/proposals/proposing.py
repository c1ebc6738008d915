"""How an intention becomes a proposal: what the CRM has to tell about it is asked, and its card is shown.

Nothing here writes to the CRM. A CRM that does not answer loses nobody's form: a create is proposed from what is known,
and the card says when nobody could tell whether the CRM has it already.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from bot.changes import Change, Verb, inverse, moved
from bot.crm.twenty import Twenty
from bot.errors import Misunderstood, NotAllowed, NotFound, NotRouted, Refused
from bot.fields import field
from bot.models import Choice, Kind, Profile, Record, Ref, Value
from bot.policy import may_propose
from bot.proposal import Outcome, Proposal, Source, State, holds_the_same, new_id
from bot.proposals.around import around_of, doubles
from bot.proposals.cards import Cards
from bot.proposals.in_time import in_time
from bot.proposals.making import creating, deleting, naming_records, updating
from bot.proposals.naming import called, names_in
from bot.slack.talk import Talk
from bot.store import Store
from bot.teams.membership import member_of
from bot.teams.team import Team

Answer = TypeVar("Answer")

NO_MESSAGE = Source()

OPEN_FOR = timedelta(hours=24)

NOTHING_TO_UNDO = "Nothing was written by this card, so there is nothing to undo."
OTHER_CRM = "This was written to another CRM than the one that this workspace is connected to now."


class Origin(Struct, frozen=True, kw_only=True):
    """Who proposes, through which talk, and where the card belongs."""

    team: Team
    talk: Talk
    by: Profile
    channel: str = ""
    thread_ts: str = ""
    source: Source = NO_MESSAGE


class Proposing:
    """Makes proposals of every kind and shows their cards."""

    def __init__(self, *, store: Store, cards: Cards, now: Callable[[], datetime]) -> None:
        self._store = store
        self._cards = cards
        self._now = now

    async def create(
        self, kind: Kind, record_id: str, values: Mapping[str, Value], ties: Sequence[Ref], origin: Origin
    ) -> Proposal:
        """Propose a new record under our own id, tied to these records (notes and tasks only)."""
        crm = await origin.team.crm()
        known = await _known_for_create(crm, kind, values, ties, origin)
        change = creating(
            kind, record_id, values, ties=known.ties, takes_links=known.takes_links, creator=known.creator
        )
        return await self._propose(change, origin, lookalikes=known.lookalikes)

    async def update(self, record: Record, wanted: Mapping[str, Value], origin: Origin) -> Proposal:
        """Propose that the record's fields become as wanted; `Misunderstood` when nothing differs."""
        ties = None
        if "records" in wanted:
            crm = await origin.team.crm()
            try:
                ties = await crm.links(record.kind, record.id)
            except NotRouted:
                wanted = naming_records(record, wanted)
        return await self._propose(updating(record, wanted, ties=ties), origin)

    async def complete(self, task: Record, origin: Origin) -> Proposal:
        """Propose that the task is done."""
        if task.values.get("status") == Choice("DONE"):
            raise Misunderstood(f"“{task.name}” is done already.")
        return await self.update(task, {"status": Choice("DONE")}, origin)

    async def delete(self, ref: Ref, origin: Origin) -> Proposal:
        """Propose that the record goes to the trash, showing the whole of it and what hangs on it."""
        return await self._propose(await _whole_delete(await origin.team.crm(), ref), origin)

    async def undo(self, proposal_id: str, origin: Origin) -> Proposal:
        """Propose the inverse of what was done; refused with the reason when that is no longer possible.

        One's own that waits already is shown again: its card may have been private, and be gone by now.
        """
        done = await self._store.proposals.proposal(origin.team.id, proposal_id)
        if done is None:
            raise NotFound("I do not know this card any more, so I cannot take it back.")
        if done.state is not State.DONE:
            raise Misunderstood(NOTHING_TO_UNDO)
        if undos := await self._store.proposals.undos_of(origin.team.id, proposal_id):
            if not (undos[0].is_open and undos[0].proposer == origin.by.user_id):
                raise Misunderstood(_undone(undos[0]))
            await self.reissue(undos[:1], origin)
            return undos[0]
        crm = await origin.team.crm()
        change = await _taken_back(done, crm)
        if change.verb is Verb.DELETE:
            change = await _whole_delete(crm, done.record)
        return await self._propose(change, origin, undo_of=done.id)

    async def reissue(self, proposals: Sequence[Proposal], origin: Origin) -> None:
        """Show pending proposals' cards again, in this order, with what a create may double by now."""
        found = await asyncio.gather(*(doubles(each.change, origin.team) for each in proposals))
        for proposal, lookalikes in zip(proposals, found, strict=True):
            around = await around_of(proposal, self._store, lookalikes=lookalikes)
            await self._cards.post_again(proposal, origin.team, origin.talk, around=around)

    async def _propose(
        self, change: Change, origin: Origin, *, lookalikes: tuple[Record, ...] | None = (), undo_of: str = ""
    ) -> Proposal:
        settings = await origin.team.settings(fresh=True)
        member = await member_of(origin.team, origin.by) if settings.require_members else None
        if sentence := may_propose(settings, origin.by, member, change):
            raise NotAllowed(sentence)
        change = replace(change, connection_id=(await origin.team.crm()).connection_id)
        proposal = proposal_of(change, origin, now=self._now(), undo_of=undo_of)
        proposed = await self._store.proposals.propose(proposal)
        if change.verb is Verb.CREATE and not holds_the_same(proposed.stands.change, change):
            # Slack lost our first answer, so the form stayed open and was changed: it makes a record of its own.
            proposal = proposal_of(replace(change, record_id=str(uuid.uuid4())), origin, now=self._now())
            proposed = await self._store.proposals.propose(proposal)
        for each in proposed.replaced:
            await self._cards.rewrite(each)
        stands = proposed.stands
        if stands.undo_of and stands.proposer != origin.by.user_id:
            raise Misunderstood(_undone(stands))
        around = await around_of(stands, self._store, lookalikes=lookalikes)
        show = self._cards.post if stands.id == proposal.id else self._cards.post_again
        await show(stands, origin.team, origin.talk, around=around)
        return stands


class _Known(Struct, frozen=True):
    """What the CRM tells before a create is shown."""

    ties: tuple[Ref, ...]
    takes_links: bool = True
    creator: Ref | None = None
    lookalikes: tuple[Record, ...] | None = ()


async def _known_for_create(
    crm: Twenty, kind: Kind, values: Mapping[str, Value], ties: Sequence[Ref], origin: Origin
) -> _Known:
    """Names, ties, creator and duplicates, all at once; what does not come in time is left as the form had it."""
    names, takes_links, creator, lookalikes = await asyncio.gather(
        in_time(crm.names(ties), {}) if ties else _given({}),
        in_time(_takes_links(crm, kind), True) if ties else _given(True),
        in_time(member_of(origin.team, origin.by), None),
        in_time(crm.lookalikes(kind, values), None),
    )
    return _Known(
        ties=tuple(replace(ref, name=names.get(ref.id, ref.name)) for ref in ties),
        takes_links=takes_links,
        creator=creator.ref if creator else None,
        lookalikes=lookalikes,
    )


async def _takes_links(crm: Twenty, kind: Kind) -> bool:
    return (await crm.schema(kind)).takes_links


async def _given(answer: Answer) -> Answer:
    return answer


async def _taken_back(done: Proposal, crm: Twenty) -> Change:
    """The inverse on top of what the record holds now; refused when somebody changed the same fields since."""
    if done.change.connection_id != crm.connection_id:
        raise Refused(OTHER_CRM)
    outcome = done.outcome or Outcome()
    change = inverse(done.change, outcome.after, missed=outcome.missed)
    if change.verb is Verb.RESTORE:
        return change
    if not (change.fields or change.links or change.unlinks):
        raise Misunderstood(NOTHING_TO_UNDO)
    change = await _named(change, crm)
    record = await crm.read(change.kind, change.record_id)
    if what := moved(change, record):
        labels = ", ".join(field(change.kind, each.key).label for each in what)
        raise Refused(f"{labels} of “{record.name}” was changed by somebody else since, so it is not taken back.")
    return change


async def _named(change: Change, crm: Twenty) -> Change:
    names = await names_in([value for each in change.fields for value in (each.old, each.new)], crm)
    fields = (replace(each, old=called(each.old, names), new=called(each.new, names)) for each in change.fields)
    return replace(change, fields=tuple(fields))


async def _whole_delete(crm: Twenty, ref: Ref) -> Change:
    """The delete of a record with the whole of it and everything that hangs on it, as far as the CRM tells."""
    if ref.kind in (Kind.NOTE, Kind.TASK):
        shown = (await crm.card(ref.kind, ref.id)).record
        record = replace(shown, values={key: value for key, value in shown.values.items() if key != "records"})
        return deleting(record, ties=await in_time(crm.links(ref.kind, ref.id), ()))
    card = await crm.card(ref.kind, ref.id)
    people = card.people if ref.kind is Kind.COMPANY else ()  # a deal's contact is pointed to, it does not hang on it
    hangs = tuple(each.ref for each in (*people, *card.deals, *card.notes, *card.tasks))
    return deleting(card.record, hangs=hangs)


def _undone(undo: Proposal) -> str:
    if undo.state is State.DONE:
        return "This was taken back already."
    return f"{undo.proposer_name or 'Somebody'} has proposed to take this back; that card is still waiting."


def proposal_of(change: Change, origin: Origin, *, now: datetime, undo_of: str = "") -> Proposal:
    """A fresh pending proposal with an opaque id, open for 24 hours."""
    return Proposal(
        id=new_id(),
        team_id=origin.team.id,
        change=change,
        proposer=origin.by.user_id,
        proposer_name=origin.by.name,
        channel=origin.channel,
        thread_ts=origin.thread_ts,
        source=origin.source,
        created_at=now,
        expires_at=now + OPEN_FOR,
        undo_of=undo_of,
    )
