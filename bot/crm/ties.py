"""What ties notes and tasks to records, where the CRM has such ties at all, by whichever names it has for them.

Facts: twenty.md section 4 (`noteTarget`, `taskTarget`) and 4.1; the documented dialect does not route them.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from bot.changes import LinkChange
from bot.crm import filters, shapes
from bot.crm.columns import TIED, TIES, singular
from bot.crm.maton import Gateway
from bot.crm.pace import Urgency
from bot.crm.reading import Reading
from bot.errors import BotError, NotFound, NotRouted, UnknownField
from bot.models import Kind, Record, Ref, Refs

NO_TIES = "This CRM does not let notes and tasks be attached to records over its API."
SHOWN = 60

Answer = TypeVar("Answer")


class Ties:
    """The ties of one connection's notes and tasks."""

    def __init__(self, gateway: Gateway, reading: Reading) -> None:
        self._gateway = gateway
        self._reading = reading
        self._knowledge = reading.knowledge

    async def taken(self) -> bool:
        """Whether this CRM takes ties; asks once."""
        if self._knowledge.takes_ties is None:
            plural, _ = TIES[Kind.NOTE]
            try:
                await self._routed(lambda: self._reading.rows(plural, limit=1))
            except NotRouted:
                return False
        return bool(self._knowledge.takes_ties)

    async def of(self, kind: Kind, record_id: str) -> tuple[LinkChange, ...]:
        """The ties of a note or task, their records named; NotRouted where there are none to be had."""
        plural, owner = TIES[kind]
        wanted = filters.is_id(owner, record_id)
        rows = await self._routed(lambda: self._reading.rows(plural, wanted, limit=SHOWN))
        found = [(str(raw.get("id")), to) for raw in rows.raws if (to := shapes.tied(raw))]
        names = await self._reading.names(to for _, to in found)
        return tuple(LinkChange(each, Ref(to.kind, to.id, names.get(to.id, ""))) for each, to in found)

    async def attached(self, ref: Ref, kind: Kind) -> tuple[Record, ...]:
        """The notes or tasks on a record, latest tie first, at most sixty; one request where the CRM nests them."""
        plural, owner = TIES[kind]

        async def read() -> Any:
            wanted = filters.is_id(self._column(plural, ref.kind), ref.id)
            return await self._reading.rows(plural, wanted, limit=SHOWN, order="createdAt[DescNullsLast]", depth=1)

        rows = await self._either_way(plural, ref.kind, read)
        nested = [raw.get(singular(kind)) for raw in rows.raws]
        if all(isinstance(each, Mapping) for each in nested):
            shown = [each for each in nested if not each.get("deletedAt")]
            return tuple(shapes.record(kind, each) for each in shown)
        found = await self._reading.many(kind, [str(raw.get(owner) or "") for raw in rows.raws])
        return tuple(found.values())

    async def records_of(self, kind: Kind, ids: Iterable[str]) -> dict[str, Refs]:
        """What each of these notes or tasks hangs on, by name; one request, and of each only what is not in the trash.

        Empty where the CRM does not tell.
        """
        plural, owner = TIES[kind]
        wanted = filters.one_of(owner, ids)
        try:
            rows = await self._routed(lambda: self._reading.rows(plural, wanted, depth=1))
        except BotError:
            return {}
        found: dict[str, Refs] = {}
        for raw in rows.raws:
            if (to := shapes.tied(raw)) and to.name:
                owned_by = str(raw.get(owner) or "").lower()
                found[owned_by] = Refs((*found.get(owned_by, Refs()).to, to))
        return found

    async def add(self, kind: Kind, record_id: str, link: LinkChange) -> None:
        """Tie the note or task to the record, under the tie's own id; Duplicate when that id was used before."""
        plural, owner = TIES[kind]

        async def write() -> Any:
            body = {"id": link.id, owner: record_id, self._column(plural, link.to.kind): link.to.id}
            return await self._gateway.write("POST", plural, json=body)

        await self._either_way(plural, link.to.kind, write)

    async def remove(self, kind: Kind, link: LinkChange) -> None:
        """Untie; nothing to do when the tie is gone. For good, so that undoing can use the tie's id again."""
        plural, _ = TIES[kind]
        try:
            await self._routed(lambda: self._gateway.write("DELETE", plural, link.id))
        except NotFound:
            return

    async def found(self, kind: Kind, link_id: str) -> bool:
        """Whether the tie is there."""
        plural, _ = TIES[kind]
        try:
            await self._routed(lambda: self._gateway.get(plural, link_id, urgency=Urgency.WRITE))
        except NotFound:
            return False
        return True

    def _column(self, plural: str, kind: Kind) -> str:
        name = self._knowledge.pick(plural, TIED[kind])
        if name is None:
            raise UnknownField(f"This CRM does not attach anything to {kind.plural}.", field=TIED[kind][0])
        return name

    async def _either_way(self, plural: str, kind: Kind, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask by the current column; when the CRM does not know it nothing was done, so ask by the former one."""
        try:
            return await self._routed(ask)
        except UnknownField as error:
            if error.field not in TIED[kind]:
                raise
            self._knowledge.lacks(plural, error.field)
            return await self._routed(ask)

    async def _routed(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        if self._knowledge.takes_ties is False:
            raise NotRouted(NO_TIES)
        try:
            answer = await ask()
        except NotRouted:
            self._knowledge.takes_ties = False
            raise NotRouted(NO_TIES) from None
        self._knowledge.takes_ties = True
        return answer
