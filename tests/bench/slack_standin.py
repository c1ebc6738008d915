"""Slack, as the load sees it: it signs and sends what people do, and takes the answers by response_url and Web API.

Both live in one process, so that the clock which starts with a command is the one which stops with its answer.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from urllib.parse import parse_qs, quote_plus, urlencode

from tests.bench import wire

SECRET = "bench-signing-secret"
TOKEN = "xoxb-bench"
USER = "U0ANA"
BOT = "U0BOT"


def team(n: int) -> str:
    """The id of the n-th installed team."""
    return f"T{n:07d}"


def signed(form: str, port: int, *, now: float | None = None) -> bytes:
    """A whole request as Slack sends it: a form, signed over timestamp and raw body (slack.md section 3)."""
    stamp = str(int(now or time.time()))
    mac = hmac.new(SECRET.encode(), f"v0:{stamp}:{form}".encode(), hashlib.sha256).hexdigest()
    return (
        f"POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Slackbot 1.0\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
        f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: v0={mac}\r\n\r\n{form}"
    ).encode()


def command(text: str, *, answer_to: str, team_id: str, user: str = USER) -> str:
    """A slash command's form."""
    return urlencode(
        {
            "token": "unused",
            "team_id": team_id,
            "team_domain": "bench",
            "channel_id": "C0SALES",
            "channel_name": "sales",
            "user_id": user,
            "user_name": "ana",
            "command": "/crm",
            "text": text,
            "api_app_id": "A0BENCH",
            "is_enterprise_install": "false",
            "response_url": answer_to,
            "trigger_id": "1.2.3",
        }
    )


def click(action_id: str, value: str, *, team_id: str, ts: str, user: str = USER) -> str:
    """A pressed button's form."""
    body = {
        "type": "block_actions",
        "api_app_id": "A0BENCH",
        "team": {"id": team_id, "domain": "bench"},
        "user": {"id": user, "username": "ana", "name": "ana", "team_id": team_id},
        "channel": {"id": "C0SALES", "name": "sales"},
        "container": {"type": "message", "message_ts": ts, "channel_id": "C0SALES", "is_ephemeral": False},
        "message": {"type": "message", "ts": ts, "text": "card", "blocks": []},
        "actions": [{"type": "button", "action_id": action_id, "block_id": "b", "value": value, "action_ts": "1.0"}],
        "trigger_id": "1.2.3",
        "response_url": "http://127.0.0.1:9/unused",
    }
    return f"payload={quote_plus(json.dumps(body))}"


class SlackStandIn:
    """Takes what the bot says: an answer ends the wait for its number, a rewritten card the wait for its ts."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.calls: dict[str, int] = {}
        self._waiting: dict[str, asyncio.Future[bytes]] = {}

    @property
    def api_url(self) -> str:
        """What the bot is given as SLACK_API_URL."""
        return f"http://127.0.0.1:{self.port}/api/"

    def url(self, number: int) -> str:
        """The response_url of one command."""
        return f"http://127.0.0.1:{self.port}/answer/{number}"

    def expect(self, key: str) -> asyncio.Future[bytes]:
        """The body of what will be said under this key."""
        waiting = self._waiting[key] = asyncio.get_running_loop().create_future()
        return waiting

    def forget(self, key: str) -> None:
        """Nobody waits any more."""
        self._waiting.pop(key, None)

    def answer(self, method: bytes, target: bytes, body: bytes) -> bytes:
        """One response."""
        path, _, query = target.decode().partition("?")
        where, _, name = path.rpartition("/")
        if where == "/answer":
            self._say(name, body)
            return wire.response(b"ok", content_type="text/plain")
        self.calls[name] = self.calls.get(name, 0) + 1
        return wire.response(json.dumps(self._called(name, body or query.encode())).encode())

    def _called(self, name: str, body: bytes) -> Mapping[str, object]:
        match name:
            case "auth.test":
                known = {"team_id": team(0), "user_id": BOT, "bot_id": "B0BOT", "url": "https://bench.slack.com/"}
                return {"ok": True, **known}
            case "users.info":
                return {"ok": True, "user": _user(parse_qs(body.decode()).get("user", [USER])[0])}
            case "chat.update":
                said = (
                    json.loads(body) if body.startswith(b"{") else {k: v[0] for k, v in parse_qs(body.decode()).items()}
                )
                if "Writing" not in said["text"]:
                    self._say(said["ts"], body)
                return {"ok": True, "channel": said["channel"], "ts": said["ts"]}
        return {"ok": True, "channel": "C0SALES", "ts": "1700000000.000001"}

    def _say(self, key: str, body: bytes) -> None:
        waiting = self._waiting.pop(key, None)
        if waiting and not waiting.done():
            waiting.set_result(body)


def _user(user: str) -> dict[str, object]:
    profile = {"real_name": "Ana Lopez", "email": "ana@acme.example"}
    return {"id": user, "name": "ana", "tz": "Europe/Berlin", "profile": profile}
