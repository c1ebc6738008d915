"""The whole house on real sockets: fake Slack, fake Maton and Twenty, and the real bot between them.

`House` is what a story test holds: it acts as people in Slack and looks at what Slack and the CRM ended up with.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from bot.app import Bot, build
from bot.models import ConnectionId, TeamId, UserId
from bot.sandbox.slack import FakeSlack, Message, buttons_of, text_of
from bot.sandbox.slack.sample import ACME, ACME_TOKEN, ANA, CALL_NOTES, CLEO, SALES
from bot.sandbox.slack.state import View
from bot.sandbox.twenty import FakeCRM, FakeMaton, samples
from bot.sandbox.twenty.exchanges import Exchange
from bot.settings import Settings
from bot.team_settings import TeamSettings

SIGNING_SECRET = "house-signing-secret"
MATON_KEY = "house-maton-key"


@dataclass(slots=True)
class House:
    """Everything running, for one test."""

    slack: FakeSlack
    maton: FakeMaton
    crm: FakeCRM
    connection_id: str
    bot: Bot
    url: str

    async def ask(self, typed: str, *, user: str = ANA, channel: str = SALES) -> Message:
        """Type a command and wait for the private answer."""
        before = len(self.slack.ephemerals(user))
        answer = await self.slack.command(user, channel, typed)
        assert answer.ok, answer
        await self.slack.wait_for(lambda: len(self.slack.ephemerals(user)) > before)
        return self.slack.ephemerals(user)[-1]

    async def open_form(self, shortcut: str, *, user: str = ANA, channel: str = SALES, ts: str = CALL_NOTES) -> View:
        """Choose a message shortcut and wait for its form."""
        answer = await self.slack.message_shortcut(shortcut, user, channel, ts)
        assert answer.ok, answer
        return await self.slack.wait_for(lambda: self._ready(user))

    async def ask_form(self, typed: str, *, user: str = ANA, channel: str = SALES) -> View:
        """Type a command that opens a form, and wait until it can be filled in."""
        answer = await self.slack.command(user, channel, typed)
        assert answer.ok, answer
        return await self.slack.wait_for(lambda: self._ready(user))

    def _ready(self, user: str) -> View | None:
        view = self.slack.modal(user)
        return view if view and view.content.get("submit") else None

    async def card(self, *, channel: str = SALES, thread: str = CALL_NOTES) -> Message:
        """The last card that waits in a thread."""
        return await self.slack.wait_for(lambda: self._waiting(self.slack.thread(channel, thread)))

    async def private_card(self, user: str = ANA) -> Message:
        """The last card that waits privately."""
        return await self.slack.wait_for(lambda: self._waiting([*self.slack.ephemerals(user), *self.slack.dm(user)]))

    def _waiting(self, messages: list[Message]) -> Message | None:
        cards = [each for each in messages if "Confirm" in buttons_of(each)]
        return cards[-1] if cards else None

    async def save_note(
        self, *, user: str = ANA, title: str = "Call with Ada", records: list[str] | None = None
    ) -> Message:
        """Save the sample message as a note, up to its waiting card."""
        view = await self.open_form("save_as_note", user=user)
        answer = await self.slack.submit(view, {"Title": title, **({"Records": records} if records else {})})
        assert answer.ok, answer
        return await self.card()

    async def shows(self, card: Message, words: str) -> Message:
        """Wait until the card says these words."""

        def now() -> Message | None:
            message = self.slack.message(card.channel, card.ts)
            return message if message and words in text_of(message) else None

        return await self.slack.wait_for(now)

    async def told(self, user: str, words: str) -> Message:
        """Wait until this person is privately told these words."""

        def heard() -> Message | None:
            said = [*self.slack.ephemerals(user), *self._dm(user)]
            return next((each for each in reversed(said) if words in text_of(each)), None)

        return await self.slack.wait_for(heard)

    def _dm(self, user: str) -> list[Message]:
        try:
            return self.slack.dm(user)
        except LookupError:  # somebody of another company has none with the app
            return []

    def crm_requests(self, method: str | None = None) -> list[Exchange]:
        """What reached the CRM since the log was forgotten."""
        return [each for each in self.maton.requests(method) if "/twenty/" in each.path]

    def now(self) -> datetime:
        """The present."""
        return datetime.now(UTC)

    async def settle(self, settings: TeamSettings) -> None:
        """Let the team's settings be these, as an admin's form would."""
        await self.bot.store.settings.save(TeamId(ACME), settings, by=UserId(CLEO), now=self.now())
        self.forget_teams()

    def forget_teams(self) -> None:
        """Let the bot see at once what a test changed in the store behind its back."""
        self.bot.teams.forget(TeamId(ACME))

    async def quiet(self) -> None:
        """Wait until nothing runs in the bot."""
        await self.bot.errands.drain(seconds=10)


@asynccontextmanager
async def running(bot: Bot) -> AsyncIterator[str]:
    """Serve a bot on a free loopback port; gives its address."""
    runner = web.AppRunner(bot.web, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bot.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await bot.stop()
        await runner.cleanup()


async def bind(bot: Bot, team: str, connection_id: str, *, crm_name: str = "Acme CRM", by: str = "operator") -> None:
    """Bind a team to a connection, as the operator's command does."""
    await bot.store.connections.bind(
        TeamId(team), ConnectionId(connection_id), by=UserId(by), crm_name=crm_name, now=datetime.now(UTC)
    )


@asynccontextmanager
async def house(database_url: str, *, profile: str = "current", connected: bool = True) -> AsyncIterator[House]:
    """One workspace, one CRM of this dialect, and the bot between them."""
    slack, maton = FakeSlack(signing_secret=SIGNING_SECRET), FakeMaton(api_key=MATON_KEY)
    crm = FakeCRM(profile=profile, records=samples.acme())  # type: ignore[arg-type]
    connection_id = maton.connect(crm)
    async with slack.serve() as slack_url, maton.serve() as maton_url:
        bot = await build(
            Settings(
                maton_api_key=MATON_KEY,
                maton_api_url=maton_url,
                slack_bot_token=ACME_TOKEN,
                slack_signing_secret=SIGNING_SECRET,
                slack_api_url=f"{slack_url}/api/",
                database_url=database_url,
                port=0,
            )
        )
        async with running(bot) as url:
            if connected:
                await bind(bot, ACME, connection_id)
            slack.point_at(f"{url}/slack/events")
            yield House(slack, maton, crm, connection_id, bot, url)
