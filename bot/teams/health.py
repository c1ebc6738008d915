"""Whether teams' connections work, learned in passing from every request, and told once per break and recovery.

Only a credential that is not accepted is a break; a CRM that is slow or away for a moment is told to whoever asks.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from bot.blocks.connecting import Standing, broke, recovered
from bot.blocks.primitives import Message
from bot.errands import Errands
from bot.errors import BotError, CredentialBroken
from bot.models import ConnectionId, TeamId
from bot.store import Store
from bot.store.connections import BoundConnection

log = logging.getLogger(__name__)

KEPT = 10_000
NOTED_EVERY = 300.0
"""Seconds between two notes that a connection still works."""
AT_ONCE = 500

Write = Callable[[str], Message]
"""A message for a reader in this timezone."""

Tell = Callable[[TeamId, str, Write], Awaitable[None]]
"""Say something to a team's admins, first to whoever bound its connection; a failure is the teller's to log."""


class Health:
    """The hook of the CRM client: called after every request, returns at once."""

    def __init__(
        self, *, store: Store, errands: Errands, tell: Tell, command: str, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._errands = errands
        self._tell = tell
        self._command = command
        self._now = now
        self._known: dict[ConnectionId, tuple[bool, datetime]] = {}
        self._worked: dict[ConnectionId, datetime] = {}

    def seen(self, connection_id: ConnectionId, ok: bool, error: BotError | None) -> None:
        """A request ended well, or badly with this error."""
        if not ok and not isinstance(error, CredentialBroken):
            return
        before, now = self._known.get(connection_id), self._now()
        if before and before[0] == ok and (now - before[1]).total_seconds() < NOTED_EVERY:
            return  # nothing new, and lately written down
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[connection_id] = (ok, now)
        if isinstance(error, CredentialBroken):
            self._worked.pop(connection_id, None)
            self._errands.start(self._note_break(connection_id, error.whose, now))
            return
        if before and not before[0]:  # somebody waits to hear it: not at the next sweep, but now
            self._errands.start(self._note_success([connection_id], now))
        else:
            self._worked[connection_id] = now

    async def write_down(self) -> None:
        """Note, in every sweep, what has worked lately, all at once: a look-up is not to cost a write."""
        worked, self._worked = self._worked, {}
        ordered = sorted(worked)
        for at in range(0, len(ordered), AT_ONCE):
            part = ordered[at : at + AT_ONCE]
            await self._note_success(part, min(worked[each] for each in part))

    async def _note_success(self, connection_ids: Sequence[ConnectionId], at: datetime) -> None:
        for bound in await self._store.connections.mark_ok(connection_ids, at):
            await self._say_recovered(bound)

    async def _note_break(self, connection_id: ConnectionId, whose: str, now: datetime) -> None:
        bound = await self._store.connections.holder(connection_id)
        if bound is None:
            self._known.pop(connection_id, None)  # being made or just ended: nobody's health, and nothing to remember
        elif await self._store.connections.mark_broken(bound.team_id, connection_id, whose, now):
            await self._say_broken(bound, whose)

    async def _say_broken(self, bound: BoundConnection, whose: str) -> None:
        log.warning("a connection has stopped working, to be mended by: %s", whose, extra={"team": bound.team_id})
        standing = Standing(crm_name=bound.crm_name, last_success=bound.last_success, fault=whose)
        await self._say(bound, lambda timezone: broke(standing, command=self._command, timezone=timezone))

    async def _say_recovered(self, bound: BoundConnection) -> None:
        log.info("a connection works again", extra={"team": bound.team_id})
        await self._say(bound, lambda _: recovered(bound.crm_name))

    async def _say(self, bound: BoundConnection, write: Write) -> None:
        await self._tell(bound.team_id, bound.bound_by, write)
