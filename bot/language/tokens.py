"""A line of words and qualifiers cut into pieces, quotes respected.

A quote opens only where a piece or a value begins, so `5" disk` and `O'Brien` are plain words; inside double quotes
`\\"` and `\\\\` stand for themselves.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from bot.errors import Misunderstood

_OPEN_CLOSE = {'"': '"', "\u201c": "\u201d\u201c", "\u201d": "\u201d", "\u201e": "\u201c\u201d", "\u00ab": "\u00bb"}
_KEY = re.compile(r"(?P<minus>-?)(?P<key>[A-Za-z][A-Za-z_-]*):(?=\S)(?!//)")
_COMPARATOR = re.compile(r">=|<=|=>|=<|>|<|=|\u2265|\u2264")
_SAME = {"=>": ">=", "=<": "<=", "\u2265": ">=", "\u2264": "<="}


class Part(Struct, frozen=True):
    """One value of a qualifier; `quoted` values are always literal text."""

    text: str
    quoted: bool = False


class Word(Struct, frozen=True):
    """A plain word at `start` to `end` of the line."""

    text: str
    start: int
    end: int


class Qualified(Struct, frozen=True):
    """`-key:>=a,b` taken apart; `start` and `end` as in the line."""

    key: str
    parts: tuple[Part, ...]
    comparator: str
    negated: bool
    start: int
    end: int
    raw: str


Token = Word | Qualified


def pieces(line: str) -> Iterator[Token]:
    """Every piece of the line in order; Misunderstood when a qualifier's quote is never closed."""
    at = _skip_space(line, 0)
    while at < len(line):
        token = _token(line, at)
        yield token
        at = _skip_space(line, token.end)


def words_of(line: str, tokens: Iterable[Token]) -> str:
    """The plain words with the spacing that they had in the line; one space where a qualifier stood."""
    text, before = "", None
    for piece in tokens:
        if isinstance(piece, Word):
            gap = line[before.end : piece.start] if isinstance(before, Word) else " "
            text += (gap if text else "") + piece.text
        before = piece
    return text


def quote(text: str) -> str:
    """The text as one quoted value that `pieces` reads back unchanged."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquote(text: str) -> str:
    """The inside of a text that is quoted as a whole, else the text itself."""
    quoted = _quoted(text, 0)
    return quoted[0] if quoted and quoted[1] == len(text) else text


def _token(line: str, at: int) -> Token:
    if quoted := _quoted_word(line, at):
        return quoted
    if key := _KEY.match(line, at):
        return _qualified(line, key)
    end = _next_space(line, at)
    return Word(line[at:end], at, end)


def _quoted_word(line: str, at: int) -> Word | None:
    """A quoted piece that ends where a piece ends; `"a"b` is not one."""
    quoted = _quoted(line, at)
    if quoted and quoted[0] and (quoted[1] == len(line) or line[quoted[1]].isspace()):
        return Word(quoted[0], at, quoted[1])
    return None


def _qualified(line: str, key: re.Match[str]) -> Qualified:
    at = key.end()
    comparator = _COMPARATOR.match(line, at)
    if comparator and comparator.end() < len(line) and not _is_mention(line, at):
        at = comparator.end()
    sign = "" if at == key.end() or comparator is None else comparator[0]
    parts, end = _parts(line, at, key["key"])
    name = key["key"].lower().replace("_", "-")
    return Qualified(name, parts, _SAME.get(sign, sign), bool(key["minus"]), key.start(), end, line[key.start() : end])


def _is_mention(line: str, at: int) -> bool:
    return line.startswith("<@", at)


def _parts(line: str, at: int, key: str) -> tuple[tuple[Part, ...], int]:
    """The comma-separated values from `at` on, and where they end."""
    parts: list[Part] = []
    while True:
        if quoted := _quoted(line, at):
            text, end = quoted
            parts.append(Part(text, quoted=True))
        elif line[at : at + 1] in _OPEN_CLOSE:
            raise Misunderstood(f"The quote after {key}: is not closed.", hint=f'Write {key}:"two words".')
        else:
            end = _value_end(line, at)
            parts.append(Part(line[at:end]))
        if line[end : end + 1] != ",":
            return tuple(parts), end
        at = end + 1


def _quoted(line: str, at: int) -> tuple[str, int] | None:
    """The text of the quoted piece that begins at `at`, and where it ends; None when none does."""
    closing = _OPEN_CLOSE.get(line[at : at + 1])
    if closing is None:
        return None
    text, at = "", at + 1
    while at < len(line):
        if line[at] == "\\" and line[at + 1 : at + 2] in ("\\", '"'):
            text, at = text + line[at + 1], at + 2
        elif line[at] in closing:
            return text, at + 1
        else:
            text, at = text + line[at], at + 1
    return None


def _value_end(line: str, at: int) -> int:
    while at < len(line) and line[at] != "," and not line[at].isspace():
        at += 1
    return at


def _next_space(line: str, at: int) -> int:
    while at < len(line) and not line[at].isspace():
        at += 1
    return at


def _skip_space(line: str, at: int) -> int:
    while at < len(line) and line[at].isspace():
        at += 1
    return at
