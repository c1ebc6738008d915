"""Everything a sandbox is made of, on real sockets: two CRMs behind a gateway, a Slack, and the real bot as a process.

    async with staged() as stage:
        await stage.slack.command(ANA, SALES, "/crm northwind")

Tests, the page, the benchmark and the pictures all play on it.
"""

import contextlib
import secrets
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from yarl import URL

from bot.keys import new_key
from bot.models import ConnectionId, TeamId, UserId
from bot.sandbox.child import Child, free_port
from bot.sandbox.page.pointing import PointedSlack
from bot.sandbox.slack import World
from bot.sandbox.slack.sample import ACME, GLOBEX
from bot.sandbox.story import HOOLI, sandbox_world
from bot.sandbox.twenty import FakeCRM, FakeMaton, samples
from bot.store import Sealing, Store

LOOPBACK = "127.0.0.1"


@dataclass(slots=True)
class Stage:
    """A sandbox that runs. `crms` is which CRM stands behind each team, `connections` by which Maton connection."""

    slack: PointedSlack
    maton: FakeMaton
    crms: dict[str, FakeCRM]
    connections: dict[str, str]
    bot: Child
    database: Path
    key: str

    def crm(self, team: str) -> FakeCRM | None:
        """The CRM that a team's bot talks to now, found as the bot finds it; None while it is not connected."""
        bound = self.connection(team)
        return next((each.crm for each in self.maton.connections.listed(status="ACTIVE") if each.id == bound), None)

    def connection(self, team: str) -> str | None:
        """The Maton connection that the bot has bound the team to."""
        with contextlib.suppress(sqlite3.Error), contextlib.closing(read_only(self.database)) as database:
            row = database.execute("SELECT connection_id FROM connections WHERE team_id = ?", (team,)).fetchone()
            return str(row[0]) if row else None
        return self.connections.get(team)


def members_of(world: World, team: str) -> list[tuple[str, str, str]]:
    """A team's people as members of its CRM, called the same in both; bots and guests are none."""
    people = (user for user in world.users if user.team == team and not user.is_bot and not user.is_restricted)
    names = ((user.real_name.partition(" "), user.email) for user in people)
    return [(first, last, email) for (first, _, last), email in names]


def read_only(database: Path) -> sqlite3.Connection:
    """The bot's database, only to be looked at."""
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=1.0)


@contextlib.asynccontextmanager
async def staged(*, world: World | None = None, settings: Mapping[str, str] | None = None) -> AsyncIterator[Stage]:
    """A sandbox whose bot is ready; at the end everything is stopped and thrown away.

    `settings` are further environment variables of the bot.
    """
    async with set_up(world=world, settings=settings) as stage:
        await raise_curtain(stage)
        yield stage


@contextlib.asynccontextmanager
async def set_up(*, world: World | None = None, settings: Mapping[str, str] | None = None) -> AsyncIterator[Stage]:
    """The same with the bot still asleep: `raise_curtain` wakes it."""
    world = world or sandbox_world()
    slack, maton = PointedSlack(signing_secret=secrets.token_hex(16), world=world), FakeMaton()
    crms = {
        ACME: FakeCRM("current", samples.acme([*members_of(world, ACME), *samples.ACME_MEMBERS[3:]]), name="Acme"),
        GLOBEX: FakeCRM("current", samples.globex(members_of(world, GLOBEX)), name="Globex"),
    }
    connections = {team: maton.connect(crm) for team, crm in crms.items()}
    maton.offer("Hooli's workspace", FakeCRM("current", samples.globex(members_of(world, HOOLI)), name="Hooli"))
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crm-bot-sandbox-")))
        maton_url = await stack.enter_async_context(maton.serve())
        await stack.enter_async_context(slack.serve())
        bot_url = f"http://{LOOPBACK}:{free_port()}"
        child = Child({}, folder=folder, url=bot_url)
        key = new_key()
        stage = Stage(slack, maton, crms, connections, child, folder / "sandbox.sqlite3", key)
        child.environment |= {**_environment(stage, maton_url=maton_url), **(settings or {})}
        stack.push_async_callback(child.stop)
        slack.point_at(f"{bot_url}/slack/events")
        yield stage


async def raise_curtain(stage: Stage) -> None:
    """Bind the teams to their CRMs, as an operator does, start the bot, and install it in every workspace."""
    store = await Store.open(stage.bot.environment["DATABASE_URL"], Sealing((stage.key,)))
    try:
        for team, connection in stage.connections.items():
            name, now = stage.crms[team].name, datetime.now(UTC)
            await store.connections.bind(
                TeamId(team), ConnectionId(connection), by=UserId("the sandbox"), crm_name=name, now=now
            )
    finally:
        await store.close()
    await stage.bot.start()
    for bot in stage.slack.state.world.installations:
        await install(stage, bot.team, by=bot.installed_by)


async def install(stage: Stage, team: str, *, by: str) -> None:
    """Somebody allows the app in a workspace, by the same pages in a browser as in real life."""
    # A cookie for an address of numbers is refused by default, and the bot's is 127.0.0.1.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(f"{stage.bot.url}/slack/install", allow_redirects=False) as asked:
            consent = URL(asked.headers["Location"]).update_query(team=team, user=by)
        async with browser.get(consent) as back:
            back.raise_for_status()


def _environment(stage: Stage, *, maton_url: str) -> dict[str, str]:
    return {
        "MATON_API_KEY": stage.maton.api_key,
        "MATON_API_URL": maton_url,
        "MATON_CONNECT_HOST": maton_url.removeprefix("http://"),
        "SLACK_API_URL": f"{stage.slack.url}/api/",
        "SLACK_SIGNING_SECRET": stage.slack.delivery.signing_secret,
        "SLACK_CLIENT_ID": stage.slack.state.world.client_id,
        "SLACK_CLIENT_SECRET": stage.slack.state.world.client_secret,
        "PUBLIC_URL": stage.bot.url,
        "ENCRYPTION_KEY": stage.key,
        "DATABASE_URL": f"sqlite:///{stage.database}",
        "HOST": LOOPBACK,
        "PORT": stage.bot.url.rpartition(":")[2],
    }


__all__ = ["ACME", "GLOBEX", "HOOLI", "Stage", "raise_curtain", "read_only", "set_up", "staged"]
