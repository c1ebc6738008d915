"""A street: one Slack, one CRM, and any number of bots on one database, each of which can be killed and replaced.

A bot is killed here as `kill -9` does it: from that moment it writes nothing, says nothing and answers nobody.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from aiohttp import web

from bot.app import Bot, build
from bot.proposals.executing import Pace
from bot.sandbox.slack import FakeSlack
from bot.sandbox.slack.deliver import Delivery
from bot.sandbox.slack.sample import ACME, ACME_TOKEN
from bot.sandbox.twenty import FakeCRM, FakeMaton, samples
from bot.settings import Settings
from tests.house import MATON_KEY, SIGNING_SECRET, House, bind

HURRIED = Pace(
    lease=timedelta(seconds=0.6),
    slow=0.15,
    at_once=0.6,
    first_pause=timedelta(seconds=0.05),
    longest_pause=timedelta(seconds=0.3),
    sweep_every=0.1,
)
"""Everything in tenths of what it is in life, so that a test sees minutes in seconds."""

NOBODY = "http://127.0.0.1:9/nobody-listens"


class Doors(Delivery):
    """Slack's deliveries, each to any one of several bots, as a load balancer would."""

    def __init__(self, *given: Any, **more: Any) -> None:
        self.urls: list[str] = []
        self._dice = Random(0)
        super().__init__(*given, **more)

    @property
    def events_url(self) -> str:  # type: ignore[override]
        return self._dice.choice(self.urls) if self.urls else NOBODY

    @events_url.setter
    def events_url(self, url: str) -> None:
        self.urls = [url] if url else []


class Killed(Exception):
    """What a killed bot's tasks see of its database."""


@dataclass(slots=True)
class Process:
    """One bot on its own socket."""

    bot: Bot
    runner: web.AppRunner
    url: str

    def cut_off(self) -> None:
        """From this instant nothing reaches the database any more."""

        async def dead(*_: object) -> None:
            raise Killed

        database: Any = self.bot.store._database
        database.read = database.write = dead

    async def kill(self) -> None:
        """The end of the process, in the middle of whatever it does."""
        self.cut_off()
        running = [*self.bot.errands._running, *self.bot._sweeping]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._close()

    async def stop(self) -> None:
        """The end of the process after SIGTERM: what was begun is finished."""
        await self.bot.stop()
        await self.runner.cleanup()

    async def _close(self) -> None:
        await self.runner.cleanup()
        await self.bot._clients.close()
        await self.bot._http.aclose()
        await self.bot.store.close()


@dataclass(slots=True)
class Street(House):
    """A house with several bots in it; `bot` and `url` are the first one's."""

    settings: Settings
    pace: Pace = HURRIED
    processes: list[Process] = field(default_factory=list)

    @property
    def doors(self) -> Doors:
        """Where Slack delivers."""
        assert isinstance(self.slack.delivery, Doors)
        return self.slack.delivery

    async def start(self) -> Process:
        """One more bot."""
        bot = await build(self.settings)
        bot.executor.pace = self.pace
        runner = web.AppRunner(bot.web, access_log=None, shutdown_timeout=0.05)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        bot.start()
        process = Process(bot, runner, f"http://127.0.0.1:{runner.addresses[0][1]}")
        self.processes.append(process)
        self._told()
        return process

    async def kill(self, process: Process) -> None:
        """Kill one; Slack's next payloads go to the others."""
        self.processes.remove(process)
        self._told()
        await process.kill()

    async def stop(self, process: Process) -> None:
        """Stop one gracefully."""
        self.processes.remove(process)
        self._told()
        await process.stop()

    def _told(self) -> None:
        self.doors.urls = [f"{each.url}/slack/events" for each in self.processes]
        if self.processes:
            self.bot, self.url = self.processes[0].bot, self.processes[0].url


@asynccontextmanager
async def street(
    database_url: str, *, bots: int = 1, profile: str = "current", pace: Pace = HURRIED
) -> AsyncIterator[Street]:
    """One workspace, one CRM and some bots between them, all in a hurry."""
    slack, maton = FakeSlack(signing_secret=SIGNING_SECRET), FakeMaton(api_key=MATON_KEY)
    slack.delivery = Doors(SIGNING_SECRET, slack.socket)
    crm = FakeCRM(profile=profile, records=samples.acme())
    connection_id = maton.connect(crm)
    with hurried():
        async with slack.serve() as slack_url, maton.serve() as maton_url:
            settings = Settings(
                maton_api_key=MATON_KEY,
                maton_api_url=maton_url,
                slack_bot_token=ACME_TOKEN,
                slack_signing_secret=SIGNING_SECRET,
                slack_api_url=f"{slack_url}/api/",
                database_url=database_url,
                port=0,
            )
            nobody: Any = None
            here = Street(slack, maton, crm, connection_id, nobody, "", settings, pace)
            try:
                for _ in range(bots):
                    await here.start()
                await bind(here.bot, ACME, connection_id)
                yield here
            finally:
                for process in [*here.processes]:
                    await here.kill(process)


@contextmanager
def hurried() -> Iterator[None]:
    """The waits that are no bot's own, in tenths, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.store.proposals.CARD_GRACE", timedelta(seconds=0.5))
        patch.setattr("bot.proposals.cards.LEASE", timedelta(seconds=0.8))
        patch.setattr("bot.proposals.cards.FIRST_PAUSE", timedelta(seconds=0.1))
        patch.setattr("bot.proposals.cards.LONGEST_PAUSE", timedelta(seconds=0.5))
        patch.setattr("bot.listeners.inbox.LEASE", timedelta(seconds=0.8))
        patch.setattr("bot.listeners.front.ANSWERED_WITHIN", 0.2)
        patch.setattr("bot.crm.maton.WRITE_TIMEOUT", 0.6)
        yield
