"""Slack's rich text, the tree behind what people format in the composer, turned into Markdown or plain words."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bot.language.markup import Reading, fenced, moment

Node = Mapping[str, Any]


def rich_text(block: Node, reading: Reading) -> str:
    """The block's paragraphs, lists, quotes and code, one under the other."""
    parts = [_BLOCKS.get(each.get("type", ""), _section)(each, reading) for each in nodes(block.get("elements"))]
    text = ""
    before = ""
    for part, kind in zip(parts, (each.get("type", "") for each in nodes(block.get("elements"))), strict=True):
        if part.strip():
            text += _gap(before, kind) + part if text else part
            before = kind
    return text


def nodes(value: Any) -> list[Node]:
    """The dictionaries of a JSON list; nothing for anything else."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _gap(before: str, after: str) -> str:
    """Lists that follow each other are one list, nested; all else is a paragraph of its own."""
    return "\n" if before == after == "rich_text_list" else "\n\n"


def _section(node: Node, reading: Reading) -> str:
    return "".join(_leaf(each, reading) for each in nodes(node.get("elements"))).strip("\n")


def _quote(node: Node, reading: Reading) -> str:
    text = _section(node, reading)
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n")) if reading.markdown and text else text


def _preformatted(node: Node, reading: Reading) -> str:
    code = "".join(_leaf(each, reading.plainly) for each in nodes(node.get("elements")))
    return fenced(code) if reading.markdown else code


def _list(node: Node, reading: Reading) -> str:
    """Items with their number or dash, indented by four spaces a level."""
    indent, offset = _whole(node.get("indent")), _whole(node.get("offset"))
    margin = "    " * indent if reading.markdown else ""
    lines = []
    for number, item in enumerate(nodes(node.get("elements")), start=offset + 1):
        mark = f"{number}. " if node.get("style") == "ordered" else "- "
        text = _section(item, reading).replace("\n", "\n" + margin + "    ")
        lines.append(f"{margin}{mark}{text}" if reading.markdown else text)
    return "\n".join(lines)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 100_000 else 0


def _leaf(node: Node, reading: Reading) -> str:
    kind = str(node.get("type", ""))
    style = node.get("style")
    styles = {name for name, on in style.items() if on} if isinstance(style, Mapping) else set()
    if kind not in ("text", "link") or not reading.markdown:
        return _LEAVES.get(kind, _unknown)(node, reading)
    if "code" in styles and kind == "text":
        return _inline_code(str(node.get("text", "")))
    return _styled(_LEAVES[kind](node, reading), styles)


def _styled(text: str, styles: Iterable[str]) -> str:
    """Marks stand against the words, never against the spaces around them, or Markdown would not read them."""
    core = text.strip()
    if not core:
        return text
    marked = core
    for name, mark in (("italic", "_"), ("strike", "~~"), ("bold", "**")):
        if name in styles:
            marked = "\n".join(f"{mark}{line}{mark}" if line.strip() else line for line in marked.split("\n"))
    start = text.index(core)
    return text[:start] + marked + text[start + len(core) :]


def _inline_code(code: str) -> str:
    return f"`` {code} ``" if "`" in code else f"`{code}`" if code.strip() else code


def _unknown(node: Node, reading: Reading) -> str:
    """A leaf that Slack has invented since: its text, if it has one."""
    return reading.text(str(node.get("text") or node.get("fallback") or node.get("value") or ""))


def _emoji(node: Node, reading: Reading) -> str:
    try:
        return "".join(chr(int(code, 16)) for code in str(node["unicode"]).split("-"))
    except (KeyError, ValueError, OverflowError):
        return f":{node.get('name', 'emoji')}:"


def _date(node: Node, reading: Reading) -> str:
    seconds = node.get("timestamp")
    return moment(float(seconds) if isinstance(seconds, int | float) else 0.0, str(node.get("fallback") or ""))


_LEAVES: dict[str, Callable[[Node, Reading], str]] = {
    "text": lambda node, reading: reading.text(str(node.get("text", ""))),
    "link": lambda node, reading: reading.link(str(node.get("url", "")), str(node.get("text") or "")),
    "user": lambda node, reading: reading.user(str(node.get("user_id", ""))),
    "channel": lambda node, reading: reading.channel(str(node.get("channel_id", ""))),
    "usergroup": lambda node, reading: reading.user(str(node.get("usergroup_id", ""))),
    "broadcast": lambda node, reading: f"@{node.get('range', 'channel')}",
    "emoji": _emoji,
    "date": _date,
}
_BLOCKS: dict[str, Callable[[Node, Reading], str]] = {
    "rich_text_section": _section,
    "rich_text_quote": _quote,
    "rich_text_preformatted": _preformatted,
    "rich_text_list": _list,
}
