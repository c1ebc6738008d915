"""Slack's events by what they mean: the same thing may come several times, under several ids (slack.md section 3)."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, update

from bot.models import TeamId
from bot.store.database import Database
from bot.store.tables import seen_events
from bot.store.upserts import InsertOrReplace

e = seen_events.c

# A repetition whose first sight was never finished is not dropped: its process may have died.
TAKE = InsertOrReplace(seen_events, only_if=e.until <= bindparam("b_now"))
FINISH = (
    update(seen_events)
    .where(e.team_id == bindparam("b_team"), e.meaning == bindparam("b_meaning"))
    .values(done=True, until=bindparam("b_until"))
)

LEASE = timedelta(seconds=30)
"""How long the first to see an event may take to handle it."""

KEPT = timedelta(days=1)


class SeenEvents:
    """Lets one process handle an event once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, team: TeamId, meaning: str, now: datetime) -> bool:
        """Whether the caller is to handle it: nobody has, nor began to within `LEASE`."""
        row = {"team_id": team, "meaning": meaning, "until": now + LEASE, "done": False, "b_now": now}
        return await self._database.write(lambda connection: TAKE(connection, row))

    async def finish(self, team: TeamId, meaning: str, now: datetime) -> None:
        """It was handled; repetitions are dropped for as long as it is kept."""
        values = {"b_team": team, "b_meaning": meaning, "b_until": now + KEPT}
        await self._database.write(lambda connection: connection.execute(FINISH, values).rowcount)
