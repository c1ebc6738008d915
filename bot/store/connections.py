"""Which Maton connection is a team's own: at most one per team, and no connection ever belongs to two.

A connection that a team leaves is doomed in the same transaction, so that it is deleted at Maton even when the process
dies in between.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec import Struct, structs
from sqlalchemy import Connection, bindparam, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from bot.errors import Misunderstood, NotAllowed
from bot.models import ConnectionId, TeamId, UserId
from bot.proposal import Proposal
from bot.store.database import Database, Single
from bot.store.passing_connections import doom, forget_pending, is_pending_elsewhere, spare
from bot.store.proposals import void_open
from bot.store.tables import connections
from bot.store.upserts import InsertOrReplace

REBOUND = "The workspace was connected to another CRM, so this was not carried out. Propose it again."
DISCONNECTED = "The workspace was disconnected from its CRM, so this was not carried out."


class ConnectionTaken(NotAllowed):
    """The connection belongs to another team: binding it would show that team's CRM."""

    def __init__(self) -> None:
        super().__init__("That connection belongs to another workspace.")


class NotInTheMaking(Misunderstood):
    """The connection is not being made for the team any more: it was bound, or given up and doomed, meanwhile."""

    def __init__(self) -> None:
        super().__init__("That connection is no longer in the making.")


class BoundConnection(Struct, frozen=True, kw_only=True):
    """A team's connection and how it fares. `broken_since` is None while it works; `last_error` is a kind, no text."""

    team_id: TeamId
    connection_id: ConnectionId
    bound_by: str
    bound_at: datetime
    crm_name: str = ""
    last_success: datetime | None = None
    broken_since: datetime | None = None
    last_error: str = ""


class Bound(Struct, frozen=True, kw_only=True):
    """What a bind replaced: the connection before, if it was another, and the proposals that this voided."""

    previous: ConnectionId | None
    voided: tuple[Proposal, ...]


c = connections.c

columns = (
    c.team_id,
    c.connection_id,
    c.bound_by,
    c.bound_at,
    c.crm_name,
    c.last_success,
    c.broken_since,
    c.last_error,
)

GET = select(*columns).where(c.team_id == bindparam("b_team"))
GET_LOCKED = GET.with_for_update()
HOLDER = select(*columns).where(c.connection_id == bindparam("b_connection"))
ALL = select(*columns).order_by(c.team_id)
BIND = InsertOrReplace(connections)
DELETE = delete(connections).where(c.team_id == bindparam("b_team")).returning(c.connection_id)

_this = (c.team_id == bindparam("b_team"), c.connection_id == bindparam("b_connection"))
FARING = (
    select(*columns)
    .where(
        c.connection_id.in_(bindparam("b_connections", expanding=True)),
        or_(c.broken_since.is_(None), c.broken_since <= bindparam("b_at")),
    )
    .order_by(c.connection_id)
    .with_for_update(skip_locked=True)  # two processes that write of the same ones never wait for each other
)
ALL_SUCCEED = (
    update(connections)
    .where(c.connection_id.in_(bindparam("b_connections", expanding=True)))
    .values(broken_since=None, last_error="", last_success=bindparam("b_at"))
)
BREAK = (
    update(connections)
    .where(*_this, c.broken_since.is_(None))
    .values(broken_since=bindparam("b_now"), last_error=bindparam("b_error"))
)


class Connections:
    """All teams' connections and how they fare."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def connection(self, team: TeamId) -> BoundConnection | None:
        """The team's own connection; there is no default and no other team's."""
        row = (await self._database.read(Single(GET, {"b_team": team}))).first()
        return None if row is None else bound(tuple(row))

    async def holder(self, connection_id: ConnectionId) -> BoundConnection | None:
        """The binding of a connection; None when no team holds it."""
        values = {"b_connection": connection_id}
        row = (await self._database.read(Single(HOLDER, values))).first()
        return None if row is None else bound(tuple(row))

    async def all(self) -> tuple[BoundConnection, ...]:
        """Every team's connection, for the operator."""
        rows = await self._database.read(Single(ALL))
        return tuple(bound(tuple(row)) for row in rows)

    async def bind(
        self,
        team: TeamId,
        connection_id: ConnectionId,
        *,
        by: UserId,
        crm_name: str,
        now: datetime,
        in_the_making: bool = False,
    ) -> Bound:
        """Make the connection the team's own, in one step with voiding what was proposed for another CRM.

        Raises `ConnectionTaken` when it is, or is becoming, another team's; with `in_the_making`, `NotInTheMaking`
        unless it is being made for the team at that instant. The connection before is doomed.
        """
        new = BoundConnection(team_id=team, connection_id=connection_id, bound_by=by, bound_at=now, crm_name=crm_name)
        try:
            return await self._database.write(lambda connection: _bind(connection, new, in_the_making=in_the_making))
        except IntegrityError as error:
            raise ConnectionTaken from error

    async def unbind(self, team: TeamId, now: datetime, *, doomed: bool = True) -> Bound:
        """Forget the team's connection and void what was proposed for it; `doomed`, to be deleted at Maton, or not."""
        return await self._database.write(lambda connection: unbind(connection, team, now, doomed=doomed))

    async def mark_ok(self, connection_ids: Collection[ConnectionId], at: datetime) -> tuple[BoundConnection, ...]:
        """Note that all these worked then, in one transaction; returns those of them that were broken until then.

        One that broke later stays broken.
        """

        def work(connection: Connection) -> tuple[BoundConnection, ...]:
            rows = connection.execute(FARING, {"b_connections": sorted(connection_ids), "b_at": at}).all()
            found = [bound(tuple(row)) for row in rows]
            if found:
                these = [each.connection_id for each in found]
                connection.execute(ALL_SUCCEED, {"b_connections": these, "b_at": at})
            return tuple(each for each in found if each.broken_since is not None)

        return await self._database.write(work)

    async def mark_broken(self, team: TeamId, connection_id: ConnectionId, error: str, now: datetime) -> bool:
        """Note that the connection fails; True for the first since it last worked, among all processes."""
        values = {"b_team": team, "b_connection": connection_id, "b_now": now, "b_error": error}
        return await self._database.write(lambda connection: connection.execute(BREAK, values).rowcount == 1)


def unbind(connection: Connection, team: TeamId, now: datetime, *, doomed: bool) -> Bound:
    """`Connections.unbind` within a larger transaction."""
    previous = connection.execute(DELETE, {"b_team": team}).scalar()
    if previous is None:
        return Bound(previous=None, voided=())
    if doomed:
        doom(connection, previous, now)
    return Bound(previous=ConnectionId(previous), voided=void_open(connection, team, now, DISCONNECTED))


def _bind(connection: Connection, new: BoundConnection, *, in_the_making: bool) -> Bound:
    if is_pending_elsewhere(connection, new.team_id, new.connection_id):
        raise ConnectionTaken
    before = connection.execute(GET_LOCKED, {"b_team": new.team_id}).first()
    was_in_the_making = forget_pending(connection, new.team_id, new.bound_at, but=new.connection_id)
    if in_the_making and not was_in_the_making:
        raise NotInTheMaking  # whoever gave it up has doomed it, too: it may be deleted at Maton already
    BIND(connection, structs.asdict(new))
    spare(connection, new.connection_id)
    previous = None if before is None else bound(tuple(before)).connection_id
    if previous is None or previous == new.connection_id:
        return Bound(previous=None, voided=())
    doom(connection, previous, new.bound_at)
    return Bound(previous=previous, voided=void_open(connection, new.team_id, new.bound_at, REBOUND))


def bound(row: tuple[Any, ...]) -> BoundConnection:
    """The connection of a row of `columns`."""
    return BoundConnection(**dict(zip(BoundConnection.__struct_fields__, row, strict=True)))
