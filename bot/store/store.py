"""The store as the rest of the bot holds it: one object per subject, all on one database."""

from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import text

from bot.models import TeamId
from bot.proposal import Shown
from bot.store import resealing, retention
from bot.store.cards import Cards
from bot.store.connections import Connections
from bot.store.database import Database, Single
from bot.store.drafts import Drafts
from bot.store.history import History
from bot.store.inbox import Inbox
from bot.store.installations import Installations
from bot.store.listings import Listings
from bot.store.migrate import is_current, migrate
from bot.store.oauth_states import OAuthStates
from bot.store.opening import database
from bot.store.org_teams import OrgTeams
from bot.store.passing_connections import DoomedConnections, PendingConnections
from bot.store.proposals import Proposals
from bot.store.recent_records import RecentRecords
from bot.store.sealing import Sealing
from bot.store.seen_events import SeenEvents
from bot.store.settings import Settings
from bot.store.standing import Standing, at_stake, standing
from bot.store.unusable import Unusable, why


class Store:
    """Everything the bot remembers. Open it with `Store.open`, which brings the tables up to date first."""

    def __init__(self, database: Database, sealing: Sealing) -> None:
        self._database = database
        self._sealing = sealing
        self.cards = Cards(database, sealing)
        self.proposals = Proposals(database, self.cards)
        self.history = History(database)
        self.connections = Connections(database)
        self.pending_connections = PendingConnections(database)
        self.doomed_connections = DoomedConnections(database)
        self.settings = Settings(database)
        self.installations = Installations(database, sealing)
        self.oauth_states = OAuthStates(database)
        self.org_teams = OrgTeams(database)
        self.listings = Listings(database)
        self.recent_records = RecentRecords(database)
        self.seen_events = SeenEvents(database)
        self.drafts = Drafts(database)
        self.inbox = Inbox(database, sealing)

    @classmethod
    async def open(cls, database_url: str, sealing: Sealing) -> Self:
        """The store behind `DATABASE_URL`, migrated; any number of processes may do this at once.

        Raises `Unusable` for what an operator can mend.
        """
        try:
            return cls(await _opened(database_url), sealing)
        except Unusable:
            raise
        except Exception as error:
            if reason := why(error):
                kind = database_url.partition(":")[0].partition("+")[0]
                raise Unusable(f"DATABASE_URL ({kind}) cannot be used: {reason}.".replace("?.", "?")) from error
            raise

    async def standing(self, team: TeamId) -> Standing:
        """How a team stands; one statement."""
        return await standing(self._database, team)

    async def at_stake(self, team: TeamId, proposal_id: str) -> tuple[Shown, Standing] | None:
        """What a decision hangs on, in one statement: the proposal, its cards, and how its team stands.

        None for any other team's.
        """
        return await at_stake(self._database, self.cards, team, proposal_id)

    async def ready(self) -> None:
        """Return when the database answers; raises what it raised otherwise."""
        await self._database.read(Single(text("SELECT 1")))

    async def sweep(self, now: datetime, keep: timedelta) -> int:
        """Delete one small portion of what is older than its time; returns how much, 0 when nothing is left to do."""
        return await self._database.write(lambda connection: retention.sweep(connection, now, keep))

    async def erase_team(self, team: TeamId, now: datetime) -> None:
        """Delete everything of a team that uninstalled, and doom its Maton connections. Twice is fine."""
        await self._database.write(lambda connection: retention.erase_team(connection, team, now))

    async def reseal(self) -> int:
        """Encrypt everything stored anew with the first key; returns how many values there were."""
        return await resealing.reseal(self._database, self._sealing)

    async def close(self) -> None:
        """Let go of every connection; transactions that were begun end first."""
        await self._database.close()


async def _opened(database_url: str) -> Database:
    opened = database(database_url)
    try:
        if not await opened.read(is_current):
            await opened.administer(migrate)
    except BaseException:
        await opened.close()
        raise
    return opened
