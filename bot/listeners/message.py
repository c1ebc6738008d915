"""From a message: save it as a note, make a task of it, or look up whom and what it is about.

A form opens at once, before any request to the CRM (slack.md section 3: a trigger lives three seconds).
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from bot.blocks import forms, ids, records
from bot.blocks.forms import FormContext
from bot.blocks.primitives import modal, section
from bot.changes import Verb
from bot.crm.answers import Schema
from bot.crm.twenty import Twenty
from bot.errors import BotError, NotConnected
from bot.fields import FIELDS
from bot.language.message import Plain, read_message, user_ids_in
from bot.listeners.front import Here
from bot.listeners.lookup import full_card
from bot.listeners.payloads import Shortcut
from bot.models import Kind, Record, Ref, Refs, Value
from bot.proposals.model import Proposal, State
from bot.store import Store

NAMES_WITHIN = 0.8
"""Seconds in which the names of mentioned people are resolved before the form opens without them."""

LOOKED_UP = 4
"""Cards in one answer; a card may cost six requests to the CRM."""

FIRST_STATUSES = ("TODO", "IN_PROGRESS", "DONE")
"""A task's statuses until the CRM has told its own (twenty.md section 4)."""


class FromMessage:
    """The three message shortcuts."""

    def __init__(self, store: Store, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def save_as_note(self, shortcut: Shortcut, here: Here) -> None:
        """A note's form, filled in from the message."""
        await self._open(Kind.NOTE, shortcut, here)

    async def create_task(self, shortcut: Shortcut, here: Here) -> None:
        """A task's form, filled in from the message."""
        await self._open(Kind.TASK, shortcut, here)

    async def look_up(self, shortcut: Shortcut, here: Here) -> None:
        """Whom and what the message is about, as cards in a modal: author, emails, domains and Twenty links."""
        await here.talk.open(modal("Look up in CRM", [section("Looking…")], ids.LOOK_UP_VIEW))
        plain = read_message(shortcut.message, await self._names(shortcut, here))
        crm = await here.team.crm()
        refs = await self._about(plain, shortcut, crm, here)
        cards = await asyncio.gather(*(full_card(ref, here) for ref in refs[:LOOKED_UP]))
        blocks = records.several(cards, await here.viewer(), more=len(refs) - len(cards))
        await here.talk.update(modal("Look up in CRM", blocks, ids.LOOK_UP_VIEW))

    async def _about(self, plain: Plain, shortcut: Shortcut, crm: Twenty, here: Here) -> list[Ref]:
        """The records that the message speaks of, each once: links first, then people, then companies."""
        author = str(shortcut.message.get("user") or "")
        emails = [*plain.emails]
        if author and (email := (await here.team.profile(author)).email):
            emails.append(email)
        linked = [Ref(each.kind, each.id) for each in plain.twenty_links if each.kind]
        people, companies = await asyncio.gather(crm.people_by_email(emails), crm.companies_by_domain(plain.domains))
        found = [*linked, *(each.ref for each in (*people, *companies))]
        return list({ref.id: ref for ref in found}.values())

    async def _open(self, kind: Kind, shortcut: Shortcut, here: Here) -> None:
        plain = read_message(shortcut.message, await self._names(shortcut, here))
        timezone = (await here.viewer()).timezone
        context = context_of(kind, shortcut, timezone)
        values: dict[str, Value] = {"title": plain.title, "text": plain.markdown}
        schema = Schema(kind=kind, fields=FIELDS[kind], choices={"status": FIRST_STATUSES}, takes_links=True)
        remarks = await self._already_saved(shortcut, here)
        await here.talk.open(forms.form(context, schema, values, timezone=timezone, remarks=remarks))
        suggested = await self._suggested(plain, here)
        if suggested or kind is Kind.TASK:
            schema = await _learned(schema, here)
            values["records"] = Refs(tuple(each.ref for each in suggested))
            await here.talk.update(forms.form(context, schema, values, timezone=timezone, remarks=remarks))

    async def _names(self, shortcut: Shortcut, here: Here) -> Mapping[str, str]:
        """The names of everybody whom the message mentions, as far as Slack tells them in time."""
        users = list(user_ids_in(shortcut.message))
        try:
            async with asyncio.timeout(NAMES_WITHIN):
                profiles = await asyncio.gather(*(here.team.profile(user) for user in users))
        except TimeoutError:
            return {}
        return {profile.user_id: profile.name for profile in profiles if profile.name}

    async def _already_saved(self, shortcut: Shortcut, here: Here) -> list[str]:
        """A sentence for each note or task that was made from this very message."""
        earlier = await self._store.proposals.saved_from(here.team.id, shortcut.channel, shortcut.message_ts)
        return [_saved(each) for each in earlier]

    async def _suggested(self, plain: Plain, here: Here) -> tuple[Record, ...]:
        """The people whose email stands in the message; nobody when the CRM does not answer."""
        if not plain.emails:
            return ()
        try:
            return await (await here.team.crm()).people_by_email(plain.emails)
        except NotConnected:
            raise
        except BotError:
            return ()


def context_of(kind: Kind, shortcut: Shortcut, timezone: str) -> FormContext:
    """What the form must remember of its message; the permalink is made here, since that takes no request."""
    thread_ts = shortcut.thread_ts or shortcut.message_ts
    return FormContext(
        verb=Verb.CREATE,
        kind=kind,
        record_id=str(uuid.uuid4()),
        channel=shortcut.channel,
        thread_ts=thread_ts,
        response_url=shortcut.response_url,
        source_channel=shortcut.channel,
        source_ts=shortcut.message_ts,
        permalink=permalink(shortcut),
        author=str(shortcut.message.get("user") or ""),
        said_at=_said_at(shortcut, timezone),
    )


def _said_at(shortcut: Shortcut, timezone: str) -> str:
    """Where and when it was said, in the saver's timezone: `in #sales on 3 March 2026 at 09:30 (Europe/London)`."""
    public = shortcut.channel_name and shortcut.channel_name not in ("directmessage", "privategroup")
    where = f"in #{shortcut.channel_name} " if public else ""
    at = datetime.fromtimestamp(float(shortcut.message_ts), ZoneInfo(timezone))
    return f"{where}on {at.day} {at:%B %Y} at {at:%H:%M} ({timezone})"


async def with_source(values: Mapping[str, Value], context: FormContext, here: Here) -> dict[str, Value]:
    """The values, the text ending with who said it, where and when, and the way back to the message."""
    if not context.source_ts:
        return dict(values)
    name = (await here.team.profile(context.author)).name if context.author else ""
    said = f"Said {f'by {name} ' if name else ''}{context.said_at}"
    line = f"{said} · [Open in Slack]({context.permalink})" if context.permalink else said
    text = str(values.get("text") or "")
    return {**values, "text": f"{text}\n\n{line}".strip()}


async def _learned(schema: Schema, here: Here) -> Schema:
    """The schema with the options that this CRM has; as it was when the CRM does not tell."""
    try:
        known = await (await here.team.crm()).schema(schema.kind)
    except BotError:
        return schema
    return replace(schema, choices={**schema.choices, **known.choices})


def _saved(earlier: Proposal) -> str:
    name = earlier.change.name
    if earlier.state is State.DONE:
        return f"Already saved from this message: the {earlier.change.kind} “{name}”."
    return f"<@{earlier.proposer}> has proposed the {earlier.change.kind} “{name}” from this message; it is waiting."


def permalink(shortcut: Shortcut) -> str:
    """The message's address in Slack: https://<domain>.slack.com/archives/<channel>/p<ts without its dot>."""
    if not shortcut.domain:
        return ""
    address = f"https://{shortcut.domain}.slack.com/archives/{shortcut.channel}/p{shortcut.message_ts.replace('.', '')}"
    if shortcut.thread_ts and shortcut.thread_ts != shortcut.message_ts:
        address += f"?thread_ts={shortcut.thread_ts}&cid={shortcut.channel}"
    return address
