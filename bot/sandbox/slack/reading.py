"""Messages and views as a person sees them: their text, labels, buttons, links, and whom they would ping."""

import html
import re
from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.anatomy import elements_in, every_block
from bot.sandbox.slack.state import View
from bot.sandbox.slack.world import Json, Message

Seen = Message | View | Json | list[Json]

ENTITY = re.compile(r"<([^<>]+)>")
PINGS = re.compile(r"<(@[UW][A-Z0-9]+|![a-z]+(?:\^[A-Z0-9]+)?)(?:\|[^<>]*)?>")


def text_of(seen: Seen) -> str:
    """Everything a person can read on it, a line for each piece.

    A message with blocks is read by its blocks, as Slack shows it. A real mention reads `@U123`,
    one that was disarmed by escaping reads `<@U123>`.
    """
    return "\n".join(piece for piece in _pieces(seen) if piece)


def labels_of(view: Seen) -> list[str]:
    """The labels of a form's fields."""
    return [block["label"]["text"] for block in every_block(blocks_of(view)) if block["type"] == "input"]


def buttons_of(seen: Seen) -> list[str]:
    """The labels of the buttons, in their order."""
    return [e["text"]["text"] for _, e in elements_of(seen) if e["type"] == "button"]


def menu_of(seen: Seen) -> list[str]:
    """The entries of the overflow menus."""
    return [o["text"]["text"] for _, e in elements_of(seen) if e["type"] == "overflow" for o in e["options"]]


def links_of(seen: Seen) -> list[str]:
    """Every address that a click would open."""
    found: list[str] = []
    for part in _parts(blocks_of(seen)):
        if part.get("type") in ("link", "button") and part.get("url"):
            found.append(part["url"])
        if part.get("type") == "mrkdwn":
            found += [
                _unescape(e.split("|")[0]) for e in ENTITY.findall(part["text"]) if not e.startswith(("@", "#", "!"))
            ]
    return found


def pings_of(message: Message) -> set[str]:
    """Whom a message would notify: `@U123`, `!channel`, ..."""
    found: set[str] = set(PINGS.findall(message.text))
    for part in _parts(list(message.blocks)):
        match part.get("type"):
            case "mrkdwn":
                found.update(PINGS.findall(part["text"]))
            case "user":
                found.add(f"@{part['user_id']}")
            case "broadcast":
                found.add(f"!{part['range']}")
    return {ping for ping in found if not ping.startswith("!date")}


def blocks_of(seen: Seen) -> list[Json]:
    match seen:
        case Message() | View():
            return list(seen.blocks)
        case list():
            return seen
        case _:
            return list(seen.get("blocks") or [])


def elements_of(seen: Seen) -> Iterator[tuple[Json, Json]]:
    """Every interactive element with its block."""
    for block in every_block(blocks_of(seen)):
        for element in elements_in(block):
            yield block, element


def _pieces(seen: Seen) -> Iterator[str]:
    if isinstance(seen, Message) and not seen.blocks:
        yield shown(seen.text)
        return
    content = seen.content if isinstance(seen, View) else seen
    if isinstance(content, dict):
        yield from (_own_text(content[key]) for key in ("title", "submit", "close") if content.get(key))
    for block in blocks_of(seen):
        yield from _read(block)
    if isinstance(seen, View):
        yield from seen.errors.values()


def _own_text(text: Json) -> str:
    return shown(text["text"]) if text.get("type") == "mrkdwn" else str(text["text"])


def shown(mrkdwn: str) -> str:
    """Markup as Slack renders it: links by their text, mentions by their id, escapes undone."""
    return _unescape(ENTITY.sub(_shown_entity, mrkdwn))


def _shown_entity(match: re.Match[str]) -> str:
    target, _, label = match[1].partition("|")
    if target.startswith("!date"):
        return label
    return f"@{target[1:]}" if target.startswith(("@", "!")) else label or target


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _read(part: Any) -> Iterator[str]:
    """The text of one part of a block, whatever it is."""
    if isinstance(part, list):
        for each in part:
            yield from _read(each)
    elif isinstance(part, dict):
        yield from _read_object(part)


LINES = ("rich_text_section", "rich_text_preformatted", "rich_text_quote")


def _read_object(part: Json) -> Iterator[str]:
    kind = part.get("type")
    if kind in LINES:
        yield "".join(map(_leaf, part["elements"]))
    elif kind in ("plain_text", "mrkdwn", "raw_text", "raw_number"):
        yield _own_text(part)
    elif kind == "markdown":
        yield html.unescape(part["text"])
    elif kind == "image":
        yield part.get("alt_text", "")
    else:
        yield str(part.get("initial_value") or part.get("initial_date") or "")
        for key, value in part.items():
            if key not in ("confirm", "initial_option"):
                yield from _read(value)


def _leaf(leaf: Json) -> str:
    match leaf["type"]:
        case "text":
            return str(leaf["text"])
        case "link":
            return str(leaf.get("text") or leaf["url"])
        case "emoji":
            return f":{leaf['name']}:"
        case "date":
            return str(leaf.get("fallback") or leaf["timestamp"])
        case kind:
            return "@" + str(leaf.get("user_id") or leaf.get("channel_id") or leaf.get("range") or kind)


def _parts(part: Any) -> Iterator[Json]:
    """Every object inside, at any depth."""
    if isinstance(part, dict):
        yield part
    for value in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _parts(value)
