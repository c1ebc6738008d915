"""What a person types, as Slack encodes it: `<@U1|ana>`, `<#C1|sales>`, `<https://x>`, `&amp;`.

For messages this is slack.md section 3. That a slash command with `should_escape` gets its addresses and `&<>`
encoded in the same way is the cautious assumption, not verified: a bot that undoes it is right either way.
"""

import re

from bot.sandbox.slack.state import State
from bot.sandbox.slack.world import Json

TOKEN = re.compile(
    r"<@(?P<user>[UW][A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<#(?P<channel>C[A-Z0-9]+)(?:\|[^>]*)?>"
    r"|(?<![\w.])@(?P<name>[a-z][a-z0-9._-]*)"
    r"|(?<!\w)#(?P<room>[a-z][a-z0-9_-]*)"
    r"|(?P<url>https?://[^\s<>|\"]+)"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?<![\w@./-])(?P<site>(?:[\w-]+\.)+(?:com|org|net|io|ai|dev|de|co\.uk|example))(?![\w.-]*\w)"
)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def leaves(state: State, text: str, team: str) -> list[Json]:
    """The typed text as rich_text leaves: mentions and links found, the rest as text."""
    found: list[Json] = []
    end = 0
    for match in TOKEN.finditer(text):
        leaf = _leaf(state, match, team)
        if leaf is None:
            continue
        found += _plain(text[end : match.start()])
        found.append(leaf)
        end = match.end()
    return [*found, *_plain(text[end:])]


def _plain(text: str) -> list[Json]:
    return [{"type": "text", "text": text}] if text else []


def _leaf(state: State, match: re.Match[str], team: str) -> Json | None:
    kind, value = match.lastgroup, match[match.lastgroup or 0]
    if kind in ("user", "name"):
        user = _user(state, value, team)
        return {"type": "user", "user_id": user} if user else None
    if kind in ("channel", "room"):
        channel = _channel(state, value, team)
        return {"type": "channel", "channel_id": channel} if channel else None
    if kind == "email":
        return {"type": "link", "url": f"mailto:{value}", "text": value}
    if kind == "site":
        return {"type": "link", "url": f"http://{value}", "text": value}
    return {"type": "link", "url": value}


def _user(state: State, value: str, team: str) -> str | None:
    return next((u.id for u in state.users.values() if value == u.id or (u.name == value and u.team == team)), None)


def _channel(state: State, value: str, team: str) -> str | None:
    rooms = state.channels.values()
    return next((c.id for c in rooms if value == c.id or (c.name == value and team in c.teams)), None)


def encoded(state: State, found: list[Json], *, names: bool) -> str:
    """The leaves as Slack's text; with `names`, mentions carry theirs, as in a slash command with should_escape."""
    return "".join(_encoded(state, leaf, names=names) for leaf in found)


def _encoded(state: State, leaf: Json, *, names: bool) -> str:
    match leaf["type"]:
        case "user":
            name = f"|{state.users[leaf['user_id']].name}" if names and leaf["user_id"] in state.users else ""
            return f"<@{leaf['user_id']}{name}>"
        case "channel":
            return f"<#{leaf['channel_id']}|{state.channels[leaf['channel_id']].name}>"
        case "link":
            return f"<{escaped(leaf['url'])}{'|' + escaped(leaf['text']) if leaf.get('text') else ''}>"
        case _:
            return escaped(leaf["text"])
