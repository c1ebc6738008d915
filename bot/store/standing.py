"""What every request must know of its team, in one statement: its connection and its settings."""

from typing import Any

from sqlalchemy import bindparam, literal, select

from bot.models import TeamId
from bot.store.connections import BoundConnection, bound, columns
from bot.store.database import Database, Single
from bot.store.settings import GET as SETTINGS
from bot.store.settings import read
from bot.store.tables import connections
from bot.team_settings import TeamSettings

_always = select(literal(1).label("one")).subquery()  # so that a team without a connection has a row, too
STANDING = select(SETTINGS.scalar_subquery(), *columns).select_from(
    _always.outerjoin(connections, connections.c.team_id == bindparam("b_team"))
)


async def standing(database: Database, team: TeamId) -> tuple[BoundConnection | None, TeamSettings]:
    """The team's connection, if it has one, and its settings."""
    row: tuple[Any, ...] = tuple((await database.read(Single(STANDING, {"b_team": team}))).one())
    return bound(row[1:]) if row[1] is not None else None, read(row[0])
