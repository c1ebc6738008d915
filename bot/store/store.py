"""The store as the rest of the bot holds it: one object per table, all on one database."""

from typing import Self

from sqlalchemy import text

from bot.store.cards import Cards
from bot.store.database import Database, database
from bot.store.history import History
from bot.store.migrate import is_current, migrate
from bot.store.proposals import Proposals
from bot.store.sealing import Sealing


class Store:
    """Everything the bot remembers. Open it with `Store.open`, which brings the tables up to date first."""

    def __init__(self, database: Database, sealing: Sealing) -> None:
        self._database = database
        self.proposals = Proposals(database)
        self.cards = Cards(database, sealing)
        self.history = History(database)

    @classmethod
    async def open(cls, database_url: str, sealing: Sealing) -> Self:
        """The store behind `DATABASE_URL`, migrated; any number of processes may do this at once."""
        opened = database(database_url)
        try:
            if not await opened.read(is_current):
                await opened.write(migrate)
        except BaseException:
            await opened.close()
            raise
        return cls(opened, sealing)

    async def ready(self) -> None:
        """Return when the database answers; raises what it raised otherwise."""
        await self._database.read(lambda connection: connection.execute(text("SELECT 1")).scalar())

    async def close(self) -> None:
        """Let go of every connection; transactions that were begun end first."""
        await self._database.close()
