"""What can go wrong on the way to the CRM, on demand and in a repeatable way."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal, get_args

from bot.sandbox.twenty.exchanges import Reply, json_reply

FaultName = Literal[
    "delay",  # answered after `seconds`, or when released
    "hang",  # answered when released; nothing is done when the client goes first
    "status",  # not executed, answered with `status`
    "lost_before",  # connection closed, nothing done
    "lost_after",  # executed, connection closed without an answer
    "stalled_commit",  # executed after `seconds` or when released, though the client is gone
    "html",  # not executed, a page instead of JSON, as from a CDN
    "empty",  # executed, the answer's body is empty
    "badjson",  # executed, labelled JSON and is not
    "expired",  # not executed, 500 while the connection stays ACTIVE
]
PAGE = b"<!doctype html><html><head><title>Attention required</title></head><body>Request blocked.</body></html>"


@dataclass(eq=False)
class Fault:
    """A fault in force. It hits requests that fit, `times` times (None: until removed), each with its probability."""

    name: FaultName
    remover: Callable[["Fault"], None]
    method: str | None = None
    path: re.Pattern[str] | None = None
    connection_id: str | None = None
    times: int | None = 1
    probability: float = 1.0
    seconds: float | None = None
    status: int | None = None
    retry_after: str | None = None
    message: str | None = None
    random: Random = field(default_factory=lambda: Random(0))  # noqa: S311 -- repeatable, not secret
    released: asyncio.Event = field(default_factory=asyncio.Event)
    hits: int = 0

    def fits(self, *, method: str, path: str, connection_id: str | None) -> bool:
        """Whether it hits this request; counts the hit."""
        wanted = self.method is None or self.method == method
        wanted = wanted and (self.path is None or self.path.search(path) is not None)
        wanted = wanted and self.connection_id in (None, connection_id)
        if not wanted or self.random.random() >= self.probability:
            return False
        self.hits += 1
        if self.times is not None and self.hits >= self.times:
            self.remover(self)
        return True

    def remove(self) -> None:
        """Hit no further request; requests that already hang go on hanging until released."""
        self.remover(self)

    def release(self) -> None:
        """Let delayed, hanging and stalled requests go on."""
        self.released.set()

    def instead(self) -> Reply | None:
        """The answer in place of executing the request, if this fault has one."""
        match self.name:
            case "status":
                headers = {"Retry-After": self.retry_after} if self.retry_after else None
                return json_reply(self.status or 503, {"message": self.message or "Something went wrong."}, headers)
            case "html":
                return Reply(self.status or 403, PAGE, content_type="text/html")
            case "expired":
                return json_reply(self.status or 500, {"message": self.message or "Failed to refresh the credential"})
        return None

    def spoilt(self, reply: Reply) -> Reply:
        """The answer of an executed request as the client gets it."""
        body = {"empty": b"", "badjson": b'{"data": {"oops'}.get(self.name, reply.body)
        return Reply(reply.status, body, reply.content_type, reply.headers)


def known(name: str) -> FaultName:
    """The fault's name, or ValueError for one that does not exist."""
    found: FaultName | None = next((each for each in get_args(FaultName) if each == name), None)
    if found is None:
        raise ValueError(f"no fault is called {name}")
    return found
