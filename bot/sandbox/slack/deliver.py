"""Carries what people do to the bot: signed over HTTP, or as an envelope when a socket is connected."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.socket import SocketMode
from bot.sandbox.slack.world import Json

Signature = Literal["valid", "forged", "stale", "missing"]
Kind = Literal["slash_commands", "interactive", "events_api", "plain"]

PATIENCE = 3.0
"""Seconds that Slack waits for an answer (slack.md section 1)."""
STALE = 10 * 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot answered; `status` 0 means that no answer came in time, and `body` says why."""

    status: int
    body: str
    seconds: float

    @property
    def ok(self) -> bool:
        return self.status == 200

    @property
    def json(self) -> Any:
        """The body as data; an empty one, or one that is no JSON, as an empty object."""
        try:
            return json.loads(self.body) if self.body else {}
        except ValueError:
            return {}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One thing that Slack sent and what came back."""

    kind: Kind
    payload: Json
    answer: Answer
    headers: dict[str, str] = field(default_factory=dict)


def signed(secret: str, body: bytes, *, at: float, how: Signature = "valid") -> dict[str, str]:
    """Slack's signature headers (slack.md section 3), or wrong ones on purpose."""
    if how == "missing":
        return {}
    timestamp = str(int(at - STALE if how == "stale" else at))
    key = "another secret" if how == "forged" else secret
    digest = hmac.new(key.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


class Delivery:
    """Sends payloads to one bot and remembers every exchange."""

    def __init__(self, signing_secret: str, socket: SocketMode, *, patience: float = PATIENCE) -> None:
        self.signing_secret = signing_secret
        self.patience = patience
        self.events_url = ""
        self.exchanges: list[Exchange] = []
        self.session: aiohttp.ClientSession | None = None
        self._socket = socket

    async def send(self, kind: Kind, payload: Json, *, how: Signature = "valid", retry: int = 0) -> Answer:
        """Send and wait as long as Slack would; a later answer is never seen."""
        if self._socket.is_connected and kind != "plain":
            headers: dict[str, str] = {}
            answer = await self._in_time(self._by_socket(kind, payload, retry=retry))
        else:
            body, headers = self._request(kind, payload, how=how, retry=retry)
            answer = await self._in_time(self._by_http(body, headers))
        self.exchanges.append(Exchange(kind, payload, answer, headers))
        return answer

    async def _in_time(self, sending: Awaitable[tuple[int, str]]) -> Answer:
        begun = time.monotonic()
        try:
            status, body = await asyncio.wait_for(sending, self.patience)
        except TimeoutError:
            status, body = 0, "operation_timeout"
        except (aiohttp.ClientError, ConnectionError) as error:
            status, body = 0, f"cannot_reach_the_bot: {type(error).__name__}"
        return Answer(status, body, time.monotonic() - begun)

    async def _by_socket(self, kind: Kind, payload: Json, *, retry: int) -> tuple[int, str]:
        return 200, await self._socket.send(kind, payload, retry=retry)

    async def _by_http(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        if self.session is None or not self.events_url:
            raise RuntimeError("serve() first, then point_at() the bot's events url")
        async with self.session.post(self.events_url, data=body, headers=headers) as response:
            return response.status, await response.text()

    def _request(self, kind: Kind, payload: Json, *, how: Signature, retry: int) -> tuple[bytes, dict[str, str]]:
        form = "application/x-www-form-urlencoded"
        match kind:
            case "events_api":
                body, content = json.dumps(payload), "application/json"
            case "interactive":
                body, content = urlencode({"payload": json.dumps(payload)}), form
            case _:
                body, content = urlencode(payload), form
        headers = {"Content-Type": content, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        # The bot compares with its own clock, so real time counts here whatever the sandbox's clock says.
        return body.encode(), {**headers, **signed(self.signing_secret, body.encode(), at=time.time(), how=how)}
