"""The `markdown` block: ordinary Markdown as far as Slack shows it, escaped like everything else."""

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

from bot.sandbox.page.words import Words, element

FENCE = re.compile(r"^```[^\n]*\n(.*?)^```[^\n]*$\n?", re.DOTALL | re.MULTILINE)
INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|\[(?P<label>[^\]\n]+)\]\((?P<link>[^\s)]+)\)"
    r"|\*\*(?P<b>\S|\S.*?\S)\*\*"
    r"|(?<![\w*])[*](?P<i>\S|\S.*?\S)[*](?![\w*])|(?<![\w_])_(?P<em>\S|\S.*?\S)_(?![\w_])"
    r"|~~(?P<s>\S|\S.*?\S)~~"
    r"|(?P<url>https?://[^\s<>]+[^\s<>.,;:!?)\]])"
    r"|\\(?P<escaped>[^\w\s])"
)
KINDS = (
    ("heading", re.compile(r"#{1,6}\s+")),
    ("ul", re.compile(r"\s*[-*+]\s+")),
    ("ol", re.compile(r"\s*\d+[.)]\s+")),
    ("blockquote", re.compile(r">\s?")),
    ("hr", re.compile(r"\s*(?:---+|\*\*\*+)\s*$")),
)


def markdown(text: str, words: Words) -> Markup:
    """The text as markup."""
    return Markup("").join(
        Markup("<pre>{}</pre>").format(piece.rstrip("\n")) if n % 2 else Markup("").join(_blocks(piece, words))
        for n, piece in enumerate(FENCE.split(text))
        if piece.strip()
    )


def _kind(line: str) -> str:
    if not line.strip():
        return ""
    return next((name for name, begins in reversed(KINDS) if begins.match(line)), "p")


def _blocks(text: str, words: Words) -> Iterator[Markup]:
    begins = dict(KINDS)
    for kind, group in groupby(text.split("\n"), key=_kind):
        lines = [_inline(begins[kind].sub("", line, count=1) if kind in begins else line, words) for line in group]
        match kind:
            case "":
                continue
            case "hr":
                yield Markup("<hr>")
            case "ul" | "ol":
                items = Markup("").join(Markup("<li>{}</li>").format(line) for line in lines)
                yield element(kind, items)
            case "heading":
                yield Markup("").join(Markup('<p class="heading">{}</p>').format(line) for line in lines)
            case _:
                yield element(kind, Markup("\n").join(lines))


def _inline(text: str, words: Words) -> Markup:
    made, end = Markup(""), 0
    for match in INLINE.finditer(text):
        made += escape(text[end : match.start()]) + _part(match, words)
        end = match.end()
    return made + escape(text[end:])


def _part(match: re.Match[str], words: Words) -> Markup:
    kind = match.lastgroup or ""
    match kind:
        case "code":
            return Markup("<code>{}</code>").format(match["code"])
        case "link":
            return words.link(match["link"], match["label"])
        case "url":
            return words.link(match["url"])
        case "escaped":
            return escape(match["escaped"])
        case _:
            return element({"em": "i"}.get(kind, kind), _inline(match[kind], words))
