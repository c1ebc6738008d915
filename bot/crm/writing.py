"""Writes to one CRM, each sent once: nothing is ever re-sent that may have been done.

The one exception is a 400 for a field that the CRM calls otherwise: nothing was written, so the same record is sent
again under the same id in the other dialect (twenty.md section 0).
"""

from collections.abc import Mapping
from typing import Any

from bot.answers import Whereabouts
from bot.crm import filters, shapes
from bot.crm.columns import COLUMNS, plural, singular
from bot.crm.maton import Gateway
from bot.crm.pace import Urgency
from bot.crm.reading import Reading, enclosed, lacking
from bot.errors import BotError, InvalidChoice, NotFound, NotRouted, OutcomeUnknown, UnknownField
from bot.fields import field
from bot.models import Kind, Record, Ref, Value

UNREAD = "This was sent to the CRM, but its state could not be read back; so it is not known yet what became of it."
NO_RESTORE = "This CRM does not let records be taken out of the trash over its API."


class Writing:
    """The writes of one connection."""

    def __init__(self, gateway: Gateway, reading: Reading) -> None:
        self._gateway = gateway
        self._reading = reading
        self._knowledge = reading.knowledge

    async def create(self, kind: Kind, record_id: str, held: Mapping[str, Value], *, creator: Ref | None) -> Record:
        """The new record under our id; Duplicate when the id, email or domain is taken."""
        signed: dict[str, Any] = {"id": record_id}
        if creator and self._knowledge.pick(plural(kind), ("createdBy",)):
            signed["createdBy"] = _actor(creator)
        answer = await self._spoken("POST", kind, None, held, signed)
        return await self._echoed(kind, record_id, answer)

    async def update(self, kind: Kind, record_id: str, held: Mapping[str, Value]) -> Record:
        """The record with these fields set, composites whole; NotFound when it is gone."""
        answer = await self._spoken("PATCH", kind, record_id, held, {})
        return await self._echoed(kind, record_id, answer)

    async def delete(self, kind: Kind, record_id: str) -> Whereabouts:
        """Ask for the trash, then look where the record went: a CRM may destroy it and answer the same."""
        await self._write("DELETE", kind, record_id, params={"soft_delete": "true"})
        try:
            return await self.whereabouts(kind, record_id)
        except BotError as error:
            raise OutcomeUnknown(UNREAD) from error

    async def whereabouts(self, kind: Kind, record_id: str) -> Whereabouts:
        """Where the record is now: there, in the trash, or gone; one request."""
        wanted = filters.all_of(filters.is_id("id", record_id), filters.trashed_or_not())
        try:
            rows = await self._reading.rows(plural(kind), wanted, limit=1, urgency=Urgency.WRITE)
        except UnknownField:
            rows = await self._reading.rows(plural(kind), filters.is_id("id", record_id), urgency=Urgency.WRITE)
        if not rows.raws:
            return "gone"
        return "trash" if rows.raws[0].get("deletedAt") else "there"

    async def restore(self, kind: Kind, record_id: str) -> Record:
        """Out of the trash by whichever route this CRM has; NotRouted when none, NotFound when it is not there."""
        answer = await self._restored_one(kind, record_id)
        if answer is _NO_ROUTE:
            answer = await self._restored_many(kind, record_id)
        if answer is _NO_ROUTE:
            raise NotRouted(NO_RESTORE)
        return await self._echoed(kind, record_id, answer)

    async def _restored_one(self, kind: Kind, record_id: str) -> Any:
        if self._knowledge.restores_one is False:
            return _NO_ROUTE
        try:
            answer = await self._write("PATCH", kind, record_id, restore=True)
        except NotRouted:
            self._knowledge.restores_one = False
            return _NO_ROUTE
        self._knowledge.restores_one = True
        return answer

    async def _restored_many(self, kind: Kind, record_id: str) -> Any:
        """The former route, by a filter for the one id (twenty.md section 1.1)."""
        if self._knowledge.restores_many is False:
            return _NO_ROUTE
        wanted = filters.is_id("id", record_id)
        try:
            answer = await self._write("PATCH", kind, None, params={"filter": wanted.asked}, restore=True)
        except NotRouted:
            self._knowledge.restores_many = False
            return _NO_ROUTE
        self._knowledge.restores_many = True
        return answer

    async def _spoken(
        self, method: str, kind: Kind, record_id: str | None, held: Mapping[str, Value], signed: dict[str, Any]
    ) -> Any:
        """Send in the dialect known so far, and again after each refusal that taught a better one."""
        for _ in range(len(held) + 2):
            names = self._names(kind, held)
            try:
                return await self._write(method, kind, record_id, json=signed | shapes.body(kind, held, names))
            except UnknownField as error:
                self._knowledge.lacks(plural(kind), error.field)
                if signed.pop(error.field, None) is None and error.field not in names.values():
                    raise
            except InvalidChoice as error:
                self._learn_choices(kind, error)
                raise
        raise UnknownField("This CRM's fields could not be made out.", field="")

    def _names(self, kind: Kind, held: Mapping[str, Value]) -> dict[str, str]:
        """What this CRM calls each field; UnknownField, before anything is sent, for one that it lacks."""
        names: dict[str, str] = {}
        for key in held:
            name = self._knowledge.name(kind, key)
            if name is None:
                raise lacking(kind, field(kind, key).label, key)
            names[key] = name
        return names

    def _learn_choices(self, kind: Kind, error: InvalidChoice) -> None:
        for each in COLUMNS[kind]:
            if error.field in each.names and error.valid:
                self._knowledge.allows(kind, each.key, error.valid)

    async def _write(self, method: str, kind: Kind, record_id: str | None, **what: Any) -> Any:
        self._reading.changed()
        try:
            return await self._gateway.write(method, plural(kind), record_id, **what)
        finally:
            self._reading.changed()

    async def _echoed(self, kind: Kind, record_id: str, answer: Any) -> Record:
        """The record that the answer holds, else as read back: empty answers happen (maton.md section 5)."""
        raw = enclosed(answer, singular(kind))
        if raw is not None and str(raw.get("id") or "").lower() == record_id.lower() and len(raw) > 1:
            return self._reading.record(kind, raw)
        try:
            return await self._reading.one(kind, record_id, urgency=Urgency.WRITE)
        except NotFound:
            raise
        except BotError as error:
            raise OutcomeUnknown(UNREAD) from error


_NO_ROUTE = object()


def _actor(creator: Ref) -> dict[str, Any]:
    """The member as the record's creator. With a name the CRM keeps the whole of it (twenty.md section 4.2).

    The source stays API, which it is: the member proposed it, the bot wrote it.
    """
    return {"source": "API", "workspaceMemberId": creator.id, "name": creator.name or "Slack"}
