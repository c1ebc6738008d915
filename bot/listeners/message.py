"""From a message: save it as a note, make a task of it, or look up whom and what it is about.

A form opens at once, before any request to the CRM (slack.md section 3: a trigger lives three seconds).
"""

import asyncio
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from bot.answers import Schema
from bot.blocks import forms, ids, records
from bot.blocks.forms import FormContext
from bot.blocks.inputs import fits
from bot.blocks.primitives import Blocks, Line, View, leaf, mention, modal, one_line, section, web
from bot.blocks.values import named
from bot.changes import Verb
from bot.crm.search import MOST_ASKED
from bot.crm.twenty import Twenty
from bot.crm.values import host
from bot.errors import BotError, NotConnected
from bot.fields import FIELDS
from bot.language.addresses import front_doors, kind_of
from bot.language.dates import is_over, the_one_date, zone_of
from bot.language.markup import literal
from bot.language.message import Plain, read_message, user_ids_in
from bot.listeners.drafts import Draft, kept
from bot.listeners.front import Here
from bot.listeners.lookup import full_card
from bot.listeners.payloads import Shortcut, written_place
from bot.listeners.resolving import first_assignee
from bot.listeners.thread import is_readable, written_down
from bot.listeners.writers import may_write
from bot.models import Emails, Kind, Links, Record, RecordCard, Ref, Value
from bot.proposal import Proposal, State
from bot.remembered import Remembered
from bot.store import Store
from bot.teams.links import record_url

Given = TypeVar("Given")

NAMES_WITHIN = 0.8
"""Seconds in which the names of mentioned people are resolved before the form opens without them."""

SUGGESTED = 6
"""Records to tick in one form."""

LOOKED_UP = 4
"""Cards in one answer; a card may cost six requests to the CRM."""

OFFERED = 3
"""Unknown addresses that one answer offers to make a record of."""

NOTHING_ELSE = "Nobody and nothing else in this message is known to the CRM."

FIRST_STATUSES = ("TODO", "IN_PROGRESS", "DONE")
"""A task's statuses until the CRM has told its own (twenty.md section 4)."""


class FromMessage:
    """The three message shortcuts."""

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

    async def look_up(self, shortcut: Shortcut, here: Here) -> None:
        """Whom and what the message is about, as cards in a modal: author, emails, domains and Twenty links."""
        await here.talk.open(_answer([section("Looking…")], shortcut))
        plain = read_message(shortcut.message, await self._names(shortcut, here))
        crm = await here.team.crm()
        author = await _author_email(shortcut, here)
        emails = [*([author] if author else []), *plain.emails]
        meant = await crm.mentioned(plain.text, emails=emails, domains=plain.domains)
        refs = _each_once(plain, meant)
        looked = await asyncio.gather(*(_card_or_why_not(ref, here) for ref in refs[:LOOKED_UP]))
        cards = [each for each in looked if isinstance(each, RecordCard)]
        unknown = _unknown(emails, plain, meant)
        members = await _members_among(unknown, crm)
        remarks = [*_as_a_member(members.get(author)), *(each for each in looked if isinstance(each, str))]
        if remarks and not refs:
            remarks.append(NOTHING_ELSE)
        blocks = records.several(
            cards,
            await here.viewer(),
            self._now(),
            remarks=remarks,
            more=len(refs) - len(looked),
            unknown=[each for each in unknown if each[1] not in members][:OFFERED],
        )
        await here.talk.update(_answer(blocks, shortcut))

    async def _open(self, kind: Kind, shortcut: Shortcut, here: Here) -> None:
        plain = read_message(shortcut.message, await self._names(shortcut, here))
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
        when = the_one_date(plain.text, now=_said(shortcut), timezone=timezone)
        return {"due": when} if when and not is_over(when, self._now()) else {}

    async def _completed(self, first: "_Filled", plain: Plain, shortcut: Shortcut, here: Here) -> "_Filled":
        """The form with what takes a request: suggestions, the CRM's own options, and whether the thread can be had."""
        meant, recent, schema, readable, assignee = await asyncio.gather(
            self._meant(plain, here),
            self._store.recent_records.recent(here.team.id, shortcut.channel),
            _learned(first.schema, here) if first.schema.kind is Kind.TASK else _given(first.schema),
            is_readable(here, shortcut.channel, first.context.thread_ts) if shortcut.is_threaded else _given(False),
            self._assignee(first.schema.kind, here),
        )
        # Whose own address the message holds is sure enough to be ticked from the start.
        addressed = [each.ref for each in meant if _has_email(each, plain.emails)]
        named = {ref.id: ref for ref in (*addressed, *(each.ref for each in meant), *recent)}
        return replace(
            first,
            schema=schema,
            values={**first.values, **assignee},
            suggested=tuple(named.values())[:SUGGESTED],
            ticked=len(addressed),
            whole_thread=False if readable else None,
        )

    async def _assignee(self, kind: Kind, here: Here) -> Mapping[str, Value]:
        """The first assignee; the next form begins with it.

        This one is open already, and what an open field shows Slack keeps (github.com/slackapi/bolt-js/issues/290).
        """
        found = await first_assignee(kind, here)
        if found:
            self._assignees.put(await _whose(here), found)
        return found

    async def _names(self, shortcut: Shortcut, here: Here) -> Mapping[str, str]:
        """The names of everybody whom the message mentions, as far as Slack tells them in time."""
        try:
            async with asyncio.timeout(NAMES_WITHIN):
                known = await here.team.profiles(user_ids_in(shortcut.message))
        except TimeoutError:
            return {}
        return {user: profile.name for user, profile in known.items() if profile.name}

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


def _has_email(record: Record, emails: Collection[str]) -> bool:
    """Whether one of the addresses, in small letters, is the person's own."""
    email = record.values.get("email")
    return isinstance(email, Emails) and email.primary.casefold() in emails


async def _author_email(shortcut: Shortcut, here: Here) -> str:
    """The address of whoever wrote the message, as far as Slack tells it."""
    known = await here.team.profiles([str(shortcut.message.get("user") or "")])
    return next((profile.email.casefold() for profile in known.values()), "")


def _unknown(emails: Sequence[str], plain: Plain, meant: Sequence[Record]) -> list[tuple[Kind, str]]:
    """The addresses that were asked for and no record has, each with the kind of record it can be the first of."""
    domains = front_doors(plain.domains[:MOST_ASKED], plain.links)
    homes = {host(each.primary.url) for record in meant if isinstance(each := record.values.get("domain"), Links)}
    strangers = [each for each in emails[:MOST_ASKED] if not any(_has_email(record, (each,)) for record in meant)]
    others = [*strangers, *(each for each in domains if each not in homes)]
    return [(kind, each) for each in dict.fromkeys(others) if (kind := kind_of(each))]


async def _members_among(addresses: Sequence[tuple[Kind, str]], crm: Twenty) -> dict[str, Record]:
    """Those whose address is a member's; nobody when the CRM does not tell."""
    people = [each for kind, each in addresses if kind is Kind.PERSON]
    try:
        return {each: member for each in people if (member := await crm.member_by_email(each))}
    except BotError:
        return {}


def _as_a_member(author: Record | None) -> list[str]:
    """A sentence about an author who works with the CRM and is none of its people."""
    if author is None:
        return []
    return [f"Written by {author.name}, a member of this CRM; no person in it has that email address."]


def _each_once(plain: Plain, meant: Sequence[Record]) -> list[Ref]:
    """The records that the message speaks of: its links first, then its people, then names."""
    linked = [Ref(each.kind, each.id) for each in plain.twenty_links if each.kind]
    return list({ref.id: ref for ref in (*linked, *(each.ref for each in meant))}.values())


async def _card_or_why_not(ref: Ref, here: Here) -> RecordCard | str:
    """The record's card; a sentence in its place when the CRM does not give it, so that the others are shown."""
    try:
        return await full_card(ref, here)
    except BotError as error:
        return f"Not shown: {named(ref)}. {error}"


def _answer(blocks: Blocks, shortcut: Shortcut) -> View:
    """The modal of *Look up in CRM*; what is pressed in it is answered where the message stands."""
    return modal("Look up in CRM", blocks, ids.LOOK_UP_VIEW, metadata=written_place(shortcut))


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
    zone = zone_of(timezone)
    public = shortcut.channel_name and shortcut.channel_name not in ("directmessage", "privategroup")
    where = f"in #{shortcut.channel_name} " if public else ""
    at = _said(shortcut).astimezone(zone)
    return f"{where}on {at.day} {at:%B %Y} at {at:%H:%M} ({zone})"


def _said(shortcut: Shortcut) -> datetime:
    return datetime.fromtimestamp(float(shortcut.message_ts), UTC)


async def with_source(
    values: Mapping[str, Value], context: FormContext, here: Here, *, whole_thread: bool = False
) -> dict[str, Value]:
    """The values, the text followed by who said it, where and when, the way back, and the thread when it is wanted."""
    if not context.source_ts or context.is_written_down:
        return dict(values)
    known = await here.team.profiles([context.author])
    name = known[context.author].name if context.author in known else ""
    said = literal(f"Said {f'by {name} ' if name else ''}{context.said_at}")
    line = f"{said} · [Open in Slack]({context.permalink})" if context.permalink else said
    parts = [str(values.get("text") or ""), line]
    if whole_thread:
        channel, thread_ts = context.source_channel, context.thread_ts
        parts += ["The whole thread:", await written_down(here, channel, thread_ts, without=context.source_ts)]
    return {**values, "text": "\n\n".join(part for part in parts if part)}


async def _learned(schema: Schema, here: Here) -> Schema:
    """The schema with the options that this CRM has; as it was when the CRM does not tell."""
    try:
        known = await (await here.team.crm()).schema(schema.kind)
    except BotError:
        return schema
    return replace(schema, choices={**schema.choices, **known.choices})


def _saved(earlier: Proposal, address: str) -> Line:
    kind, name = earlier.change.kind, one_line(earlier.change.name, 200)
    if earlier.state is State.DONE:
        url = record_url(address, earlier.record) or ""
        return [
            leaf(f"Already saved from this message: the {kind} "),
            web(url, name),
            leaf(f" (id {earlier.record.id})."),
        ]
    waiting = f" has proposed the {kind} “{name}” from this message already; it is not decided yet."
    return [mention(earlier.proposer), leaf(waiting)]


def permalink(shortcut: Shortcut) -> str:
    """The message's address in Slack: https://<domain>.slack.com/archives/<channel>/p<ts without its dot>."""
    if not shortcut.domain:
        return ""
    address = f"https://{shortcut.domain}.slack.com/archives/{shortcut.channel}/p{shortcut.message_ts.replace('.', '')}"
    if shortcut.thread_ts and shortcut.thread_ts != shortcut.message_ts:
        address += f"?thread_ts={shortcut.thread_ts}&cid={shortcut.channel}"
    return address
