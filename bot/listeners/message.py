"""From a message: save it as a note, or make a task of it.

A form opens at once, before any request to the CRM (slack.md section 3: a trigger lives three seconds).
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from bot.answers import Schema
from bot.blocks import forms
from bot.blocks.forms import FormContext
from bot.blocks.inputs import fits
from bot.blocks.primitives import NAME, Line, View, leaf, mention, one_line, web
from bot.changes import Verb
from bot.crm.search import has_address
from bot.errors import BotError, NotConnected
from bot.fields import FIELDS
from bot.language.dates import is_over, the_one_date
from bot.language.message import Plain, read_message
from bot.listeners.drafts import Draft, kept
from bot.listeners.front import Here
from bot.listeners.payloads import Shortcut
from bot.listeners.resolving import first_assignee
from bot.listeners.source import context_of, moment_of, names_in
from bot.listeners.thread import is_readable
from bot.listeners.writers import may_write
from bot.models import Kind, Record, Ref, Value
from bot.proposal import Proposal, State
from bot.remembered import Remembered
from bot.store import Store
from bot.teams.links import record_url

Given = TypeVar("Given")

SUGGESTED = 6
"""Records to tick in one form."""

FIRST_STATUSES = ("TODO", "IN_PROGRESS", "DONE")
"""A task's statuses until the CRM has told its own (twenty.md section 4)."""


class FromMessage:
    """The two message shortcuts that lead to a write."""

    def __init__(self, store: Store, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._assignees: Remembered[tuple[str, str], Mapping[str, Value]] = Remembered(most=10_000, seconds=3600)

    async def save_as_note(self, shortcut: Shortcut, here: Here) -> None:
        """A note's form, filled in from the message."""
        await self._open(Kind.NOTE, shortcut, here)

    async def create_task(self, shortcut: Shortcut, here: Here) -> None:
        """A task's form, filled in from the message."""
        await self._open(Kind.TASK, shortcut, here)

    async def _open(self, kind: Kind, shortcut: Shortcut, here: Here) -> None:
        plain = read_message(shortcut.message, await names_in(shortcut, here))
        timezone = (await here.viewer()).timezone
        context = context_of(kind, shortcut, timezone)
        first = _Filled(
            context=context,
            schema=Schema(kind=kind, fields=FIELDS[kind], choices={"status": FIRST_STATUSES}, takes_links=True),
            values={
                "title": plain.title,
                "text": plain.markdown,
                **self._due(kind, plain, shortcut, timezone),
                **(self._assignees.get(await _whose(here)) or {} if kind is Kind.TASK else {}),
            },
            remarks=tuple(await self._already_saved(shortcut, here)),
        )
        if not fits(plain.markdown):
            # More than an input takes: left empty it stays as it is, so it has to be kept.
            draft = Draft(context, first.values)
            first = replace(first, context=await kept(draft, here, self._store, self._now()))
        await here.talk.open(first.view(timezone))
        await may_write(here, Verb.CREATE, kind)
        better = await self._completed(first, plain, shortcut, here)
        if better != first:
            await here.talk.update(better.view(timezone))

    def _due(self, kind: Kind, plain: Plain, shortcut: Shortcut, timezone: str) -> Mapping[str, Value]:
        """When a task is due, as its message says."""
        if kind is not Kind.TASK or not fits(plain.text):
            return {}
        # Monday's "tomorrow" is Tuesday, on whatever day the message becomes a task; by then it may be over.
        when = the_one_date(plain.text, now=moment_of(shortcut), timezone=timezone)
        return {"due": when} if when and not is_over(when, self._now()) else {}

    async def _completed(self, first: "_Filled", plain: Plain, shortcut: Shortcut, here: Here) -> "_Filled":
        """The form with what takes a request: suggestions, the CRM's own options, and whether the thread can be had."""
        meant, recent, schema, readable, assignee = await asyncio.gather(
            self._meant(plain, here),
            self._store.recent_records.recent(here.team.id, shortcut.channel),
            _learned(first.schema, here) if first.schema.kind is Kind.TASK else _given(first.schema),
            is_readable(here, shortcut.channel, first.context.thread_ts) if shortcut.is_threaded else _given(False),
            self._assignee(here) if first.schema.kind is Kind.TASK else _given({}),
        )
        # Whose own address the message holds is sure enough to be ticked from the start.
        addressed = [each.ref for each in meant if has_address(each, plain.emails)]
        named = {ref.id: ref for ref in (*addressed, *(each.ref for each in meant), *recent)}
        return replace(
            first,
            schema=schema,
            values={**first.values, **assignee},
            suggested=tuple(named.values())[:SUGGESTED],
            ticked=len(addressed),
            whole_thread=False if readable else None,
        )

    async def _assignee(self, here: Here) -> Mapping[str, Value]:
        """The first assignee; the next form begins with it.

        This one is open already, and what an open field shows Slack keeps (github.com/slackapi/bolt-js/issues/290).
        """
        found = await first_assignee(Kind.TASK, here)
        self._assignees.put(await _whose(here), found)
        return found

    async def _already_saved(self, shortcut: Shortcut, here: Here) -> list[Line]:
        """A line for each note or task that was made from this very message, with the way to it."""
        earlier = await self._store.proposals.saved_from(here.team.id, shortcut.channel, shortcut.message_ts)
        address = (await here.team.settings()).crm_web_address if earlier else ""
        return [_saved(each, address) for each in earlier]

    async def _meant(self, plain: Plain, here: Here) -> tuple[Record, ...]:
        """Whom and what the message speaks of; nobody when the CRM does not answer."""
        crm = await here.team.crm()
        try:
            return await crm.mentioned(plain.text, emails=plain.emails, domains=plain.domains)
        except BotError:
            return ()


class _Filled(Struct, frozen=True):
    """A form as it is filled in so far."""

    context: FormContext
    schema: Schema
    values: Mapping[str, Value]
    remarks: tuple[Line, ...] = ()
    suggested: tuple[Ref, ...] = ()
    ticked: int = 0
    whole_thread: bool | None = None

    def view(self, timezone: str) -> View:
        return forms.form(
            self.context,
            self.schema,
            self.values,
            timezone=timezone,
            whole_thread=self.whole_thread,
            suggested=self.suggested,
            ticked=self.ticked,
            remarks=self.remarks,
        )


async def _whose(here: Here) -> tuple[str, str]:
    """Somebody, as a user of the CRM that the team has now."""
    try:
        return (await here.team.crm()).connection_id, here.talk.user
    except NotConnected:
        return "", here.talk.user


async def _given(value: Given) -> Given:
    return value


async def _learned(schema: Schema, here: Here) -> Schema:
    """The schema with the options that this CRM has; as it was when the CRM does not tell."""
    try:
        known = await (await here.team.crm()).schema(schema.kind)
    except BotError:
        return schema
    return replace(schema, choices={**schema.choices, **known.choices})


def _saved(earlier: Proposal, address: str) -> Line:
    kind, name = earlier.change.kind, one_line(earlier.change.name, NAME)
    if earlier.state is State.DONE:
        url = record_url(address, earlier.record) or ""
        return [
            leaf(f"Already saved from this message: the {kind} "),
            web(url, name),
            leaf(f" (id {earlier.record.id})."),
        ]
    waiting = f" has proposed the {kind} “{name}” from this message already; it is not decided yet."
    return [mention(earlier.proposer), leaf(waiting)]
