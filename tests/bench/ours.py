"""Our own bot as a contender: `crm-bot serve` on a real store with that many installed and connected teams."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from bot.keys import new_key
from bot.store import Sealing, Store
from bot.store.installations import Installation
from bot.store.tables import connections, installations
from tests.bench import slack_standin as slack
from tests.bench.contenders import Contender
from tests.bench.results import OURS

KEY = new_key()
AT_ONCE = 5_000


async def install(store: Store, teams: int) -> None:
    """Install the bot in `teams` workspaces, each with a connection of its own."""
    now = datetime.now(UTC)
    row = store.installations._row(
        Installation(team_id="", bot_token=slack.TOKEN, bot_user_id=slack.BOT, bot_id="B0BOT", installed_at=now)
    )
    for first in range(0, teams, AT_ONCE):
        ids = [slack.team(n) for n in range(first, min(first + AT_ONCE, teams))]
        await _insert(store, installations, [{**row, "tenant": each, "team_id": each} for each in ids])
        bound = {"bound_by": "operator", "bound_at": now, "crm_name": "Acme CRM", "last_error": ""}
        await _insert(store, connections, [{**bound, "team_id": each, "connection_id": f"c-{each}"} for each in ids])


async def _insert(store: Store, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    def work(connection: Connection) -> None:
        connection.execute(insert(table), rows)

    await store._database.write(work)


async def prepared(url: str, teams: int, more: Callable[[Store], Any] | None = None) -> None:
    """A database with `teams` installed, and whatever `more` puts there."""
    store = await Store.open(url, Sealing([KEY]))
    await install(store, teams)
    if more:
        await more(store)
    await store.close()


def served(directory: Path, *, teams: int, url: str = "", name: str = OURS) -> Contender:
    """`crm-bot serve` on the database in `directory`, or at `url`; with OAuth where there are several teams."""
    environment = {
        "DATABASE_URL": url or f"sqlite:///{directory}/bench.sqlite3",
        "ENCRYPTION_KEY": KEY,
        "LOG_LEVEL": "warning",
        "BENCH_DIRECTORY": str(directory),
    }
    if teams > 1:
        oauth = {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "bench", "PUBLIC_URL": "https://bench.example"}
        environment |= oauth
    return Contender(name, (sys.executable, "-m", "bot", "serve"), teams=teams, environment=environment)


def fresh(directory: Path, *, teams: int) -> Contender:
    """The same on a new SQLite file."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    asyncio.run(prepared(f"sqlite:///{directory}/bench.sqlite3", teams))
    return served(directory, teams=teams)
