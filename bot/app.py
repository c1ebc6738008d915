"""The composition root: settings in; a bot out that can be served, with everything wired once."""

import asyncio
import base64
import hashlib
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from aiohttp import web
from slack_bolt.async_app import AsyncApp

from bot.crm.crms import CRMs
from bot.crm.maton import Hooks, http_client
from bot.errands import Errands
from bot.listeners.again import Again
from bot.listeners.asking import Asking
from bot.listeners.decide import Decide
from bot.listeners.front import Front
from bot.listeners.history import Past
from bot.listeners.home import AppHome
from bot.listeners.inbox import Inbox
from bot.listeners.lookup import Lookup
from bot.listeners.mentioned import Mentioned
from bot.listeners.message import FromMessage
from bot.listeners.stories import Stories
from bot.listeners.suggest import Suggest
from bot.listeners.write import Write
from bot.metrics import Metrics
from bot.proposal import OPEN
from bot.proposals.cards import Cards
from bot.proposals.deciding import Deciding
from bot.proposals.executing import Executor
from bot.proposals.proposing import Proposing
from bot.settings import Settings
from bot.slack.authorize import Tokens, for_bolt
from bot.slack.clients import SlackClients
from bot.slack.people import People
from bot.store import Store, broke
from bot.store.sealing import Sealing
from bot.teams.team import Teams
from bot.tenancy import Ground, Tenancy, health_of, tenancy, tokens_of
from bot.web import application

log = logging.getLogger(__name__)

DRAINED_WITHIN = 25.0
"""Seconds that a stopping process gives to what it has begun; less than the 30 that most supervisors grant."""


NOT_INSTALLED = (
    "The bot is not installed in your workspace, so it cannot answer you here. "
    "A CRM is only ever open to members of the workspace that connected it."
)


def utc_now() -> datetime:
    """The present, aware."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Bot:
    """A wired bot. `start` it, serve `web` (or a socket to `bolt`), then `stop` it; what was begun is finished."""

    settings: Settings
    bolt: AsyncApp
    web: web.Application
    store: Store
    executor: Executor
    errands: Errands
    tokens: Tokens
    teams: Teams
    tenancy: Tenancy
    _http: httpx.AsyncClient
    _clients: SlackClients
    _sweeping: list[asyncio.Task[None]] = field(default_factory=list)
    _stopping: bool = False

    def start(self) -> None:
        """Begin to sweep: expiry, cards that lag behind, and what a dead process left."""
        sweeps = (self.executor.sweep_forever(), self.tenancy.housekeeping.forever())
        self._sweeping = [asyncio.create_task(sweep) for sweep in sweeps]

    async def ready(self) -> bool:
        """Whether the database answers and the bot is not shutting down."""
        if self._stopping:
            return False
        try:
            async with asyncio.timeout(2):
                await self.store.ready()
        except Exception as error:
            broke(log, "the database does not answer", error)
            return False
        return True

    async def open_proposals(self) -> dict[str, int]:
        """How many proposals of all teams stand in each open state; empty when the database does not answer."""
        try:
            async with asyncio.timeout(2):
                counts = await self.store.proposals.open_counts()
        except Exception as error:
            broke(log, "the open proposals could not be counted", error)
            return {}
        return {state.value: counts.get(state, 0) for state in OPEN}

    async def stop(self) -> None:
        """Take nothing new up, let everything that runs end, and close every connection."""
        self._stopping = True
        for sweeping in self._sweeping:
            sweeping.cancel()
        await asyncio.gather(*self._sweeping, return_exceptions=True)
        if late := await self.errands.drain(seconds=DRAINED_WITHIN):
            log.warning("%s errands did not end in time; another process takes their writes up", late)
        await self.tenancy.connect.stop()
        await self._clients.close()
        await self._http.aclose()
        await self.store.close()


async def build(settings: Settings) -> Bot:
    """Open the store, bring its tables up to date, and wire everything."""
    store = await Store.open(settings.database_url, Sealing(sealing_keys(settings)))
    metrics, errands = Metrics(), Errands()
    metrics.watch_queue(lambda: len(errands))
    clients = SlackClients(settings.slack_api_url)
    http = http_client(api_key=settings.maton_api_key, base_url=settings.maton_api_url)
    ground = Ground(settings=settings, store=store, clients=clients, errands=errands, now=utc_now)
    tokens, people = tokens_of(ground), People(clients)
    health = health_of(ground, tokens, people)
    command = settings.slack_command
    crms = CRMs(http, hooks=Hooks(on_health=health.seen, on_request=metrics.crm_request), command=command)
    teams = Teams(store=store, tokens=tokens, clients=clients, crms=crms, people=people, command=command)
    cards = Cards(store=store, teams=teams, command=command, now=utc_now)
    of_teams = tenancy(ground, tokens=tokens, teams=teams, cards=cards, crms=crms, http=http)
    executor = Executor(store=store, teams=teams, cards=cards, errands=errands, metrics=metrics, now=utc_now)
    inbox = Inbox(store, errands, owner=executor.owner, now=utc_now)
    front = Front(_stories(ground, cards, executor, of_teams).routes(), teams, errands, metrics, inbox)
    executor.also(front.answer_what_was_left)
    executor.also(health.write_down)
    bolt = _bolt(settings, tokens, clients)
    bolt.use(front)
    bot = Bot(
        settings=settings,
        bolt=bolt,
        web=web.Application(),
        store=store,
        executor=executor,
        errands=errands,
        tokens=tokens,
        teams=teams,
        tenancy=of_teams,
        _http=http,
        _clients=clients,
    )
    bot.web = _web(bot, metrics)
    return bot


def _web(bot: Bot, metrics: Metrics) -> web.Application:
    return application(
        None if bot.settings.socket_mode else bot.bolt,
        ready=bot.ready,
        counted=bot.open_proposals,
        metrics=metrics,
        doors=bot.tenancy.doors,
    )


def _stories(ground: Ground, cards: Cards, executor: Executor, of_teams: Tenancy) -> Stories:
    store, command = ground.store, ground.settings.slack_command
    deciding = Deciding(store=store, cards=cards, executor=executor, now=utc_now)
    proposing = Proposing(store=store, cards=cards, now=utc_now)
    lookup = Lookup(store, command=command, now=utc_now)
    decide = Decide(store=store, deciding=deciding, proposing=proposing, lookup=lookup, command=command, now=utc_now)
    past = Past(store, command=command)
    write = Write(store=store, proposing=proposing, lookup=lookup, past=past, now=utc_now)
    asking = Asking(
        lookup=lookup,
        write=write,
        decide=decide,
        past=past,
        connect=of_teams.connect,
        settling=of_teams.settling,
        command=command,
        now=utc_now,
    )
    return Stories(
        asking=asking,
        lookup=lookup,
        message=FromMessage(store, now=utc_now),
        mentioned=Mentioned(now=utc_now),
        write=write,
        decide=decide,
        past=past,
        again=Again(store=store, proposing=proposing, write=write, now=utc_now),
        suggest=Suggest(),
        connect=of_teams.connect,
        settling=of_teams.settling,
        home=AppHome(store=store, connect=of_teams.connect, ask=asking.command, command=command, now=utc_now),
        removal=of_teams.removal,
    )


def _bolt(settings: Settings, tokens: Tokens, clients: SlackClients) -> AsyncApp:
    """Bolt with our authorisation and our clients; in Socket Mode Slack signs nothing, the socket is the proof."""
    return AsyncApp(
        name="crm-bot",
        signing_secret=settings.slack_signing_secret or "socket-mode",
        authorize=for_bolt(tokens),
        client=clients.without_token(),
        request_verification_enabled=not settings.socket_mode,
        # Parts of Slack that this bot is not in: custom workflow steps and assistant threads.
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
        user_facing_authorize_error_message=NOT_INSTALLED,
    )


def sealing_keys(settings: Settings) -> tuple[str, ...]:
    """The keys of ENCRYPTION_KEY; one workspace without any gets one from its bot token, for what lives minutes."""
    if settings.encryption_keys:
        return settings.encryption_keys
    digest = hashlib.sha256(f"crm-bot sealing {settings.slack_bot_token}".encode()).digest()
    return (base64.urlsafe_b64encode(digest).decode(),)
