"""One team's CRM in our words. Nothing outside this package knows Twenty's names, routes or quirks.

Reads raise Unavailable, RateLimited, CredentialBroken or a Refused; writes moreover OutcomeUnknown, and then the caller
reads back by the id it chose before (twenty.md section 5). No write is ever repeated that may have been done.
"""

from collections.abc import Iterable, Mapping, Sequence

from bot.answers import Page, Schema, Whereabouts, Workflow
from bot.changes import LinkChange
from bot.crm import filters, listing, search
from bot.crm.cards import RecordCards
from bot.crm.dialect import SELECTS, Knowledge
from bot.crm.maton import Gateway
from bot.crm.pace import Urgency
from bot.crm.reading import Reading, together
from bot.crm.ties import Ties
from bot.crm.typeahead import SETTLING, TypeAhead
from bot.crm.writing import Writing
from bot.fields import FIELDS
from bot.models import LINKABLE, ConnectionId, Found, Kind, Record, RecordCard, Ref, Value
from bot.queries import Position, Query


class Twenty:
    """The CRM behind one connection."""

    def __init__(self, gateway: Gateway, knowledge: Knowledge | None = None, *, settling: float = SETTLING) -> None:
        self._gateway = gateway
        self._knowledge = knowledge or Knowledge()
        self._reading = Reading(gateway, self._knowledge)
        self._ties = Ties(gateway, self._reading)
        self._writing = Writing(gateway, self._reading)
        self._cards = RecordCards(self._reading, self._ties)
        self._typeahead = TypeAhead(self._reading, settling=settling)

    @property
    def connection_id(self) -> ConnectionId:
        """The connection that every request carries."""
        return self._gateway.connection_id

    # Looking up

    async def find(self, words: str, *, limit: int = 5) -> Found:
        """Companies, people and deals that literally hold every word, best match first."""
        return await search.find(self._reading, words, limit=limit)

    async def suggest(self, text: str, kinds: Iterable[Kind] = LINKABLE, *, limit: int = 20) -> tuple[Record, ...]:
        """What may be meant by the text so far, best match first."""
        return await self._typeahead.suggest(text, kinds, limit=limit)

    async def page(self, query: Query, position: Position | None = None, *, size: int = 10) -> Page:
        """One page of a list, with names for its companies and members, and for what its notes or tasks hang on."""
        return await listing.page(self._reading, self._ties, query, position or Position(), size=size)

    async def count(self, kind: Kind) -> int | None:
        """How many records of the kind there are, where the CRM says it."""
        return (await self._reading.records(kind, limit=1)).total

    async def read(self, kind: Kind, record_id: str, *, urgency: Urgency = Urgency.LOOKUP) -> Record:
        """The record as it is now; NotFound when it is absent or in the trash."""
        return await self._reading.one(kind, record_id, urgency=urgency)

    async def names(self, refs: Iterable[Ref]) -> dict[str, str]:
        """The records' names by id, at most a minute old; what does not exist is left out."""
        return await self._reading.names(refs)

    async def locate(self, record_id: str) -> Record | None:
        """The record with this id, whatever its kind; None when there is none. Three requests, or five in all."""
        for kinds in (LINKABLE, (Kind.NOTE, Kind.TASK)):
            found: list[dict[str, Record]] = await together(self._reading.many(kind, [record_id]) for kind in kinds)
            if records := [each for part in found for each in part.values()]:
                return records[0]
        return None

    async def card(self, kind: Kind, record_id: str) -> RecordCard:
        """The record with what its card shows; `url` stays None, since no API tells the CRM's web address."""
        return await self._cards.card(kind, record_id)

    async def members(self) -> tuple[Record, ...]:
        """All members, at most a minute old."""
        return await self._reading.members()

    async def member_by_email(self, email: str) -> Record | None:
        """The member with exactly this address, ignoring case."""
        wanted = email.strip().casefold()
        matching = [each for each in await self.members() if str(each.values.get("email") or "").casefold() == wanted]
        return matching[0] if wanted and matching else None

    async def people_by_email(self, emails: Iterable[str]) -> tuple[Record, ...]:
        """The people who have one of these primary addresses; one request."""
        return await search.by_email(self._reading, emails)

    async def person_by_email(self, email: str) -> Record | None:
        """The person who has this primary address."""
        return next(iter(await self.people_by_email([email])), None)

    async def mentioned(
        self, text: str, *, emails: Iterable[str] = (), domains: Iterable[str] = ()
    ) -> tuple[Record, ...]:
        """The people and companies that a text speaks of, by address or whole name, best first; two requests."""
        return await search.mentioned(self._reading, text, emails, domains)

    async def lookalikes(self, kind: Kind, values: Mapping[str, Value]) -> tuple[Record, ...]:
        """What the record to be made may double; one in the trash says so in its name. One request."""
        return await search.lookalikes(self._reading, kind, values)

    async def attached(self, ref: Ref, kind: Kind) -> tuple[Record, ...]:
        """The notes or tasks on a record, latest first; NotRouted where this CRM takes no ties."""
        return await self._ties.attached(ref, kind)

    async def links(self, kind: Kind, record_id: str) -> tuple[LinkChange, ...]:
        """The ties of a note or task, with their records' names."""
        return await self._ties.of(kind, record_id)

    async def workflows(self, words: str = "") -> tuple[Workflow, ...]:
        """Workflows whose name holds every word; NotRouted where this CRM does not offer them."""
        wanted = [filters.contains("name", word) for word in words.split()]
        rows = await self._reading.rows("workflows", filters.all_of(*wanted) if wanted else None)
        return tuple(_workflow(raw) for raw in rows.raws)

    async def schema(self, kind: Kind) -> Schema:
        """The kind's fields and options in this CRM; at most two requests, and none once they are known."""
        asks = []
        if not self._knowledge.has_seen(kind) or not self._knowledge.knows_choices(kind):
            asks.append(self._learned(kind))
        if kind in (Kind.NOTE, Kind.TASK):
            asks.append(self._ties.taken())
        await together(asks)
        return Schema(
            kind=kind,
            fields=tuple(each for each in FIELDS[kind] if self._knowledge.has(kind, each.key)),
            choices={key: self._knowledge.choices(kind, key) for key in SELECTS.get(kind, ())},
            takes_links=kind in (Kind.NOTE, Kind.TASK) and bool(self._knowledge.takes_ties),
            paths=self._knowledge.paths(kind),
        )

    async def _learned(self, kind: Kind) -> bool:
        limit = 200 if kind in SELECTS else 1  # options are learned from their use
        await self._reading.records(kind, limit=limit)
        return True

    # Writing

    async def create(
        self, kind: Kind, record_id: str, values: Mapping[str, Value], *, creator: Ref | None = None
    ) -> Record:
        """Make the record under the id given. Duplicate when an id, email or domain is taken: `read` tells which."""
        return await self._writing.create(kind, record_id, values, creator=creator)

    async def update(self, kind: Kind, record_id: str, values: Mapping[str, Value]) -> Record:
        """Set these fields, composites whole, and leave the others."""
        return await self._writing.update(kind, record_id, values)

    async def delete(self, kind: Kind, record_id: str) -> Whereabouts:
        """Ask for the trash and say where the record really went."""
        return await self._writing.delete(kind, record_id)

    async def whereabouts(self, kind: Kind, record_id: str) -> Whereabouts:
        """Where the record is now."""
        return await self._writing.whereabouts(kind, record_id)

    async def restore(self, kind: Kind, record_id: str) -> Record:
        """Take the record out of the trash; NotRouted where this CRM has no way to."""
        return await self._writing.restore(kind, record_id)

    async def link(self, kind: Kind, record_id: str, link: LinkChange) -> None:
        """Tie a note or task to a record, under the tie's own id."""
        await self._ties.add(kind, record_id, link)

    async def unlink(self, kind: Kind, link: LinkChange) -> None:
        """Remove the tie; nothing to do when it is gone already."""
        await self._ties.remove(kind, link)

    async def found_link(self, kind: Kind, link_id: str) -> bool:
        """Whether the tie is there, for reading back after an answer was lost."""
        return await self._ties.found(kind, link_id)


def _workflow(raw: Mapping[str, object]) -> Workflow:
    statuses = raw.get("statuses")
    shown = tuple(str(each) for each in statuses) if isinstance(statuses, Sequence) and statuses else ()
    return Workflow(str(raw.get("id") or ""), str(raw.get("name") or "Untitled workflow"), shown)
