"""A proposal that came to nothing, proposed again: its form with everything in it, or its card anew."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime

from msgspec.structs import replace

from bot.blocks import forms, ids
from bot.blocks.forms import FormContext
from bot.blocks.primitives import footnote, modal
from bot.blocks.proposal import gone
from bot.changes import Change, Verb, new_values
from bot.crm.twenty import Twenty
from bot.errors import NotFound, Refused
from bot.listeners.drafts import Draft, kept
from bot.listeners.front import Here
from bot.listeners.payloads import Click
from bot.listeners.resolving import origin_of, proposal_on_card
from bot.listeners.write import Write, opened_by, with_ties
from bot.listeners.writers import may_write
from bot.models import Refs, Value
from bot.proposal import Proposal, What
from bot.proposals.proposing import Origin, Proposing
from bot.store import Store

FOR_ANOTHER_CRM = "This was proposed for another CRM than the one that this workspace is connected to now."
BEHIND = "Behind this form stands what can be done now."

LOOKED_BACK = 50
"""Entries of a record's history in which its last write is looked for."""


class Again:
    """What *Propose again* does on a card that failed or expired."""

    def __init__(self, *, store: Store, proposing: Proposing, write: Write, now: Callable[[], datetime]) -> None:
        self._store = store
        self._proposing = proposing
        self._write = write
        self._now = now

    async def clicked(self, click: Click, here: Here) -> None:
        """Creates and changes open as a form, to be put right; what has no form becomes a card at once."""
        proposal = await proposal_on_card(click.value, here, self._store)
        if proposal.undo_of:
            await self._undo(proposal, here)
        elif proposal.change.verb is Verb.DELETE:
            await self._delete(proposal, here)
        else:
            await self._form(proposal, here)

    async def _undo(self, proposal: Proposal, here: Here) -> None:
        done = await proposal_on_card(proposal.undo_of, here, self._store)
        await self._unless_gone(self._proposing.undo(done.id, await _origin(proposal, here)), proposal, here)

    async def _delete(self, proposal: Proposal, here: Here) -> None:
        await _crm_of(proposal.change, here)
        deleting = self._proposing.delete(proposal.record, await _origin(proposal, here))
        await self._unless_gone(deleting, proposal, here)

    async def _unless_gone(self, proposing: Awaitable[Proposal], proposal: Proposal, here: Here) -> None:
        try:
            await proposing
        except NotFound:
            await self._gone(proposal, here)

    async def _gone(self, proposal: Proposal, here: Here) -> None:
        """Say what is left to do, behind the form: what Undo leads to, a card, stands there as well."""
        said = gone(proposal, await self._deletion(proposal, here), (await here.viewer()).timezone)
        if here.talk.has_view:
            await here.talk.update(modal("CRM", [*said.blocks[:1], footnote(BEHIND)], ids.MESSAGE_VIEW))
        await here.talk.privately(said)

    async def _deletion(self, proposal: Proposal, here: Here) -> Proposal | None:
        """The confirmed delete that its record went by; None when it went another way, or that is forgotten."""
        events = await self._store.history.of_record(here.team.id, proposal.change.record_id, limit=LOOKED_BACK)
        last = next((each for each in events if each.what is What.DONE), None)
        if last is None or last.verb is not Verb.DELETE:
            return None
        return await self._store.proposals.proposal(here.team.id, last.proposal_id)

    async def _form(self, proposal: Proposal, here: Here) -> None:
        change, context = proposal.change, _context(proposal, here)
        await here.talk.open(forms.loading(context))
        await may_write(here, change.verb, change.kind)
        crm = await _crm_of(change, here)
        draft = Draft(context, _values(change))
        if change.verb is Verb.UPDATE:
            try:
                record = await with_ties(await crm.read(change.kind, change.record_id), crm)
            except NotFound:
                await self._gone(proposal, here)
                return
            draft = Draft(context, {**record.values, **_values(change, record.values.get("records"))}, record)
        await self._write.show_form(replace(draft, context=await kept(draft, here, self._store, self._now())), here)


async def _crm_of(change: Change, here: Here) -> Twenty:
    crm = await here.team.crm()
    if change.connection_id != crm.connection_id:
        raise Refused(FOR_ANOTHER_CRM)
    return crm


async def _origin(proposal: Proposal, here: Here) -> Origin:
    """Its card belongs where the first one did; the click may come from a direct message that told the end of that."""
    origin = await origin_of(here)
    return replace(origin, channel=proposal.channel, thread_ts=proposal.thread_ts) if proposal.channel else origin


def _context(proposal: Proposal, here: Here) -> FormContext:
    """As the first form's; its text holds already who said it and where, and a new record gets an id of its own."""
    change, source = proposal.change, proposal.source
    record_id = change.record_id if change.verb is Verb.UPDATE else str(uuid.uuid4())
    context = opened_by(here, change.verb, change.kind, record_id)
    if proposal.channel not in ("", context.channel):
        context = replace(context, channel=proposal.channel, thread_ts="", asked_in=context.channel)
    return replace(
        context,
        record_name=change.name,
        thread_ts=proposal.thread_ts or context.thread_ts,
        source_channel=source.channel,
        source_ts=source.ts,
        permalink=source.permalink,
        is_written_down=True,
    )


def _values(change: Change, attached: Value = None) -> dict[str, Value]:
    """What the change sets, and the records that its note or task would have been attached to."""
    removed = {link.to.id for link in change.unlinks}
    before = attached.to if isinstance(attached, Refs) else ()
    records = (*(ref for ref in before if ref.id not in removed), *(link.to for link in change.links))
    return {**new_values(change), **({"records": Refs(records)} if records or before else {})}
