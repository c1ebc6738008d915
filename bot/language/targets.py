"""Which record or person is meant: a Twenty link, an id, a type and words, a Slack user."""

import re

from bot.language.intents import Target
from bot.language.tokens import unquote
from bot.models import Kind, Someone

PLURALS: dict[str, Kind] = {
    **{kind.plural: kind for kind in Kind},
    "opportunities": Kind.DEAL,
    "contacts": Kind.PERSON,
}
KIND_WORDS: dict[str, Kind] = {
    **{kind.value: kind for kind in Kind},
    **PLURALS,
    "opportunity": Kind.DEAL,
    "contact": Kind.PERSON,
}
"""The words that stand for a type of record."""

_OBJECTS = {
    "company": Kind.COMPANY,
    "person": Kind.PERSON,
    "opportunity": Kind.DEAL,
    "note": Kind.NOTE,
    "task": Kind.TASK,
    "workspaceMember": Kind.MEMBER,
}
_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_LINK = re.compile(rf"https?://[^\s/<>|]+/object/(?P<object>[A-Za-z]+)/(?P<id>{_UUID})(?![\w-])[^\s<>|]*")


def read_target(text: str, kind: Kind | None = None) -> Target:
    """The record that the text means. `kind` narrows words and ids that do not name their type themselves."""
    text = text.strip()
    first, _, rest = text.partition(" ")
    named = KIND_WORDS.get(first.lower())
    if named and rest.strip() and kind in (None, named):
        text, kind = rest.strip(), named
    if linked := read_link(text):
        return linked
    if re.fullmatch(_UUID, text):
        return Target(id=text.lower(), kind=kind)
    return Target(words=unquote(text), kind=kind)


def read_link(text: str) -> Target | None:
    """The record of a text that is nothing but a Twenty link (twenty.md section 9), on whatever host."""
    match = _LINK.fullmatch(text.strip().strip("<>"))
    return _linked(match) if match else None


def links_in(text: str) -> tuple[Target, ...]:
    """The records of every Twenty link in the text, each once."""
    found = (_linked(match) for match in _LINK.finditer(text))
    return tuple(dict.fromkeys(each for each in found if each))


def read_someone(text: str) -> Someone:
    """`me`, a Slack mention, or words of a name or an email with or without the @."""
    text = text.strip()
    if text.lower() in ("me", "@me", "myself"):
        return Someone(me=True)
    if mention := re.fullmatch(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>", text):
        return Someone(user_id=mention[1])
    return Someone(words=unquote(text).removeprefix("@"))


def _linked(match: re.Match[str]) -> Target | None:
    kind = _OBJECTS.get(match["object"])
    return Target(id=match["id"].lower(), kind=kind) if kind else None
