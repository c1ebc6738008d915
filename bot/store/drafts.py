"""What somebody filled into a form and could not be made a card of: kept, so that nothing has to be typed again."""

from datetime import datetime

import msgspec
from msgspec import Raw
from sqlalchemy import bindparam, insert, select

from bot.models import TeamId, UserId
from bot.proposal import new_id
from bot.store.database import Database, Single
from bot.store.tables import drafts

d = drafts.c

KEEP = insert(drafts)
OF_ID = select(d.body).where(
    d.id == bindparam("b_id"), d.team_id == bindparam("b_team"), d.user_id == bindparam("b_user")
)


class Drafts:
    """All people's drafts; nobody sees another's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, team: TeamId, user: UserId, body: object, now: datetime) -> str:
        """Keep whatever msgspec can encode; returns the draft's id."""
        id = new_id()
        text = msgspec.json.encode(body).decode()
        row = {"id": id, "team_id": team, "user_id": user, "body": text, "created_at": now}
        await self._database.write(lambda connection: connection.execute(KEEP, row).rowcount)
        return id

    async def draft(self, team: TeamId, user: UserId, id: str) -> Raw | None:
        """The content of one draft; None when it is not this person's, or too old."""
        values = {"b_team": team, "b_user": user, "b_id": id}
        body = (await self._database.read(Single(OF_ID, values))).scalar()
        return None if body is None else Raw(body.encode())
