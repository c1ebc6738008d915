"""One confirmed change against the CRM: a handful of idempotent steps, each of which may be taken twice without harm.

Creates carry ids of our own, updates set whole values, deletes and restores name their end; so a step whose answer was
lost is first read back (`again`) and only then taken once more. Nothing here touches the store or Slack.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from bot.answers import Whereabouts
from bot.changes import Change, LinkChange, Moved, Verb, is_applied, moved, new_values
from bot.crm.pace import Urgency
from bot.crm.twenty import Twenty
from bot.errors import Duplicate, NotFound, NotRouted, Refused
from bot.models import Record, Value
from bot.proposals.naming import called, names_in


class Stale(Exception):
    """A touched field moved since the card was made: nothing was written. Carries what moved, and the record now."""

    def __init__(self, what: tuple[Moved, ...], record: Record) -> None:
        super().__init__("the record moved")
        self.what = what
        self.record = record


class Applied(Struct, frozen=True):
    """What the CRM holds after the change: the record (None when deleted), where it is, and what did not go to plan.

    `missed` are the ids of the links that were refused, as `remarks` tell.
    """

    record: Record | None
    where: Whereabouts = "there"
    remarks: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()

    def after(self, change: Change) -> dict[str, Value]:
        """The touched fields as the CRM echoes them: a create may come back normalised (twenty.md section 4.2)."""
        if self.record is None:
            return {}
        return {key: self.record.values.get(key, new) for key, new in new_values(change).items()}


class Application:
    """One try at carrying a change out. `again` when an earlier try may have reached the CRM.

    `wrote` tells, once `run` has raised, whether anything of the change may be in the CRM by now.
    """

    def __init__(self, change: Change, crm: Twenty, *, again: bool) -> None:
        self._change = change
        self._crm = crm
        self._again = again
        self._remarks: list[str] = []
        self._missed: list[str] = []
        self.wrote = again

    async def run(self) -> Applied:
        """Carry the change out. Raises `Stale` (nothing written), `OutcomeUnknown`, or another `BotError`."""
        match self._change.verb:
            case Verb.CREATE:
                return await self._create()
            case Verb.UPDATE:
                return await self._update()
            case Verb.DELETE:
                return await self._delete()
            case Verb.RESTORE:
                return await self._restore()

    async def _create(self) -> Applied:
        record = await self._already_there() if self._again else None
        if record is None:
            record = await self._create_once()
        self.wrote = True
        return await self._attached(record)

    async def _create_once(self) -> Record:
        change = self._change
        try:
            return await self._crm.create(change.kind, change.record_id, plain_values(change), creator=change.creator)
        except Duplicate:
            # The id is ours alone: when it is there, this very create landed earlier; else a unique value is taken.
            record = await self._already_there()
            if record is None:
                raise
            return record

    async def _read(self) -> Record:
        """The record as it is now, before anybody's look-up: somebody has confirmed, and waits."""
        return await self._crm.read(self._change.kind, self._change.record_id, urgency=Urgency.WRITE)

    async def _already_there(self) -> Record | None:
        try:
            return await self._read()
        except NotFound:
            return None

    async def _update(self) -> Applied:
        change = self._change
        record = self._without_names(await self._read())
        await self._unless_moved(record)
        values = plain_values(change)
        if values and not is_applied(change, record):
            record = await self._crm.update(change.kind, change.record_id, values)
            self.wrote = True
        await self._unlink_all()
        return await self._attached(record)

    def _without_names(self, record: Record) -> Record:
        """The record with its text as confirmed, where an earlier try has gone on to name the records in it."""
        confirmed = new_values(self._change)
        is_named = record.values.get("text") == self._named_in_text(self._change.links, record)
        if not (self._again and "text" in confirmed and is_named):
            return record
        return replace(record, values={**record.values, "text": confirmed["text"]})

    async def _unless_moved(self, record: Record) -> None:
        """Raise `Stale` for what somebody else has changed since the card: with names, since people decide about it."""
        what = moved(self._change, record)
        if not what:
            return
        if self._again:
            raise Refused(MOVED_MEANWHILE)
        names = await names_in([*record.values.values(), *(each.now for each in what)], self._crm)
        values = {key: called(value, names) for key, value in record.values.items()}
        now = tuple(replace(each, now=called(each.now, names)) for each in what)
        raise Stale(now, replace(record, values=values))

    async def _delete(self) -> Applied:
        change = self._change
        try:
            record = await self._read()
        except NotFound:
            if not self._again:
                raise
            return Applied(None, where=await self._crm.whereabouts(change.kind, change.record_id))
        await self._unless_moved(record)
        where = await self._crm.delete(change.kind, change.record_id)
        if where == "there":
            raise Refused("The CRM said that the record was deleted, but it is still there.")
        return Applied(None, where=where)

    async def _restore(self) -> Applied:
        change = self._change
        where = await self._crm.whereabouts(change.kind, change.record_id)
        if where == "there":
            return Applied(await self._read())
        if where == "trash":
            return await self._restore_from_trash()
        record = await self._create_once()
        self.wrote = self._again = True
        self._remarks.append("It was gone for good, so it was made again with the same id.")
        return await self._attached(record)

    async def _restore_from_trash(self) -> Applied:
        try:
            return Applied(await self._crm.restore(self._change.kind, self._change.record_id))
        except NotRouted:
            raise Refused(
                "This CRM cannot restore over its API. Open its list of deleted records and restore it there."
            ) from None

    async def _attached(self, record: Record) -> Applied:
        """Tie it to its records; where the CRM takes no ties, its text names them. With this the change is applied."""
        unknown_here: list[LinkChange] = []
        for link in self._change.links:
            try:
                await self._link(link)
            except NotRouted:
                unknown_here.append(link)
            except (Refused, NotFound) as error:  # the record is written by now, so this is no failure of the whole
                self._miss(link, f"It could not be attached to {link.to.name or link.to.id}: {error}")
        if unknown_here:
            record = await self._name_in_text(unknown_here, record)
        return Applied(record, remarks=tuple(self._remarks), missed=tuple(self._missed))

    def _miss(self, link: LinkChange, remark: str) -> None:
        self._missed.append(link.id)
        self._remarks.append(remark)

    async def _link(self, link: LinkChange) -> None:
        if self._again and await self._crm.found_link(self._change.kind, link.id):
            return
        try:
            await self._crm.link(self._change.kind, self._change.record_id, link)
        except Duplicate:
            if not await self._crm.found_link(self._change.kind, link.id):
                raise
        self.wrote = True

    async def _unlink_all(self) -> None:
        for link in self._change.unlinks:
            try:
                await self._crm.unlink(self._change.kind, link)
            except NotFound:
                continue  # somebody else untied it, or an earlier try of ours did
            except Refused as error:
                self._miss(link, f"It could not be detached from {link.to.name or link.to.id}: {error}")
            else:
                self.wrote = True

    async def _name_in_text(self, links: list[LinkChange], record: Record) -> Record:
        self._missed += [link.id for link in links]
        named = {"text": self._named_in_text(links, record)}
        try:
            record = await self._crm.update(self._change.kind, self._change.record_id, named)
        except (Refused, NotFound) as error:
            self._remarks.append(f"It could not be attached to its records: {error}")
        else:
            self._remarks.append("This CRM takes no ties to records, so the text names them.")
        return record

    def _named_in_text(self, links: Sequence[LinkChange], record: Record) -> str:
        text = new_values(self._change).get("text", record.values.get("text"))
        return named_in_text(str(text or ""), links)


MOVED_MEANWHILE = (
    "No answer came when this was written, and since then somebody changed the same field. "
    "Look at the record: it may have held your values for a moment."
)


def named_in_text(text: str, links: Sequence[LinkChange]) -> str:
    """The text with a last paragraph that names the records it belongs to; the same text when it already does."""
    lines = "\n".join(f"- {link.to.kind.capitalize()}: {link.to.name} ({link.to.id})" for link in links)
    paragraph = f"Belongs to:\n{lines}"
    return text if text.endswith(paragraph) else f"{text}\n\n{paragraph}".strip()


def plain_values(change: Change) -> dict[str, Value]:
    """What goes into the record itself; its ties are steps of their own."""
    return {key: value for key, value in new_values(change).items() if key != "records"}
