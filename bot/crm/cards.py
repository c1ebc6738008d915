"""A record with everything its card shows, in at most six requests; what cannot be read is said, the rest shown."""

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from bot.changes import LinkChange
from bot.crm import filters, listing
from bot.crm.reading import Reading, together, with_names
from bot.crm.shapes import refs_in
from bot.crm.ties import Ties
from bot.errors import BotError, NotFound, NotRouted
from bot.language.qualifiers import closed
from bot.models import Choice, Kind, Record, RecordCard, Ref, Refs
from bot.queries import Condition, Op, Position, Query

PEOPLE = 20
DEALS = 20
NOTES = 5
OWNED = 60
"""A member's deals: as many as their companies' names take one request for."""


class RecordCards:
    """Gathers the parts of one connection's record cards."""

    def __init__(self, reading: Reading, ties: Ties) -> None:
        self._reading = reading
        self._ties = ties

    async def card(self, kind: Kind, record_id: str) -> RecordCard:
        """The record's card; NotFound when the record is absent. `url` is the caller's to add."""
        if kind in (Kind.NOTE, Kind.TASK):
            return await self._of_tied(kind, record_id)
        if kind is Kind.MEMBER:
            return await self._of_member(record_id)
        missing: list[str] = []
        ref = Ref(kind, record_id)

        async def part(what: str, read: Callable[[], Awaitable[tuple[Record, ...]]]) -> tuple[Record, ...]:
            try:
                return await read()
            except NotRouted as error:
                missing.append(str(error))
            except BotError:
                missing.append(f"The {what} could not be read just now.")
            return ()

        record, people, deals, notes, tasks = await together(
            (
                self._reading.one(kind, record_id),
                part("people", lambda: self._people(ref)),
                part("deals", lambda: self.deals(ref)),
                part("notes", lambda: self._attached(ref, Kind.NOTE)),
                part("tasks", lambda: self._attached(ref, Kind.TASK)),
            )
        )
        if kind is Kind.DEAL:
            people = await part("contact", lambda: self._contact(record))
        record, *others = await self._reading.named((record, *people, *deals, *notes, *tasks), _named(kind))
        named = {each.id: each for each in others}
        return RecordCard(
            record=record,
            people=tuple(named[each.id] for each in people),
            deals=tuple(named[each.id] for each in deals),
            notes=tuple(named[each.id] for each in notes)[:NOTES],
            tasks=tuple(named[each.id] for each in tasks if not _is_done(each)),
            missing=tuple(dict.fromkeys(missing)),
        )

    async def _of_tied(self, kind: Kind, record_id: str) -> RecordCard:
        """A note's or task's card: its text, its assignee, and the records it hangs on."""
        record, (links, missing) = await together((self._reading.one(kind, record_id), self._links(kind, record_id)))
        names = await self._named_refs(record)
        refs = tuple(each.to for each in links)
        return RecordCard(record=_with_refs(with_names(record, names), refs), missing=missing)

    async def _of_member(self, record_id: str) -> RecordCard:
        """A member's card: the open deals that they own, or the sentence that says why they are missing."""
        record = next((each for each in await self._reading.members() if each.id == record_id.lower()), None)
        if record is None:
            raise NotFound("The CRM has no such member (any more).")
        owned = Condition("owner", Op.IN, (record.ref,))
        query = Query(kind=Kind.DEAL, conditions=(owned, closed("stage", negated=True)))
        try:
            page = await listing.page(self._reading, self._ties, query, Position(), size=OWNED)
        except BotError as error:
            return RecordCard(record=record, missing=(str(error),))
        more = (f"Only {OWNED} of {page.total} open deals were read.",) if page.next else ()
        return RecordCard(record=record, deals=page.records, missing=more)

    async def _links(self, kind: Kind, record_id: str) -> tuple[tuple[LinkChange, ...], tuple[str, ...]]:
        """The ties, or the sentence that says why they are missing."""
        try:
            return await self._ties.of(kind, record_id), ()
        except BotError as error:
            return (), (str(error),)

    async def _named_refs(self, record: Record) -> dict[str, str]:
        try:
            return await self._reading.names(refs_in(record))
        except BotError:
            return {}

    async def _attached(self, ref: Ref, kind: Kind) -> tuple[Record, ...]:
        return await self._ties.attached(ref, kind)

    async def _people(self, ref: Ref) -> tuple[Record, ...]:
        if ref.kind is not Kind.COMPANY:
            return ()
        return (await self._reading.records(Kind.PERSON, filters.is_id("companyId", ref.id), limit=PEOPLE)).records

    async def deals(self, ref: Ref) -> tuple[Record, ...]:
        """The deals of a company, or those whose contact is the person; at most twenty."""
        path = {Kind.COMPANY: "companyId", Kind.PERSON: "pointOfContactId"}.get(ref.kind)
        if path is None:
            return ()
        return (await self._reading.records(Kind.DEAL, filters.is_id(path, ref.id), limit=DEALS)).records

    async def _contact(self, deal: Record) -> tuple[Record, ...]:
        contact = deal.values.get("contact")
        if not isinstance(contact, Ref):
            return ()
        return tuple((await self._reading.many(Kind.PERSON, [contact.id])).values())


def _named(kind: Kind) -> tuple[Kind, ...]:
    """Whose names are worth a request: a company's card knows its company, a deal's has read its contact."""
    if kind is Kind.COMPANY:
        return (Kind.MEMBER,)
    return (Kind.MEMBER, Kind.COMPANY, Kind.PERSON) if kind is Kind.DEAL else (Kind.MEMBER, Kind.COMPANY)


def _is_done(task: Record) -> bool:
    status = task.values.get("status")
    return isinstance(status, Choice) and status.value == "DONE"


def _with_refs(record: Record, refs: tuple[Ref, ...]) -> Record:
    return replace(record, values={**record.values, "records": Refs(refs)}) if refs else record
