"""The records last used in a channel: the first suggestions when somebody saves a message there."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from bot.models import Kind, Ref, TeamId
from bot.store.database import Database, Single
from bot.store.tables import recent_records
from bot.store.upserts import InsertOrReplace

KEPT = 20
"""Records per channel."""

r = recent_records.c

USE = InsertOrReplace(recent_records)
OF_CHANNEL = (
    select(r.kind, r.record_id, r.name)
    .where(r.team_id == bindparam("b_team"), r.channel == bindparam("b_channel"))
    .order_by(r.used_at.desc())
    .limit(bindparam("b_limit"))
)
_newest = (
    select(r.record_id)
    .where(r.team_id == bindparam("b_team"), r.channel == bindparam("b_channel"))
    .order_by(r.used_at.desc())
    .limit(KEPT)
    .cte("newest")
)
FORGET_OLDER = delete(recent_records).where(
    r.team_id == bindparam("b_team"),
    r.channel == bindparam("b_channel"),
    r.record_id.not_in(select(_newest.c.record_id)),
)


class RecentRecords:
    """A handful of records per channel of each team."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def use(self, team: TeamId, channel: str, records: Sequence[Ref], now: datetime) -> None:
        """Note that these records were used in the channel."""

        def work(connection: Connection) -> None:
            for record in records:
                USE(connection, _row(team, channel, record, now))
            connection.execute(FORGET_OLDER, {"b_team": team, "b_channel": channel})

        if records:
            await self._database.write(work)

    async def recent(self, team: TeamId, channel: str, *, limit: int = 5) -> tuple[Ref, ...]:
        """The records used in the channel, the last one first."""
        values = {"b_team": team, "b_channel": channel, "b_limit": limit}
        rows = await self._database.read(Single(OF_CHANNEL, values))
        return tuple(Ref(Kind(kind), id, name) for kind, id, name in rows)


def _row(team: TeamId, channel: str, record: Ref, now: datetime) -> dict[str, object]:
    return {
        "team_id": team,
        "channel": channel,
        "record_id": record.id,
        "kind": record.kind.value,
        "name": record.name,
        "used_at": now,
    }
