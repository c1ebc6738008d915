"""The message that something is made from: whom it names, where it stands, and what is written down of that."""

import asyncio
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from bot.blocks.forms import FormContext
from bot.changes import Verb
from bot.language.dates import zone_of
from bot.language.markup import literal
from bot.language.message import user_ids_in
from bot.listeners.front import Here
from bot.listeners.payloads import Shortcut
from bot.listeners.thread import written_down
from bot.models import Kind, Value

NAMES_WITHIN = 0.8
"""Seconds in which the names of mentioned people are resolved before the form or the answer opens without them."""


async def names_in(shortcut: Shortcut, here: Here) -> Mapping[str, str]:
    """The names of everybody whom the message mentions, as far as Slack tells them in time."""
    try:
        async with asyncio.timeout(NAMES_WITHIN):
            known = await here.team.profiles(user_ids_in(shortcut.message))
    except TimeoutError:
        return {}
    return {user: profile.name for user, profile in known.items() if profile.name}


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
    at = moment_of(shortcut).astimezone(zone)
    return f"{where}on {at.day} {at:%B %Y} at {at:%H:%M} ({zone})"


def moment_of(shortcut: Shortcut) -> datetime:
    """When it was said."""
    return datetime.fromtimestamp(float(shortcut.message_ts), UTC)


def permalink(shortcut: Shortcut) -> str:
    """The message's address in Slack: https://<domain>.slack.com/archives/<channel>/p<ts without its dot>."""
    if not shortcut.domain:
        return ""
    address = f"https://{shortcut.domain}.slack.com/archives/{shortcut.channel}/p{shortcut.message_ts.replace('.', '')}"
    if shortcut.thread_ts and shortcut.thread_ts != shortcut.message_ts:
        address += f"?thread_ts={shortcut.thread_ts}&cid={shortcut.channel}"
    return address


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
