"""Connections that no team uses: those in the making, and those that are still to be deleted at Maton.

Creating one leaves it behind at Maton until somebody deletes it (maton.md section 1), so none is ever just forgotten.
"""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, select, update

from bot.models import ConnectionId, TeamId, UserId
from bot.store.database import Database, Single
from bot.store.tables import connections, doomed_connections, pending_connections
from bot.store.upserts import InsertNew

p, d = pending_connections.c, doomed_connections.c

AGAIN_AFTER = timedelta(minutes=5)
"""When another caller tries to delete what the first could not."""


class PendingConnection(Struct, frozen=True, kw_only=True):
    """A connection that was created for a team and that nobody has completed or confirmed yet."""

    team_id: TeamId
    connection_id: ConnectionId
    requested_by: str
    created_at: datetime


_pending = (p.team_id, p.connection_id, p.requested_by, p.created_at)

GET = select(*_pending).where(p.team_id == bindparam("b_team"))
OLD = select(*_pending).where(p.created_at < bindparam("b_before")).order_by(p.created_at)
REMEMBER = InsertNew(pending_connections)
CLEAR = delete(pending_connections).where(
    p.team_id == bindparam("b_team"), p.connection_id == bindparam("b_connection")
)
CLEAR_TEAM = delete(pending_connections).where(p.team_id == bindparam("b_team")).returning(p.connection_id)
ELSEWHERE = select(p.team_id).where(p.connection_id == bindparam("b_connection"), p.team_id != bindparam("b_team"))
IN_USE = select(connections.c.team_id).where(connections.c.connection_id == bindparam("b_connection"))

DOOM = InsertNew(doomed_connections)
TAKE_DOOMED = (
    update(doomed_connections)
    .where(d.due_at <= bindparam("b_now"))
    .values(due_at=bindparam("b_next"), tries=d.tries + 1)
    .returning(d.connection_id)
)
SPARE = delete(doomed_connections).where(d.connection_id == bindparam("b_connection"))


class PendingConnections:
    """At most one connection in the making per team."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pending(self, team: TeamId) -> PendingConnection | None:
        """The connection that is being made for the team, to be used again instead of making another."""
        row = (await self._database.read(Single(GET, {"b_team": team}))).first()
        return None if row is None else _from_row(tuple(row))

    async def remember(
        self, team: TeamId, connection_id: ConnectionId, *, by: UserId, now: datetime
    ) -> PendingConnection:
        """Note a connection just made for the team; returns the one that holds: an earlier one, when there is one.

        The one that does not hold is doomed.
        """
        new = PendingConnection(team_id=team, connection_id=connection_id, requested_by=by, created_at=now)

        def work(connection: Connection) -> PendingConnection:
            in_use = connection.execute(IN_USE, {"b_connection": connection_id}).first() is not None
            is_new = not in_use and REMEMBER(connection, _row(new))
            held = connection.execute(GET, {"b_team": team}).first()
            if held is None:
                raise ValueError("Maton gave a new connection the id of one that is in use")
            if not (is_new or in_use or held[1] == connection_id):
                doom(connection, connection_id, now)
            return _from_row(tuple(held))

        return await self._database.write(work)

    async def clear(self, team: TeamId, connection_id: ConnectionId, now: datetime) -> None:
        """Give up on the team's connection in the making (failed, cancelled, timed out) and doom it."""

        def work(connection: Connection) -> None:
            if connection.execute(CLEAR, {"b_team": team, "b_connection": connection_id}).rowcount:
                doom(connection, connection_id, now)

        await self._database.write(work)

    async def begun_before(self, moment: datetime) -> tuple[PendingConnection, ...]:
        """Connections in the making that are older than `moment`, of all teams."""
        rows = await self._database.read(Single(OLD, {"b_before": moment}))
        return tuple(_from_row(tuple(row)) for row in rows)


class DoomedConnections:
    """Connections to be deleted at Maton; each stays here until that was done."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, now: datetime) -> tuple[ConnectionId, ...]:
        """Those that are due; each goes to one caller, and to another later unless it is forgotten."""
        values = {"b_now": now, "b_next": now + AGAIN_AFTER}
        rows = await self._database.write(lambda connection: connection.execute(TAKE_DOOMED, values).all())
        return tuple(ConnectionId(id) for (id,) in rows)

    async def forget(self, connection_id: ConnectionId) -> None:
        """The connection is deleted at Maton."""
        await self._database.write(lambda connection: spare(connection, connection_id))


def is_pending_elsewhere(connection: Connection, team: TeamId, connection_id: ConnectionId) -> bool:
    """Whether the connection is being made for another team."""
    values = {"b_team": team, "b_connection": connection_id}
    return connection.execute(ELSEWHERE, values).first() is not None


def forget_pending(connection: Connection, team: TeamId, now: datetime, *, but: str = "") -> bool:
    """End what is in the making for a team; it is doomed, `but` for the one that is bound: was it among it?"""
    ended = [connection_id for (connection_id,) in connection.execute(CLEAR_TEAM, {"b_team": team}).all()]
    for connection_id in ended:
        if connection_id != but:
            doom(connection, connection_id, now)
    return but in ended


def doom(connection: Connection, connection_id: str, now: datetime) -> None:
    """Have the connection deleted at Maton."""
    DOOM(connection, {"connection_id": connection_id, "due_at": now})


def spare(connection: Connection, connection_id: str) -> None:
    """Do not have the connection deleted at Maton (any more)."""
    connection.execute(SPARE, {"b_connection": connection_id})


def _row(pending: PendingConnection) -> dict[str, Any]:
    return {name: getattr(pending, name) for name in PendingConnection.__struct_fields__}


def _from_row(row: tuple[Any, ...]) -> PendingConnection:
    return PendingConnection(**dict(zip(PendingConnection.__struct_fields__, row, strict=True)))
