"""A Slack message read for the CRM: its title, its text as Markdown, and the addresses, links and people in it.

Rich text is read where there is some, Slack's `text` else; messages may have nothing but blocks, attachments or files
(slack.md section 3).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from bot.language.addresses import domains_in, emails_in, labels_in, links_of, mentioned_in
from bot.language.clipping import clip
from bot.language.dates import zone_of
from bot.language.intents import Target
from bot.language.markup import Reading, literal, slack_text
from bot.language.richtext import Node, nodes, rich_text
from bot.language.targets import links_in
from bot.models import UserId

_LONGEST_TITLE = 80
_UNSPOKEN = frozenset(
    ("channel_join", "channel_leave", "group_join", "group_leave", "channel_topic", "channel_purpose")
)


class Plain(Struct, frozen=True, kw_only=True):
    """A message as a note or a task may keep it. `title` is never empty; everything else may be."""

    title: str
    markdown: str = ""
    text: str = ""
    """The same without any marks, to look for names in."""
    emails: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    twenty_links: tuple[Target, ...] = ()


def read_message(message: Node, names: Mapping[str, str]) -> Plain:
    """The message with mentions by name; `names` are those of `user_ids_in` (channels' ids may be in it as well)."""
    reading = Reading({**labels_in(message), **names})
    text = _body(message, reading.plainly)
    links = links_of(message)
    return Plain(
        title=_title(message, text, reading),
        markdown=_body(message, reading),
        text=text,
        emails=emails_in(message, text),
        domains=domains_in(links, text),
        links=links,
        twenty_links=links_in("\n".join(links)),
    )


def user_ids_in(message: Node) -> tuple[UserId, ...]:
    """Everybody whose name is needed to read the message: its author first, then all who are mentioned."""
    author = [str(message["user"])] if message.get("user") else []
    return tuple(dict.fromkeys(UserId(each) for each in (*author, *mentioned_in(message))))


def thread_markdown(messages: Iterable[Node], names: Mapping[str, str], timezone: str) -> str:
    """A whole thread, each message under its author's name and its time in that timezone."""
    parts = []
    for message in messages:
        body = _body(message, Reading({**labels_in(message), **names}))
        if body and message.get("subtype") not in _UNSPOKEN:
            parts.append(f"**{literal(author_of(message, names))}**, {_time(message, timezone)}\n\n{body}")
    return "\n\n".join(parts)


def author_of(message: Node, names: Mapping[str, str]) -> str:
    """Who wrote it, by name: a person, an app, or `Someone`."""
    profile = message.get("bot_profile")
    app = profile.get("name") if isinstance(profile, Mapping) else None
    user = str(message.get("user") or "")
    return str(names.get(user) or message.get("username") or app or user or "Someone")


def _time(message: Node, timezone: str) -> str:
    try:
        at = datetime.fromtimestamp(float(message.get("ts", 0)), UTC).astimezone(zone_of(timezone))
    except (TypeError, ValueError, OverflowError, OSError):
        return "at an unknown time"
    return f"{at.day} {at:%b %Y, %H:%M}"


def _body(message: Node, reading: Reading) -> str:
    """Everything that the message says, paragraphs apart."""
    blocks = [_block(each, reading) for each in nodes(message.get("blocks"))]
    said = "\n\n".join(each.strip("\n") for each in blocks if each.strip())
    said = said or slack_text(str(message.get("text") or ""), reading)
    attached = [_attachment(each, reading, bare=not said.strip()) for each in nodes(message.get("attachments"))]
    files = [_file(each, reading) for each in nodes(message.get("files"))]
    return "\n\n".join(each.strip() for each in (said, *attached, *files) if each.strip())


def _block(block: Node, reading: Reading) -> str:
    match block.get("type"):
        case "rich_text":
            return rich_text(block, reading)
        case "markdown":
            return str(block.get("text") or "")
        case "section":
            texts = [block.get("text"), *nodes(block.get("fields"))]
            return "\n".join(_text_object(each, reading) for each in texts if each)
        case "header":
            title = _text_object(block.get("text"), reading)
            return f"**{title}**" if reading.markdown and title else title
        case "context":
            return " ".join(_text_object(each, reading) for each in nodes(block.get("elements")))
        case "table":
            return "\n".join(_row(each, reading) for each in _many(block.get("rows")))
        case _:
            return _text_object(block.get("title") or block.get("alt_text"), reading)


def _text_object(value: Any, reading: Reading) -> str:
    """A text object in either of its types, or a bare string."""
    if isinstance(value, Mapping):
        text = str(value.get("text") or value.get("alt_text") or "")
        return slack_text(text, reading) if value.get("type") == "mrkdwn" else reading.text(text)
    return reading.text(value) if isinstance(value, str) else ""


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _row(cells: Any, reading: Reading) -> str:
    texts = [
        rich_text(each, reading) if each.get("type") == "rich_text" else _text_object(each, reading)
        for each in nodes(cells)
    ]
    return " | ".join(texts)


def _attachment(attachment: Node, reading: Reading, *, bare: bool) -> str:
    """An attachment as a quote; previews of links count only when the message is otherwise `bare`."""
    shared = attachment.get("is_share") or attachment.get("is_msg_unfurl")
    if attachment.get("from_url") and not shared and not bare:
        return ""
    inner = nodes(attachment.get("message_blocks")) or nodes(attachment.get("blocks"))
    blocks = [_block(each.get("message", each), reading) for each in inner]
    body = "\n\n".join(each for each in blocks if each.strip()) or _old_attachment(attachment, reading)
    if not body.strip() or not reading.markdown:
        return body
    return "\n".join(f"> {line}".rstrip() for line in body.strip().split("\n"))


def _old_attachment(attachment: Node, reading: Reading) -> str:
    """An attachment of the old kind: its author, title, text and fields, else its fallback."""
    title = str(attachment.get("title") or "")
    lines = [
        reading.text(str(attachment.get("author_name") or "")),
        slack_text(str(attachment.get("pretext") or ""), reading),
        reading.link(str(attachment.get("title_link") or ""), title) if title else "",
        slack_text(str(attachment.get("text") or ""), reading),
        *(f"{reading.text(str(each.get('title', '')))}: {slack_text(str(each.get('value', '')), reading)}"
          for each in nodes(attachment.get("fields"))),
    ]  # fmt: skip
    return "\n".join(each for each in lines if each) or reading.text(str(attachment.get("fallback") or ""))


def _file(file: Node, reading: Reading) -> str:
    name = str(file.get("title") or file.get("name") or "a file")
    return f"File: {reading.link(str(file.get('permalink') or ''), name)}"


def _title(message: Node, text: str, reading: Reading) -> str:
    """The first line that says something, cut at a word."""
    line = next((" ".join(each.split()) for each in text.splitlines() if re.search(r"\w", each)), "")
    line = line or next((" ".join(each.split()) for each in text.splitlines() if each.strip()), "")
    if not line:
        return f"Message from {author_of(message, reading.names)}"
    return clip(line, _LONGEST_TITLE)
