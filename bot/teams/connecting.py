"""How a team gets its CRM: a connection at Maton, noticed when it is done, recognised, confirmed, and bound.

A team has at most one connection in the making, and none is ever just forgotten: what fails, is cancelled or takes too
long is deleted at Maton, also after a restart (maton.md section 1).
"""

import asyncio
import hashlib
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.blocks.connecting import Identified
from bot.crm.connections import PENDING, Connection, Maton
from bot.crm.crms import CRMs
from bot.errors import BotError, CredentialBroken, Misunderstood, NotAllowed, NotFound
from bot.models import ConnectionId, Kind, Record, TeamId, UserId
from bot.store import Store
from bot.store.connections import Bound, ConnectionTaken, NotInTheMaking
from bot.store.passing_connections import PendingConnection
from bot.teams.team import Teams

log = logging.getLogger(__name__)

POLL_EVERY = 2.5
"""Seconds between two looks at a connection in the making: Maton has no callback (maton.md section 1)."""

PATIENCE = timedelta(minutes=5)
CONFIRMED_WITHIN = timedelta(days=1)
"""How long a finished connection waits for its Confirm before it is deleted."""

NOT_IN_THE_MAKING = "This connection is no longer in the making: it was bound, cancelled, or took too long."
TAKEN = (
    "This connection belongs to another Slack workspace, so it cannot be used here. "
    "Run {command} connect again to make one of your own."
)


class Connecting:
    """Makes, recognises, binds and ends teams' connections."""

    def __init__(
        self,
        *,
        store: Store,
        maton: Maton,
        crms: CRMs,
        teams: Teams,
        now: Callable[[], datetime],
        poll_every: float = POLL_EVERY,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._store = store
        self._maton = maton
        self._crms = crms
        self._teams = teams
        self._now = now
        self._poll_every = poll_every
        self.patience = patience

    # Making

    async def begin(self, team: TeamId, by: UserId) -> Connection:
        """The team's connection in the making: its own that is still good, else a new one."""
        if good := await self.current(team):
            return good
        made = await self._maton.create()
        held = await self._store.pending_connections.remember(team, made.id, by=by, now=self._now())
        return made if held.connection_id == made.id else await self._maton.get(held.connection_id)

    async def current(self, team: TeamId) -> Connection | None:
        """The team's connection in the making as Maton has it now; one that failed or was deleted there is ended."""
        pending = await self._store.pending_connections.pending(team)
        return await self.look(pending) if pending else None

    async def look(self, pending: PendingConnection) -> Connection | None:
        """The same for one that is known to be in the making."""
        try:
            connection = await self._maton.get(pending.connection_id)
        except NotFound:
            await self._end(pending)
            return None
        if connection.is_active or connection.status == PENDING:
            return connection
        log.info("a connection in the making ended as %s", connection.status, extra={"team": pending.team_id})
        await self._end(pending)
        return None

    async def finished(self, team: TeamId) -> Connection | None:
        """Wait until somebody has finished at Maton; None when it failed, was ended, or took longer than `patience`."""
        deadline = self._now() + self.patience
        while self._now() < deadline:
            await asyncio.sleep(self._poll_every)
            try:
                connection = await self.current(team)
            except CredentialBroken:
                raise
            except BotError as error:  # Maton hiccups; the next look may say more
                log.info("a look at a connection failed: %s", type(error).__name__, extra={"team": team})
                continue
            if connection is None or connection.is_active:
                return connection
        await self.cancel(team)
        return None

    async def cancel(self, team: TeamId) -> None:
        """End what is in the making, if anything is; what is bound stays."""
        if pending := await self._store.pending_connections.pending(team):
            await self._end(pending)

    async def _end(self, pending: PendingConnection) -> None:
        await self._store.pending_connections.clear(pending.team_id, pending.connection_id, self._now())
        await self.delete_doomed()

    # Recognising and binding

    async def identify(self, connection_id: ConnectionId) -> Identified:
        """What is behind a connection, told so that an admin recognises it: two requests to the CRM."""
        crm = self._crms.of(connection_id)
        members, companies = await asyncio.gather(crm.members(), crm.count(Kind.COMPANY))
        names = tuple(member.name for member in members if member.name)
        return Identified(members=len(members), companies=companies, names=names, crm_name=named_after(members))

    async def in_the_making(self, team: TeamId, value: str) -> PendingConnection:
        """The team's connection in the making that a button names; `Misunderstood` for any other."""
        pending = await self._store.pending_connections.pending(team)
        if pending is None or button_value(pending.connection_id) != value:
            raise self._not_in_the_making()
        return pending

    def _not_in_the_making(self) -> Misunderstood:
        return Misunderstood(NOT_IN_THE_MAKING, hint=f"Run {self._teams.command} connect to begin again.")

    async def bind(self, pending: PendingConnection, by: UserId) -> tuple[str, Bound]:
        """Make it the team's own, swapping and voiding in one step; the CRM's name, and what was replaced.

        Raises `Misunderstood` when it is given up while the CRM is still being asked who it is.
        """
        connection = await self.look(pending)
        if connection is None or not connection.is_active:
            raise Misunderstood("Maton does not have this connection as finished.", hint="Press Check now in a moment.")
        try:
            name = (await self.identify(connection.id)).crm_name
        except BotError:
            # What was cancelled meanwhile is deleted at Maton, too, and a CRM that seems broken is not why.
            await self.in_the_making(pending.team_id, button_value(pending.connection_id))
            raise
        try:
            bound = await self._store.connections.bind(
                pending.team_id, connection.id, by=by, crm_name=name, now=self._now(), in_the_making=True
            )
        except NotInTheMaking as error:
            raise self._not_in_the_making() from error
        except ConnectionTaken as error:
            raise NotAllowed(TAKEN.format(command=self._teams.command)) from error
        self._changed(pending.team_id, bound.previous)
        return name, bound

    async def disconnect(self, team: TeamId) -> Bound:
        """Forget the team's connection and what is in the making, and delete both at Maton."""
        bound = await self._store.connections.unbind(team, self._now())
        self._changed(team, bound.previous)
        await self.cancel(team)
        return bound

    def _changed(self, team: TeamId, previous: ConnectionId | None) -> None:
        self._teams.forget(team)
        if previous:
            self._crms.forget(previous)

    # Sweeping

    async def delete_doomed(self) -> None:
        """Delete at Maton what no team uses any more; what cannot be deleted now is tried again later."""
        for connection_id in await self._store.doomed_connections.take(self._now()):
            try:
                await self._maton.delete(connection_id)
            except BotError as error:
                log.warning("a connection could not be deleted yet: %s", type(error).__name__)
                continue
            self._crms.forget(connection_id)
            await self._store.doomed_connections.forget(connection_id)

    async def left_alone(self) -> tuple[tuple[PendingConnection, Connection], ...]:
        """Connections that were finished while nobody waited, each to one caller; those that take too long are ended.

        So a restart forgets nobody who is just coming back from Maton's page.
        """
        now, found = self._now(), []
        for pending in await self._store.pending_connections.begun_before(now):
            if not await self._store.seen_events.take(pending.team_id, f"look {pending.connection_id}", now):
                continue
            try:
                connection = await self.look(pending)
            except BotError as error:  # the next round looks again, and this one at the others
                log.warning("a look at a connection failed: %s", type(error).__name__, extra={"team": pending.team_id})
                continue
            allowed = CONFIRMED_WITHIN if connection and connection.is_active else self.patience * 2
            if connection and pending.created_at + allowed < now:
                await self._end(pending)
            elif connection and connection.is_active:
                found.append((pending, connection))
        return tuple(found)


def button_value(connection_id: ConnectionId) -> str:
    """What a button carries in place of the connection's id, which never leaves for Slack."""
    return hashlib.sha256(connection_id.encode()).hexdigest()[:24]


def named_after(members: tuple[Record, ...]) -> str:
    """What to call a CRM whose name no API tells: after the domain that most of its members have."""
    addresses = (str(member.values.get("email") or "") for member in members)
    domains = Counter(address.rpartition("@")[2].lower() for address in addresses if "@" in address)
    return f"Twenty ({domains.most_common(1)[0][0]})" if domains else "Twenty"
