"""What went over the wire, kept for tests and for the page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer; `status` is None when the client got none, `connection_id` when it named none."""

    when: datetime
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    connection_id: str | None
    request_body: str
    status: int | None
    response_body: str
    ms: float
    fault: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def param(self, name: str) -> str | None:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), None)

    @property
    def sent(self) -> Any:
        """The request body as JSON; None when there was none."""
        return json.loads(self.request_body) if self.request_body else None


@dataclass(frozen=True, slots=True)
class RecordChanged:
    """A record of a connected CRM was written, by the bot or behind its back."""

    connection_id: str
    plural: str
    id: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer in bytes."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer of JSON."""
    return Reply(status, json.dumps(body, ensure_ascii=False).encode(), headers=headers or {})
