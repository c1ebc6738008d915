"""Every write's way in: forms for new and changed records, and the cards for deleting and completing.

Nothing here writes to the CRM: each road ends in a proposal (product.md section 4).
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from bot import fields
from bot.answers import Schema
from bot.blocks import filled_in, forms, ids, lists, problems
from bot.blocks.forms import FormContext
from bot.blocks.primitives import modal
from bot.changes import Verb
from bot.crm.twenty import Twenty
from bot.errors import BotError, Misunderstood, NotFound
from bot.fields import FIELDS, Holds
from bot.language import commands, intents
from bot.language.intents import About, Target
from bot.listeners import drafts
from bot.listeners.drafts import Draft
from bot.listeners.front import Here, Taken
from bot.listeners.history import Past
from bot.listeners.lookup import Lookup
from bot.listeners.payloads import Click, Submission
from bot.listeners.resolving import called_so, first_assignee, matches, origin_of, someone
from bot.listeners.source import with_source
from bot.listeners.writers import may_write
from bot.models import LINKABLE, WRITABLE, Kind, Money, Record, Ref, Refs, Someone, Value
from bot.proposals.in_time import in_time
from bot.proposals.naming import called
from bot.proposals.proposing import Proposing
from bot.store import Store

SEVERAL = "several match “{}”; choose one below."


class Write:
    """Opens forms and turns what comes back into proposals."""

    def __init__(
        self, *, store: Store, proposing: Proposing, lookup: Lookup, past: Past, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._proposing = proposing
        self._lookup = lookup
        self._past = past
        self._now = now

    # Opening forms

    async def new(self, asked: intents.New, here: Here) -> None:
        """The form for a new record, filled in from the words."""
        context = opened_by(here, Verb.CREATE, asked.kind, str(uuid.uuid4()))
        await here.talk.open(forms.loading(context))
        await may_write(here, Verb.CREATE, asked.kind)
        crm = await here.team.crm()
        values, remarks = await _filled_in(asked.prefill, asked.kind, crm, here)
        if "assignee" not in asked.prefill:
            values |= await first_assignee(asked.kind, here)
        if asked.about:
            spoken_of, which = await _spoken_of(asked.about, crm)
            values |= spoken_of
            remarks += which
        await self.show_form(Draft(context, values), here, remarks=remarks)

    async def new_clicked(self, click: Click, here: Here) -> None:
        """The form for a new record, filled in from what the button says would be typed."""
        timezone = (await here.viewer()).timezone
        asked = commands.parse(f"new {click.value}", now=self._now(), timezone=timezone)
        if not isinstance(asked, intents.New):
            raise Misunderstood("This button belongs to an older version of the bot.", hint="Run the command again.")
        await self.new(asked, here)

    async def add_note(self, click: Click, here: Here) -> None:
        """A new note on the record whose card it was."""
        await self._add(Kind.NOTE, click, here)

    async def add_task(self, click: Click, here: Here) -> None:
        """A new task on the record whose card it was."""
        await self._add(Kind.TASK, click, here)

    async def _add(self, kind: Kind, click: Click, here: Here) -> None:
        context = opened_by(here, Verb.CREATE, kind, str(uuid.uuid4()))
        await here.talk.open(forms.loading(context))
        await may_write(here, Verb.CREATE, kind)
        crm = await here.team.crm()
        ref = ids.dereference(click.value, LINKABLE)
        names = await crm.names([ref])
        records = Refs((replace(ref, name=names.get(ref.id, "")),))
        values = {"records": records, **await first_assignee(kind, here)}
        await self.show_form(Draft(context, values), here)

    async def edit(self, asked: intents.Edit, here: Here) -> None:
        """The form for a record; several matches are a choice in its place."""
        await self._edit(asked.what, here)

    async def edit_clicked(self, click: Click, here: Here) -> None:
        """The form for the record whose button was pressed, on a card or in a choice."""
        ref = ids.dereference(click.value, WRITABLE)
        if click.view.get("callback_id") == ids.MESSAGE_VIEW:
            here.talk.take_view(click.view)  # a choice gives way to the form
        await self._edit(Target(id=ref.id, kind=ref.kind), here)

    async def _edit(self, what: Target, here: Here) -> None:
        context = opened_by(here, Verb.UPDATE, what.kind or Kind.COMPANY)
        await (here.talk.update if here.talk.has_view else here.talk.open)(forms.loading(context))
        await may_write(here, Verb.UPDATE, what.kind)
        crm = await here.team.crm()
        found = await matches(what, crm, WRITABLE)
        if len(found) > 1:
            choice = lists.which_one(
                f"Which “{what.words}”?", found, await here.viewer(), action_id=ids.RECORD_EDIT, verb="Edit"
            )
            await here.talk.update(modal("Edit", choice.blocks, ids.MESSAGE_VIEW))
            return
        await may_write(here, Verb.UPDATE, found[0].kind)
        record = await with_ties(found[0], crm)
        context = replace(context, kind=record.kind, record_id=record.id, record_name=record.name)
        context = await self._kept(Draft(context, record.values, record), here)
        await self.show_form(Draft(context, record.values, record), here)

    async def open_draft(self, click: Click, here: Here) -> None:
        """The form again, with everything that was in it when it could not become a card."""
        draft = await self._draft(click.value, here)
        if draft is None:
            raise Misunderstood("This draft is too old to be opened. Please start anew.")
        if draft.context.verb is Verb.CREATE:  # a new record's id: what came of an earlier opening may be over
            draft = replace(draft, context=replace(draft.context, record_id=str(uuid.uuid4())))
        await here.talk.open(forms.loading(draft.context))
        await self.show_form(draft, here)

    async def _kept(self, draft: Draft, here: Here) -> FormContext:
        return await drafts.kept(draft, here, self._store, self._now())

    async def _draft(self, draft_id: str, here: Here) -> Draft | None:
        return await drafts.found(draft_id, here, self._store)

    async def show_form(self, draft: Draft, here: Here, *, remarks: Sequence[str] = ()) -> None:
        """Fill in the form that was opened as `loading`; `remarks` are said above its fields."""
        context = draft.context
        view = forms.form(
            context,
            await whole_schema(await here.team.crm(), context.kind),
            draft.values,
            timezone=(await here.viewer()).timezone,
            whole_thread=draft.whole_thread or None,
            remarks=remarks,
        )
        if not await here.talk.update(view):
            raise Misunderstood("The form was closed before it was ready. Please open it again.")

    # Straight to a card

    async def delete(self, asked: intents.Delete, here: Here) -> None:
        """The card that asks whether the record shall go to the trash."""
        await self._one(asked.what, WRITABLE, here, self._delete, action_id=ids.RECORD_DELETE, verb="Delete")

    async def done(self, asked: intents.Done, here: Here) -> None:
        """The card that asks whether the task is done."""
        await self._one(asked.what, (Kind.TASK,), here, self._done, action_id=ids.RECORD_DONE, verb="Done")

    async def delete_clicked(self, click: Click, here: Here) -> None:
        """The delete card for the record whose button was pressed."""
        await self._delete(ids.dereference(click.value, WRITABLE), here)

    async def done_clicked(self, click: Click, here: Here) -> None:
        """The card for the task whose Done was pressed; the list in which it stood says so from then on."""
        task, page = ids.read_done(click.value)
        try:
            await self._done(task, here)
        except (Misunderstood, NotFound):  # done or gone by now: the list was behind
            await self._lookup.renew(page, here)
            raise
        await self._lookup.renew(page, here)

    async def more(self, click: Click, here: Here) -> None:
        """The rest of a record card's menu."""
        what, ref = ids.read_more(click.value)
        match what:
            case ids.MORE_DELETE:
                await self._delete(ref, here)
            case ids.MORE_SHARE:
                await self._lookup.share(ref, here)
            case ids.MORE_NOTES if ref.kind in LINKABLE:
                await self._lookup.attached(ref, Kind.NOTE, here)
            case ids.MORE_TASKS if ref.kind in LINKABLE:
                await self._lookup.attached(ref, Kind.TASK, here)
            case ids.MORE_HISTORY:
                await self._past.of_record(ref, here)
            case _:
                raise Misunderstood("This menu belongs to an older version of the bot. Run the command again.")

    async def _one(
        self,
        what: Target,
        kinds: Sequence[Kind],
        here: Here,
        act: Callable[[Ref, Here], Awaitable[None]],
        *,
        action_id: str,
        verb: str,
    ) -> None:
        """Do it to the one that is meant; of several a choice, whose buttons lead on by `action_id`."""
        found = await matches(what, await here.team.crm(), kinds)
        if len(found) == 1:
            await act(found[0].ref, here)
            return
        question = f"Which “{what.words}”?"
        choice = lists.which_one(question, found, await here.viewer(), action_id=action_id, verb=verb)
        await here.talk.privately(choice)

    async def _delete(self, ref: Ref, here: Here) -> None:
        await self._proposing.delete(ref, await origin_of(here))

    async def _done(self, ref: Ref, here: Here) -> None:
        crm = await here.team.crm()
        await self._proposing.complete(await crm.read(ref.kind, ref.id), await origin_of(here))

    # What comes back

    async def submit(self, submission: Submission, here: Here) -> Taken:
        """Mistakes at their fields; else a proposal, or the draft kept when none could be made."""
        context = forms.read_context(submission.view)
        thread_ts = "" if context.asked_in else context.thread_ts
        here.talk.move_to(context.asked_in or context.channel, thread_ts=thread_ts, response_url=context.response_url)
        draft = await self._draft(context.draft, here)
        record = draft.record if draft else None
        if context.verb is Verb.UPDATE and record is None:
            raise Misunderstood("This form was open for too long. Copy what you typed and open it once more.")
        given = filled_in.read_form(
            submission.view,
            FIELDS[context.kind],
            record.values if record else (draft.values if draft else {}),
            timezone=(await here.viewer()).timezone,
            currency=(await here.team.settings()).currency,
        )
        if given.errors:
            return Taken(errors=given.errors)
        return Taken(work=lambda: self._propose(Draft(context, given.values, record, given.whole_thread), here))

    async def _propose(self, draft: Draft, here: Here) -> None:
        try:
            await self._proposed(draft, here)
        except BotError as error:
            context = await self._kept(draft, here)
            await here.talk.privately(problems.with_draft(problems.Problem(str(error)), context.draft))

    async def _proposed(self, draft: Draft, here: Here) -> None:
        context, values = draft.context, dict(draft.values)
        origin = await origin_of(here, context)
        if draft.record is not None:
            await self._proposing.update(draft.record, values, origin)
            return
        records = values.pop("records", None)
        values = await with_source(values, context, here, whole_thread=draft.whole_thread)
        ties = records.to if isinstance(records, Refs) else ()
        await self._proposing.create(context.kind, context.record_id, values, ties, origin)
        await self._remember_used(ties, here)

    async def _remember_used(self, ties: Sequence[Ref], here: Here) -> None:
        if ties and here.talk.channel:
            await self._store.recent_records.use(here.team.id, here.talk.channel, ties, self._now())


def opened_by(here: Here, verb: Verb, kind: Kind, record_id: str = "") -> FormContext:
    """The context of a form that opens here; its submission will know neither channel nor response_url."""
    talk = here.talk
    return FormContext(
        verb=verb,
        kind=kind,
        record_id=record_id,
        channel=talk.channel,
        thread_ts=talk.thread_ts,
        response_url=talk.response_url,
    )


async def whole_schema(crm: Twenty, kind: Kind) -> Schema:
    """The kind's fields in this CRM; a note and a task always ask for records, which its text names if need be."""
    schema = await crm.schema(kind)
    if kind in (Kind.NOTE, Kind.TASK) and not any(each.key == "records" for each in schema.fields):
        return replace(schema, fields=(*schema.fields, fields.field(kind, "records")))
    return schema


async def with_ties(record: Record, crm: Twenty) -> Record:
    """The record with the names of everything it points to, and a note's or task's records among its values."""
    if record.kind in (Kind.NOTE, Kind.TASK):
        return (await crm.card(record.kind, record.id)).record
    names = await crm.names(value for value in record.values.values() if isinstance(value, Ref))
    return replace(record, values={key: called(value, names) for key, value in record.values.items()})


async def _filled_in(
    prefill: Mapping[str, Value], kind: Kind, crm: Twenty, here: Here
) -> tuple[dict[str, Value], list[str]]:
    """First values with their names looked up; what is not found is said above the fields instead of being guessed."""
    values: dict[str, Value] = {}
    remarks: list[str] = []
    for key, value in prefill.items():
        try:
            values[key] = await _looked_up(fields.field(kind, key), value, crm, here)
        except (Misunderstood, NotFound) as error:
            remarks.append(f"{fields.field(kind, key).label}: {error}")
    return values, remarks


async def _looked_up(wanted: fields.Field, value: Value, crm: Twenty, here: Here) -> Value:
    if isinstance(value, Someone):
        return await someone(value, crm, here)
    if isinstance(value, Money) and not value.currency:
        return replace(value, currency=(await here.team.settings()).currency)
    kinds = {Holds.COMPANY: (Kind.COMPANY,), Holds.PERSON: (Kind.PERSON,), Holds.RECORDS: LINKABLE}
    if wanted.holds not in kinds or not isinstance(value, str):
        return value
    found = await matches(Target(words=value), crm, kinds[wanted.holds])
    if len(found) > 1:
        raise Misunderstood(SEVERAL.format(value))
    return Refs((found[0].ref,)) if wanted.holds is Holds.RECORDS else found[0].ref


async def _spoken_of(about: About, crm: Twenty) -> tuple[dict[str, Value], list[str]]:
    """The record that the title speaks of, and the title then; of several, the sentence that asks for one.

    Nothing when the CRM does not tell in time: the form is not to be lost for it.
    """
    found = await in_time(called_so(about.what, crm, LINKABLE), ())
    if len(found) > 1:
        return {}, [f"Records: {SEVERAL.format(about.what.words)}"]
    return ({"title": about.title, "records": Refs((found[0].ref,))}, []) if found else ({}, [])
