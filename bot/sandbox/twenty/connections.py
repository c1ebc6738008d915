"""Maton's connections: what exists, its status, and which CRM stands behind it (maton.md sections 1 and 2)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Any
from uuid import uuid4

from bot.sandbox.twenty.crm import FakeCRM

TWENTY = "twenty"


class MatonError(Exception):
    """An error in Maton's own shape."""

    def __init__(self, status: int, message: str, *, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after


@dataclass
class Connection:
    """One connection; `crm` is set once it was completed."""

    id: str
    app: str = TWENTY
    status: str = "PENDING"
    crm: FakeCRM | None = None
    token: str = field(default_factory=token_urlsafe)
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    updated: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    def shown(self, connect_url: str) -> dict[str, Any]:
        """As Maton shows it: the link with its secret stands there in every status."""
        return {
            "connection_id": self.id,
            "status": self.status,
            "creation_time": self.created,
            "last_updated_time": self.updated,
            "url": f"{connect_url}?session_token={self.token}",
            "app": self.app,
            "method": "API_KEY",
            "metadata": {},
        }


class Connections:
    """All connections of the one key, in the order of their making.

    `unknown_status` and `unusable_status` are what Maton answers for a named connection that does not exist, or is not
    ACTIVE; neither is documented (maton.md section 2).
    """

    def __init__(self) -> None:
        self.unknown_status = 404
        self.unusable_status = 412
        self._all: dict[str, Connection] = {}

    def make(self, app: str, *, connection_id: str | None = None) -> Connection:
        """A new PENDING connection."""
        connection = Connection(connection_id or str(uuid4()), app)
        self._all[connection.id] = connection
        return connection

    def get(self, connection_id: str) -> Connection:
        """The connection, or Maton's 404."""
        if connection_id not in self._all:
            raise MatonError(404, "Connection not found")
        return self._all[connection_id]

    def delete(self, connection_id: str) -> None:
        """Irreversible; a second time it is 404."""
        del self._all[self.get(connection_id).id]

    def by_token(self, token: str) -> Connection | None:
        """The connection whose link carries this secret."""
        return next((each for each in self._all.values() if each.token == token), None)

    def listed(self, *, app: str | None = None, status: str | None = None) -> list[Connection]:
        """Those of an app and a status, oldest first."""
        return [each for each in self._all.values() if app in (None, each.app) and status in (None, each.status)]

    def crm(self, connection_id: str | None) -> FakeCRM:
        """The CRM that a request goes to: without a name, the oldest ACTIVE one of the key (maton.md section 2)."""
        if connection_id is None:
            active = [each for each in self.listed(app=TWENTY, status="ACTIVE") if each.crm]
            if not active or active[0].crm is None:
                raise MatonError(400, f"No active connection found for app {TWENTY}")
            return active[0].crm
        connection = self._all.get(connection_id)
        if connection is None:
            raise MatonError(self.unknown_status, "Connection not found")
        if connection.status != "ACTIVE" or connection.crm is None or connection.app != TWENTY:
            raise MatonError(self.unusable_status, f"Connection is not usable: {connection.status}")
        return connection.crm
