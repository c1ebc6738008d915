"""Which workspaces an org-wide install serves: each keeps its own CRM, but the token is the organisation's."""

from sqlalchemy import Connection, bindparam, select

from bot.models import TeamId
from bot.store.database import Database, Single
from bot.store.tables import org_teams
from bot.store.upserts import InsertNew

o = org_teams.c

TEAMS = select(o.team_id).where(o.enterprise_id == bindparam("b_enterprise")).order_by(o.team_id)
REMEMBER = InsertNew(org_teams)


class OrgTeams:
    """Learned from requests, since Slack tells at the install only which organisation it was."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember(self, team: TeamId, enterprise: str) -> None:
        """The first that is learned holds, until the organisation or the team uninstalls."""
        row = {"team_id": team, "enterprise_id": enterprise}

        def work(connection: Connection) -> None:
            REMEMBER(connection, row)

        await self._database.write(work)

    async def teams_of(self, enterprise: str) -> tuple[TeamId, ...]:
        """The teams that the organisation's install has served."""
        values = {"b_enterprise": enterprise}
        rows = (await self._database.read(Single(TEAMS, values))).scalars().all()
        return tuple(TeamId(team) for team in rows)
