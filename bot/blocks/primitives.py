"""The handful of builders that own escaping and Slack's limits, so that nobody escapes or shortens anywhere else.

Text of people and of the CRM goes into `plain_text` and `rich_text` leaves only, where Slack reads no markup at all
(slack.md section 4); `mrkdwn` is for the house's own sentences.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from bot.language.clipping import clip

Block = dict[str, Any]
Blocks = list[Block]
View = dict[str, Any]
Leaf = dict[str, Any]
Line = Sequence[Leaf]
Style = Literal["primary", "danger"]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_TEXT = 3_900
"""Slack takes 40,000 characters in a new message but only 4,000 when a message is rewritten."""
SECTION_TEXT = 3_000
LEAF_TEXT = 3_000
HEADER = 150
BUTTON = 75
OPTION = 75
URL = 3_000
NAME = 200

_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ENDED = re.compile("[.!?\u2026\u3002\uff01\uff1f][\"'\u201d\u2019\u00bb)\\]]*$")
_USER = re.compile(r"[UW][A-Z0-9]{1,30}")


class Message(Struct, frozen=True):
    """What is said: `blocks` for the eye, and the same as `text` for screen readers and notifications."""

    text: str
    blocks: Blocks


def message(blocks: Sequence[Block | None]) -> Message:
    """A message whose text is the blocks read aloud; None among the blocks is left out."""
    there = [block for block in blocks if block]
    text = clip(read_aloud(there), MESSAGE_TEXT)
    if not text or len(there) > MESSAGE_BLOCKS:
        raise ValueError(f"not a message: {len(there)} blocks, {len(text)} characters")
    return Message(text, there)


def one_line(text: str, at_most: int) -> str:
    """The text without line breaks, or its beginning: a name among other words."""
    return clip(" ".join(text.split()), at_most)


def called(name: str) -> str:
    """A record's name on one line; "(no name)" when it has none."""
    return one_line(name, NAME) or "(no name)"


def ended(text: str, mark: str) -> str:
    """The text with the mark that ends a sentence, unless it ends one already: no `Call me!?`."""
    return text if _ENDED.search(text) else text + mark


def chunks(text: str, size: int = SECTION_TEXT) -> list[str]:
    """The whole text in pieces of at most `size` characters; put together again they are the text."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def escape(text: str) -> str:
    """Text that mrkdwn shows in its place and as it is: no mention, no link, no channel-wide call."""
    return in_its_place(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# Texts


def in_its_place(text: str) -> str:
    """The text without what would turn the words around it: overrides and embeddings show as a replacement mark."""
    return text if text.isascii() else _TURNING.sub("\ufffd", text)


def plain_text(text: str, at_most: int) -> dict[str, Any]:
    """A `plain_text` object: never empty, never too long, `:smile:` stays what it is."""
    shown = clip(in_its_place(text), at_most)
    return {"type": "plain_text", "text": shown if text.strip() else " ", "emoji": False}


def mrkdwn(text: str) -> dict[str, Any]:
    """A `mrkdwn` object of the house's own words; everything foreign in it went through `escape`."""
    return {"type": "mrkdwn", "text": clip(text, SECTION_TEXT), "verbatim": True}


def leaf(text: str, *, bold: bool = False, italic: bool = False, code: bool = False) -> Leaf:
    """A piece of rich text in which nothing is ever markup."""
    element: Leaf = {"type": "text", "text": clip(in_its_place(text), LEAF_TEXT)}
    if bold or italic or code:
        styles = {"bold": bold, "italic": italic, "code": code}
        element["style"] = {name: True for name, is_on in styles.items() if is_on}
    return element


def mention(user_id: str) -> Leaf:
    """A Slack user by id; what is no user's id stays text."""
    return {"type": "user", "user_id": user_id} if _USER.fullmatch(user_id) else leaf(user_id)


def web(url: str, text: str) -> Leaf:
    """A link to an address of the team's or of Slack's own; anything but http and https stays text."""
    return (
        {"type": "link", "url": url, "text": clip(in_its_place(text), LEAF_TEXT)}
        if is_web(url) and text
        else leaf(text)
    )


def is_web(url: str) -> bool:
    """Whether Slack takes it as a link."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and len(url) <= URL and not re.search(r"\s", url)


# Blocks


def header(text: str) -> Block:
    """A title."""
    return {"type": "header", "text": plain_text(text, HEADER)}


def section(text: str, accessory: Block | None = None) -> Block:
    """Plain words, with a button beside them."""
    block: Block = {"type": "section", "text": plain_text(text, SECTION_TEXT)}
    if accessory:
        block["accessory"] = accessory
    return block


def sentence(text: str) -> Block:
    """The house's own words, with its markup."""
    return {"type": "section", "text": mrkdwn(text)}


def footnote(text: str) -> Block:
    """Small print, in plain words."""
    return {"type": "context", "elements": [plain_text(text, SECTION_TEXT)]}


def side_note(text: str) -> Block:
    """Small print in the house's own words, with its mentions; everything foreign in it went through `escape`."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def divider() -> Block:
    """A line."""
    return {"type": "divider"}


def paragraph(*lines: Line) -> Block:
    """Lines of rich text, one below the other."""
    return {"type": "rich_text", "elements": [_rich_section(lines)]}


def bullets(*lines: Line) -> Block:
    """Lines of rich text as a list."""
    return {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_list", "style": "bullet", "elements": [_rich_section([line]) for line in lines]}
        ],
    }


def quote(text: str) -> Block:
    """Somebody's words, set off."""
    leaves = [leaf(part) for part in chunks(text, LEAF_TEXT)] or [leaf(" ")]
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": leaves}]}


def _rich_section(lines: Iterable[Line]) -> dict[str, Any]:
    elements: list[Leaf] = []
    for line in lines:
        if elements:
            elements.append(leaf("\n"))
        elements += [each for each in line if each.get("text", "-")] or [leaf(" ")]
    return {"type": "rich_text_section", "elements": elements or [leaf(" ")]}


def button(text: str, action_id: str, value: str, *, style: Style | None = None, about: str = "") -> Block:
    """A button; `about` tells screen readers on which record it acts."""
    block: Block = {"type": "button", "text": plain_text(text, BUTTON), "action_id": action_id, "value": value}
    if style:
        block["style"] = style
    if about:
        block["accessibility_label"] = clip(f"{text} {about}", BUTTON)
    return block


def way_out(text: str, action_id: str, url: str) -> Block | None:
    """A button that opens a page; None when the address is none."""
    if not is_web(url):
        return None
    return {"type": "button", "text": plain_text(text, BUTTON), "action_id": action_id, "url": url}


def option(text: str, value: str, description: str = "") -> dict[str, Any]:
    """An option of a select."""
    made = {"text": plain_text(text, OPTION), "value": clip(value, 150)}
    return {**made, "description": plain_text(description, OPTION)} if description else made


def select(placeholder: str, action_id: str, options: Sequence[dict[str, Any]]) -> Block | None:
    """A menu of which one is chosen; None when there is nothing to choose."""
    if not options:
        return None
    shown = plain_text(placeholder, 150)
    return {"type": "static_select", "action_id": action_id, "placeholder": shown, "options": list(options)[:100]}


def overflow(action_id: str, options: Sequence[dict[str, Any]]) -> Block:
    """The More menu."""
    return {"type": "overflow", "action_id": action_id, "options": list(options)[:5]}


def actions(*elements: Block | None) -> Block | None:
    """A row of buttons; None when there are none."""
    there = [element for element in elements if element]
    return {"type": "actions", "elements": there[:25]} if there else None


def modal(
    title: str, blocks: Sequence[Block | None], callback_id: str, *, submit: str = "", metadata: str = ""
) -> View:
    """A modal; without `submit` it can only be closed."""
    view: View = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain_text(title, 24),
        "close": plain_text("Cancel" if submit else "Close", 24),
        "blocks": [block for block in blocks if block][:VIEW_BLOCKS],
    }
    if submit:
        view["submit"] = plain_text(submit, 24)
    return {**view, "private_metadata": metadata} if metadata else view


# The blocks, read aloud


def read_aloud(blocks: Iterable[Block]) -> str:
    """Everything the blocks say, line by line, as text that Slack shows without making anything of it."""
    return "\n".join([line for line in map(_spoken, blocks) if line.strip()])


def _spoken(block: Block) -> str:
    match block["type"]:
        case "header" | "section":
            return _text_spoken(block["text"])
        case "context":
            return " ".join(map(_text_spoken, block["elements"]))
        case "rich_text":
            return "\n".join(map(_rich_spoken, block["elements"]))
        case "actions":
            ways = (each for each in block["elements"] if each.get("url"))
            return "\n".join(f"{escape(each['text']['text'])}: {escape(each['url'])}" for each in ways)
    return ""


def _text_spoken(text: dict[str, Any]) -> str:
    return str(text["text"]) if text["type"] == "mrkdwn" else escape(text["text"])


def _rich_spoken(part: dict[str, Any]) -> str:
    if part["type"] == "rich_text_list":
        return "\n".join(f"• {_rich_spoken(each)}" for each in part["elements"])
    return "".join(map(_leaf_spoken, part["elements"]))


def _leaf_spoken(each: Leaf) -> str:
    match each["type"]:
        case "user":
            return f"<@{each['user_id']}>"
        case "date":
            return escape(each["fallback"])
    return escape(each.get("text") or each.get("url", ""))
