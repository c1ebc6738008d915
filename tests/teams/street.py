"""A street of workspaces that install the bot themselves: one bot in front of one Slack, each team with its own CRM."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from bot.app import Bot, build
from bot.keys import new_key
from bot.sandbox.slack import FakeSlack, Message, World, links_of, sample_world
from bot.sandbox.slack.sample import ACME, CLEO, GLOBEX, GLOBEX_SALES, GUS, SALES
from bot.sandbox.twenty import FakeCRM, FakeMaton, samples
from bot.settings import Settings
from tests.house import MATON_KEY, SIGNING_SECRET, House

KEY = new_key()
ADMINS = {ACME: CLEO, GLOBEX: GUS}
PLACES = {ACME: SALES, GLOBEX: GLOBEX_SALES}


@dataclass(slots=True)
class Page:
    """What the browser ended up with."""

    status: int
    text: str


@dataclass(slots=True)
class Street(House):
    """A house with many doors. `crms` are the CRMs on offer at Maton, by team."""

    crms: dict[str, FakeCRM] = field(default_factory=dict)

    async def consent(self, browser: aiohttp.ClientSession) -> str:
        """Begin an install and stop in front of Slack's page; its address."""
        async with browser.get(f"{self.url}/slack/install", allow_redirects=False) as answer:
            assert answer.status == 302
            return answer.headers["Location"]

    async def install(self, team: str, *, browser: aiohttp.ClientSession | None = None) -> Page:
        """Walk the whole way: the bot's door, Slack's page, and back."""
        if browser is None:
            async with new_browser() as own:
                return await self.install(team, browser=own)
        consent = await self.consent(browser)
        page = await get(browser, f"{consent}&team={team}&user={ADMINS[team]}")
        self.slack.state.set_member(PLACES[team], self.slack.installation(team).bot_user, present=True)
        return page

    async def install_everywhere(self, enterprise: str, *, by: str) -> Page:
        """Walk the same way for a whole organisation."""
        async with new_browser() as browser:
            state = (await self.consent(browser)).split("state=")[1].split("&")[0]
            code = self.slack.grant(ACME, by=by, org=enterprise)
            page = await get(browser, f"{self.url}/slack/oauth_redirect?code={code}&state={state}")
        bot_user = next(iter(self.slack.state.installations.values())).bot_user
        for channel in PLACES.values():
            self.slack.state.set_member(channel, bot_user, present=True)
        return page

    async def connect(self, team: str) -> Message:
        """Connect the team's CRM as its impatient admin does, up to the confirmed binding."""
        admin, place = ADMINS[team], PLACES[team]
        offer = await self.ask("/crm connect", user=admin, channel=place)
        self.finish_at_maton(team)
        await self.slack.click(offer, "Check now", user=admin)
        question = await self.told(admin, "is this your CRM?")
        await self.slack.click(question, "Confirm", user=admin)
        return await self.told(admin, "Connected to")

    def finish_at_maton(self, team: str) -> str:
        """What the admin does on Maton's page; the connection's id."""
        (pending,) = self.maton.pending()
        self.maton.complete(pending.id, self.crms[team])
        return pending.id


async def get(browser: aiohttp.ClientSession, url: str) -> Page:
    """Open an address, following where it leads."""
    async with browser.get(url) as answer:
        return Page(answer.status, await answer.text())


def new_browser() -> aiohttp.ClientSession:
    """A browser with cookies of its own."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


def link_in(message: Message) -> str:
    """The address behind the message's first button that leads somewhere."""
    return next(iter(links_of(message)), "") or ""


def empty_world() -> World:
    """The sample world before anybody installed the bot."""
    return replace(sample_world(), installations=())


@asynccontextmanager
async def street(database_url: str, *, world: World | None = None, **more: Any) -> AsyncIterator[Street]:
    """Everything running, nothing installed; `more` are further settings."""
    slack = FakeSlack(signing_secret=SIGNING_SECRET, world=world or empty_world())
    maton = FakeMaton(api_key=MATON_KEY)
    crms = {ACME: FakeCRM(records=samples.acme()), GLOBEX: FakeCRM(records=samples.globex())}
    async with slack.serve() as slack_url, maton.serve() as maton_url:
        settings = replace(settings_for(slack, slack_url, maton_url, database_url), **more)
        async with living_at(settings) as bot:
            slack.point_at(f"{settings.public_url}/slack/events")
            yield Street(slack, maton, crms[ACME], "", bot, settings.public_url, crms)
    assert not maton.surprises
    assert not slack.surprises


@asynccontextmanager
async def living_at(settings: Settings) -> AsyncIterator[Bot]:
    """A bot on the port of its public address, as a process would be."""
    bot = await build(settings)
    runner = web.AppRunner(bot.web, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", urlsplit(settings.public_url).port).start()
    bot.start()
    try:
        yield bot
    finally:
        await bot.stop()
        await runner.cleanup()


def free_port() -> int:
    """A port that nobody listens on: the address must be known before the bot is built."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings_for(slack: FakeSlack, slack_url: str, maton_url: str, database_url: str) -> Settings:
    """A deployment for many workspaces."""
    return Settings(
        maton_api_key=MATON_KEY,
        maton_api_url=maton_url,
        maton_connect_host=urlsplit(maton_url).netloc,
        slack_signing_secret=SIGNING_SECRET,
        slack_client_id=slack.state.world.client_id,
        slack_client_secret=slack.state.world.client_secret,
        slack_api_url=f"{slack_url}/api/",
        public_url=f"http://127.0.0.1:{free_port()}",
        encryption_keys=(KEY,),
        database_url=database_url,
        port=0,
    )
