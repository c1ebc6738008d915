"""Slack's own text format (`*bold*`, `<@U1>`, `&lt;`) turned into Markdown, or into plain words."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from bot.language.plain import entities

_TOKEN = re.compile(r"<([^<>\n]+)>")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_OURS = re.compile("[\ue000-\ue004]")  # private characters that hold places while a text is read
_STASHED = re.compile("\ue000(\\d+)\ue001")
_EMPHASIS = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), "\ue002"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), "\ue003"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), "\ue004"),
)
_MARKS = str.maketrans({"\ue002": "**", "\ue003": "_", "\ue004": "~~"})
_IN_TARGET = str.maketrans({" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\n": "", "\r": ""})
_SCHEMES = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)


class Reading(Struct, frozen=True):
    """How a message is read: the names of users and channels by id, and whether as Markdown or as plain words."""

    names: Mapping[str, str]
    markdown: bool = True

    @property
    def plainly(self) -> "Reading":
        """The same names, without any marks."""
        return replace(self, markdown=False)

    def user(self, user_id: str) -> str:
        """A mention as `@Name`; it can never ping anybody."""
        return self.text(f"@{self.names.get(user_id) or user_id}")

    def channel(self, channel_id: str, label: str = "") -> str:
        """A channel as `#name`."""
        return self.text(f"#{label or self.names.get(channel_id) or channel_id}")

    def text(self, text: str) -> str:
        """Words that were typed without meaning any markup."""
        return literal(text) if self.markdown else text

    def link(self, url: str, label: str = "") -> str:
        """A link with its label; only the label for addresses that no browser should open."""
        if not _SCHEMES.match(url) or not self.markdown:
            return self.text(label or re.sub(r"^(?:mailto|tel):", "", url))
        bare = re.sub(r"^(?:mailto|tel):", "", url)
        if label in ("", url, bare):
            return bare
        shown = re.sub(r"(?<!\\)([\[\]])", r"\\\1", self.text(label))
        return f"[{shown}]({url.translate(_IN_TARGET)})"


def literal(text: str) -> str:
    """The text with a backslash where Markdown would see a mark, which a lone star or an inner_underscore is not."""
    text = re.sub(r"\\(?=[!-/:-@\[-`{-~])", r"\\\\", text)
    for mark, live in (("*", r"\*(?=\S)|(?<=\S)\*"), ("_", r"(?<![^\W_])_(?=\S)|(?<=\S)_(?![^\W_])"), ("`", "`")):
        if text.count(mark) > 1:
            text = re.sub(live, rf"\\{mark}", text)
    text = text.replace("~~", r"\~\~")
    text = re.sub(r"\[(?=[^\]\n]{0,200}\]\()", r"\\[", text)
    text = re.sub(r"<(?=[A-Za-z/!?])", r"\\<", text)
    return re.sub(r"(?m)^(\s{0,3})(#{1,6}(?=\s)|>)", r"\1\\\2", text)


def slack_text(text: str, reading: Reading) -> str:
    """A text in Slack's format as the reading wants it: mentions, links, code, emphasis, quotes and bullets."""
    parts = _CODE.split(_OURS.sub("", text))
    return "".join(_code(part, reading) if index % 2 else _prose(part, reading) for index, part in enumerate(parts))


def moment(timestamp: float, fallback: str) -> str:
    """A date token's fallback, else its time in UTC."""
    try:
        return fallback or datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return str(timestamp)


def fenced(code: str) -> str:
    """A code block whose fence is longer than any in the code."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{code.strip(chr(10))}\n{fence}"


def _code(part: str, reading: Reading) -> str:
    inside = part.strip("`")
    text = entities(_TOKEN.sub(lambda match: _token(match[1], reading.plainly), inside))
    if not reading.markdown:
        return text
    return f"\n{fenced(text)}\n" if part.startswith("```") else f"`{text}`"


def _prose(part: str, reading: Reading) -> str:
    """Tokens are stashed away while emphasis is read, so that no address is taken for emphasis."""
    stash: list[str] = []

    def hide(match: re.Match[str]) -> str:
        stash.append(_token(match[1], reading))
        return f"\ue000{len(stash) - 1}\ue001"

    text = _TOKEN.sub(hide, part)
    for pattern, mark in _EMPHASIS:
        text = pattern.sub(rf"{mark}\1{mark}" if reading.markdown else r"\1", text)
    text = "\n".join(_line(line, reading) for line in text.split("\n"))
    return _STASHED.sub(lambda match: stash[int(match[1])], text.translate(_MARKS))


def _line(line: str, reading: Reading) -> str:
    """One line: quotes and bullets in Markdown, the rest decoded; a decoded `<` never opens a tag."""
    quoted = re.match(r"(?:&gt;){1,3}\s?", line)
    start = "> " if quoted else ""
    body = entities(line[quoted.end() :] if quoted else line)
    bullet = re.match(r"(\s*)[\u2022\u25e6\u25aa]\s*", body)
    if bullet:
        start, body = f"{start}{bullet[1]}- ", body[bullet.end() :]
    if not reading.markdown:
        return body
    return start + literal(body)


def _token(token: str, reading: Reading) -> str:
    """What stands between `<` and `>`."""
    target, _, label = (entities(each) for each in token.partition("|"))
    if target.startswith("@"):
        return reading.user(target[1:]) if target[1:] in reading.names or not label else reading.text(f"@{label}")
    if target.startswith("#"):
        return reading.channel(target[1:], label)
    if target.startswith("!date^"):
        seconds = target.split("^")[1]
        return moment(float(seconds) if seconds.isdigit() else 0.0, label)
    if target.startswith("!"):
        return reading.text("@" + (label or target[1:].partition("^")[0]).removeprefix("@"))
    return reading.link(target, label)
