"""Pages of lists, by an opaque token: Previous and Next work after a restart and in any process."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, insert, select

from bot.models import TeamId, UserId
from bot.proposal import new_id
from bot.queries import Position, Query
from bot.store.database import Database, Single
from bot.store.tables import listings

KEEP = insert(listings)
GET = select(listings.c.query, listings.c.position).where(
    listings.c.id == bindparam("b_id"),
    listings.c.team_id == bindparam("b_team"),
    listings.c.user_id == bindparam("b_user"),
)


class StoredListing(Struct, frozen=True):
    """What a list asked for, and where one of its pages begins."""

    query: Query
    position: Position


class Listings:
    """All pages that a button leads to; kept for a week."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, team: TeamId, user: UserId, query: Query, position: Position, now: datetime) -> str:
        """Keep a page; returns its token."""
        row = {
            "id": new_id(),
            "team_id": team,
            "user_id": user,
            "query": msgspec.json.encode(query).decode(),
            "position": msgspec.json.encode(position).decode(),
            "created_at": now,
        }

        def work(connection: Connection) -> str:
            connection.execute(KEEP, row)
            return str(row["id"])

        return await self._database.write(work)

    async def listing(self, team: TeamId, user: UserId, token: str) -> StoredListing | None:
        """The page behind a token; None for anybody but the one who asked, and when it is too old."""
        values = {"b_id": token, "b_team": team, "b_user": user}
        row = (await self._database.read(Single(GET, values))).first()
        if row is None:
            return None
        return StoredListing(
            msgspec.json.decode(row[0], type=Query),
            msgspec.json.decode(row[1], type=Position),
        )
