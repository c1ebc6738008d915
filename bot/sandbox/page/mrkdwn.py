"""Slack's mrkdwn as Slack shows it: `*bold*`, `_italic_`, `~strike~`, code, quotes, `<links|so>`, mentions and dates.

Text arrives with `&`, `<` and `>` escaped (slack.md section 4); whatever is in `<...>` is Slack's, the rest is text.
"""

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

from bot.sandbox.page.words import Words, element

FENCE = re.compile(r"```(.+?)```\n?", re.DOTALL)
INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<entity>[^<>\n]+)>"
    r"|(?<![\w*])\*(?P<b>\S|\S[^*\n]*?\S)\*(?![\w*])"
    r"|(?<![\w_])_(?P<i>\S|\S[^_\n]*?\S)_(?![\w_])"
    r"|(?<![\w~])~(?P<s>\S|\S[^~\n]*?\S)~(?![\w~])"
    r"|(?P<url>https?://[^\s<>]+[^\s<>.,;:!?)\]])"
    r"|:(?P<emoji>[a-z0-9_+'-]+):"
)
QUOTED = "&gt;"


def mrkdwn(text: str, words: Words, *, verbatim: bool = False) -> Markup:
    """The text as markup; `verbatim` leaves bare addresses alone, as Slack does."""
    pieces = FENCE.split(text)
    return Markup("").join(
        Markup("<pre>{}</pre>").format(decoded(piece.strip("\n"))) if n % 2 else _lines(piece, words, verbatim=verbatim)
        for n, piece in enumerate(pieces)
        if piece
    )


def decoded(text: str) -> str:
    """Text without Slack's escapes."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _lines(text: str, words: Words, *, verbatim: bool) -> Markup:
    made = []
    for quoted, lines in groupby(text.split("\n"), key=lambda line: line.startswith(QUOTED)):
        block = "\n".join(line.removeprefix(QUOTED).removeprefix(" ") if quoted else line for line in lines)
        shown = _inline(block, words, verbatim=verbatim)
        made.append(Markup("<blockquote>{}</blockquote>").format(shown) if quoted else shown)
    return _joined(made)


def _joined(parts: list[Markup]) -> Markup:
    """Line breaks between parts, but none beside a quote, which is a block of its own."""
    whole = Markup("")
    for part in parts:
        beside = not whole or whole.endswith("</blockquote>") or part.startswith("<blockquote>")
        whole += part if beside else Markup("\n") + part
    return whole


def _inline(text: str, words: Words, *, verbatim: bool) -> Markup:
    return Markup("").join(_parts(text, words, verbatim=verbatim))


def _parts(text: str, words: Words, *, verbatim: bool) -> Iterator[Markup]:
    end = 0
    for match in INLINE.finditer(text):
        yield escape(decoded(text[end : match.start()]))
        yield _part(match, words, verbatim=verbatim)
        end = match.end()
    yield escape(decoded(text[end:]))


def _part(match: re.Match[str], words: Words, *, verbatim: bool) -> Markup:
    kind = match.lastgroup or ""
    value = match[kind]
    match kind:
        case "code":
            return Markup("<code>{}</code>").format(decoded(value))
        case "entity":
            return _entity(value, words)
        case "url":
            return escape(decoded(value)) if verbatim else words.link(decoded(value))
        case "emoji":
            return words.emoji(value)
        case _:
            return element(kind, _inline(value, words, verbatim=verbatim))


def _entity(inside: str, words: Words) -> Markup:
    target, _, label = inside.partition("|")
    label = decoded(label)
    match target[:1]:
        case "@":
            return words.user(target[1:])
        case "#":
            return words.channel(target[1:], label)
        case "!":
            return _special(target[1:], label, words)
    return words.link(decoded(target), label)


def _special(target: str, label: str, words: Words) -> Markup:
    name, *rest = target.split("^")
    if name == "date" and len(rest) >= 2 and rest[0].isdigit():
        return words.date(int(rest[0]), rest[1], label, decoded(rest[2]) if len(rest) > 2 else "")
    return words.broadcast(label.lstrip("@") or name)
