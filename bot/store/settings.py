"""Each team's own settings, as one JSON text."""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, bindparam, select

from bot.models import TeamId, UserId
from bot.store import proposal_statements as sql
from bot.store.database import Database, Single
from bot.store.tables import settings
from bot.store.upserts import InsertOrReplace
from bot.team_settings import TeamSettings

GET = select(settings.c.settings).where(settings.c.team_id == bindparam("b_team"))
SAVE = InsertOrReplace(settings)
DEFAULTS = TeamSettings()
REREAD_WITHIN = timedelta(seconds=6)
"""Until then every process has forgotten the former ones; a second is for what the transaction takes."""


def read(found: str | None) -> TeamSettings:
    """The settings as they are stored; the defaults where there are none."""
    return DEFAULTS if found is None else msgspec.json.decode(found, type=TeamSettings)


class Settings:
    """All teams' settings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def settings(self, team: TeamId) -> TeamSettings:
        """The team's settings; the defaults where it made none."""
        found = (await self._database.read(Single(GET, {"b_team": team}))).scalar()
        return read(found)

    async def save(self, team: TeamId, new: TeamSettings, *, by: UserId, now: datetime) -> None:
        """Replace the team's settings; its waiting cards, which say who decides, are due for rewriting.

        They are after `REREAD_WITHIN`, so that no process rewrites them by the settings of before.
        """
        row = {
            "team_id": team,
            "settings": msgspec.json.encode(new).decode(),
            "changed_by": by,
            "changed_at": now,
        }

        def work(connection: Connection) -> None:
            SAVE(connection, row)
            connection.execute(sql.TELL_ANEW, {"b_team": team, "b_card_due": now + REREAD_WITHIN})

        await self._database.write(work)
