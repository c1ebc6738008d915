"""What went over the wires, in words: to Maton and Twenty, to the bot, and back from the bot to Slack."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from bot.sandbox.slack import Call, FakeSlack
from bot.sandbox.slack import Exchange as Payload
from bot.sandbox.twenty import Exchange, FakeMaton

SHOWN = 40
LONGEST = 6_000


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to unfold, such as a body."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Wire:
    """One exchange. `good` is whether it went well, None when nobody can say."""

    key: str
    what: str
    about: str
    result: str
    good: bool | None
    ms: float | None
    fault: str
    parts: tuple[Part, ...]


def requests(maton: FakeMaton, connection: str | None) -> list[Wire]:
    """The requests to the gateway over one connection, and to the gateway itself; the newest first."""
    numbered = [
        (n, each) for n, each in enumerate(maton.log) if each.connection_id == connection or "/twenty/" not in each.path
    ]
    return [_request(n, each) for n, each in reversed(numbered[-SHOWN:])]


def _request(number: int, each: Exchange) -> Wire:
    query = "\n".join(f"{key} = {value}" for key, value in each.query)
    parts = [
        Part("Query", query),
        Part("Request", pretty(each.request_body)),
        Part("Answer", pretty(each.response_body)),
    ]
    good = None if each.status is None else each.status < 400
    return Wire(
        key=f"r{number}",
        what=each.method,
        about=each.path.removeprefix("/twenty/rest"),
        result=str(each.status or "no answer"),
        good=good,
        ms=each.ms,
        fault=each.fault or "",
        parts=tuple(part for part in parts if part.text),
    )


def payloads(slack: FakeSlack) -> list[Wire]:
    """What Slack sent to the bot, the newest first."""
    numbered = list(enumerate(slack.exchanges))
    return [_payload(n, each) for n, each in reversed(numbered[-SHOWN:])]


def _payload(number: int, each: Payload) -> Wire:
    headers = "\n".join(f"{key}: {value}" for key, value in each.headers.items())
    parts = [Part("Headers", headers), Part("Payload", pretty(each.payload)), Part("Answer", pretty(each.answer.body))]
    return Wire(
        key=f"p{number}",
        what=each.payload.get("type") or each.payload.get("command") or each.kind,
        about=_about(each.payload),
        result=str(each.answer.status or "no answer"),
        good=each.answer.ok,
        ms=each.answer.seconds * 1000,
        fault="" if each.answer.ok else each.answer.body[:80],
        parts=tuple(part for part in parts if part.text),
    )


def _about(payload: dict[str, Any]) -> str:
    match payload:
        case {"command": _, "text": text}:
            return str(text)
        case {"actions": [{"action_id": action}, *_]}:
            return str(action)
        case {"type": "block_suggestion", "value": typed}:
            return f"“{typed}”"
        case {"callback_id": callback}:
            return str(callback)
        case {"view": {"callback_id": callback}}:
            return str(callback)
        case {"event": {"type": kind}}:
            return str(kind)
        case _:
            return ""


def calls(slack: FakeSlack) -> list[Wire]:
    """What the bot asked of Slack, the newest first."""
    numbered = list(enumerate(slack.calls))
    return [_call(n, each) for n, each in reversed(numbered[-SHOWN:])]


def _call(number: int, each: Call) -> Wire:
    good = bool(each.answer.get("ok"))
    args = {key: _unpacked(value) for key, value in each.args.items()}
    return Wire(
        key=f"c{number}",
        what=each.method,
        about=str(args.get("channel") or args.get("user_id") or args.get("user") or ""),
        result="ok" if good else str(each.answer.get("error")),
        good=good,
        ms=None,
        fault="",
        parts=(Part("Arguments", pretty(args)), Part("Answer", pretty(dict(each.answer)))),
    )


def _unpacked(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def pretty(body: Any) -> str:
    """A body to read: JSON indented, forms taken apart, and cut where nobody would read on."""
    if isinstance(body, str):
        body = _parsed(body)
    text = body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n… {len(text) - LONGEST} more characters"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text[:1] in "[{" else text
    except ValueError:
        form = parse_qs(text)
        return {key: values[0] for key, values in form.items()} if form else text
