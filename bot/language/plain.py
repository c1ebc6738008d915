"""What somebody typed, out of the encoded text that Slack delivers (slack.md section 3)."""

import re

_ENCODED = re.compile(r"<([^<>\n]+)>")
_USER = re.compile(r"@([UW][A-Z0-9]+)")
_INVISIBLE = re.compile("[\u200b\u200c\u200e\u200f\u2060\ufeff\u2066-\u2069\u202a-\u202e]")
_SPACES = re.compile("[\u00a0\u2007\u202f]")


def plain(text: str) -> str:
    """The text as it was typed: links, channels and entities decoded, users kept as `<@U123>`, invisible marks gone.

    Curly quotes stay: they may be part of a name. `bot.language.tokens` knows them as quotes where a quote is meant.
    """
    decoded = entities(_ENCODED.sub(_decode, text))
    return _SPACES.sub(" ", _INVISIBLE.sub("", decoded)).strip()


def entities(text: str) -> str:
    """The three characters that Slack encodes, decoded; once, so that `&amp;lt;` stays the text `&lt;`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _decode(match: re.Match[str]) -> str:
    """One `<target|label>` as the person saw it when typing."""
    target, _, label = match[1].partition("|")
    if user := _USER.fullmatch(target):
        return f"<@{user[1]}>"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or "@" + target[1:].partition("^")[0]
    return _typed_link(target, label)


def _typed_link(target: str, label: str) -> str:
    """Slack turns a typed `acme.com` or `ada@x.org` into a link labelled with it; a whole address has no label."""
    if label and target.rstrip("/").endswith(label.rstrip("/")):
        return label
    return re.sub(r"^(mailto|tel):", "", target)
