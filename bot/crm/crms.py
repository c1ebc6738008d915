"""Every CRM that the process speaks to, one client per connection, so that what is learned of it is kept."""

from collections import OrderedDict

import httpx

from bot.crm.maton import BUDGET, Gateway, Hooks, checked
from bot.crm.pace import Pacer
from bot.crm.twenty import Twenty
from bot.models import ConnectionId

KEPT = 2000
"""Clients kept; a connection that was unused for longest is learned anew when it comes back."""


class CRMs:
    """Gives the client of a connection, always the same one while it is in use."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        pacer: Pacer | None = None,
        hooks: Hooks | None = None,
        budget: float = BUDGET,
        command: str = "/crm",
    ) -> None:
        self._http = http
        self._pacer = pacer or Pacer()
        self._hooks = hooks or Hooks()
        self._budget = budget
        self._command = command
        self._kept: OrderedDict[ConnectionId, Twenty] = OrderedDict()

    def of(self, connection_id: ConnectionId) -> Twenty:
        """The CRM behind the connection; ValueError when that is no connection id."""
        if connection_id not in self._kept:
            gateway = Gateway(
                self._http,
                checked(connection_id),
                pacer=self._pacer,
                hooks=self._hooks,
                budget=self._budget,
                command=self._command,
            )
            self._kept[connection_id] = Twenty(gateway)
        self._kept.move_to_end(connection_id)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return self._kept[connection_id]

    def forget(self, connection_id: ConnectionId) -> None:
        """The connection was replaced or ended."""
        self._kept.pop(connection_id, None)
