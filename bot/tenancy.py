"""The part of the composition root that belongs to teams: their tokens, connections, settings and departures."""

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
from aiohttp import web
from msgspec import Struct

from bot.crm.connections import Maton
from bot.crm.crms import CRMs
from bot.errands import Errands
from bot.listeners.connect import Connect
from bot.listeners.events import Removal
from bot.listeners.team_settings import Settling
from bot.manifest import OPTIONAL_SCOPES, SCOPES
from bot.models import TeamId
from bot.proposals.cards import Cards
from bot.settings import Settings
from bot.slack.authorize import OneWorkspace, Tokens
from bot.slack.clients import SlackClients
from bot.slack.installing.doors import InstallDoors
from bot.slack.installing.grants import OAuthApp
from bot.slack.installing.greeting import Greeting
from bot.slack.oauth import ManyWorkspaces
from bot.slack.people import People
from bot.store import Store
from bot.teams.connecting import Connecting
from bot.teams.health import Health
from bot.teams.housekeeping import Chore, Housekeeping
from bot.teams.leaving import Leaving
from bot.teams.team import Teams
from bot.teams.telling import Telling

Now = Callable[[], datetime]


class Ground(Struct, frozen=True, kw_only=True):
    """What everything here stands on."""

    settings: Settings
    store: Store
    clients: SlackClients
    errands: Errands
    now: Now


class Tenancy(Struct, frozen=True, kw_only=True):
    """The stories of teams, the doors of the OAuth install (none for one workspace), and what is swept."""

    connect: Connect
    settling: Settling
    removal: Removal
    housekeeping: Housekeeping
    doors: tuple[web.RouteDef, ...]


def tokens_of(ground: Ground) -> Tokens:
    """One workspace's token from the settings, or each team's own from its install."""
    settings = ground.settings
    if not settings.many_workspaces:
        return OneWorkspace(settings.slack_bot_token, ground.clients)
    return ManyWorkspaces(
        store=ground.store, clients=ground.clients, app=_app(settings), errands=ground.errands, now=ground.now
    )


def health_of(ground: Ground, tokens: Tokens, people: People) -> Health:
    """The hook by which the CRM client tells how connections fare."""
    tell = Telling(store=ground.store, tokens=tokens, clients=ground.clients, people=people)
    command = ground.settings.slack_command
    return Health(store=ground.store, errands=ground.errands, tell=tell, command=command, now=ground.now)


def tenancy(
    ground: Ground,
    *,
    tokens: Tokens,
    teams: Teams,
    cards: Cards,
    crms: CRMs,
    http: httpx.AsyncClient,
) -> Tenancy:
    """Everything of teams, wired."""
    store, now, command = ground.store, ground.now, ground.settings.slack_command
    maton = Maton(http, connect_host=ground.settings.maton_connect_host)
    connecting = Connecting(store=store, maton=maton, crms=crms, teams=teams, now=now)
    connect = Connect(connecting=connecting, cards=cards, store=store, teams=teams, command=command, now=now)
    leaving = Leaving(
        store=store,
        clients=ground.clients,
        connecting=connecting,
        errands=ground.errands,
        forget=_forgetting(tokens, teams),
        now=now,
    )
    return Tenancy(
        connect=connect,
        settling=Settling(store=store, teams=teams, now=now),
        removal=Removal(leaving),
        housekeeping=Housekeeping([connect.resume, connecting.delete_doomed, _retention(ground)]),
        doors=_doors(ground, tokens),
    )


def _retention(ground: Ground) -> Chore:
    """Deletes a small portion of what is older than RETENTION_DAYS."""
    keep = timedelta(days=ground.settings.retention_days)

    async def sweep() -> None:
        await ground.store.sweep(ground.now(), keep)

    return sweep


def _app(settings: Settings) -> OAuthApp:
    return OAuthApp(settings.slack_client_id, settings.slack_client_secret)


def _doors(ground: Ground, tokens: Tokens) -> tuple[web.RouteDef, ...]:
    if not isinstance(tokens, ManyWorkspaces):
        return ()
    settings = ground.settings
    greeting = Greeting(
        clients=ground.clients, errands=ground.errands, command=settings.slack_command, forget=tokens.forget
    )
    doors = InstallDoors(
        store=ground.store,
        clients=ground.clients,
        app=_app(settings),
        public_url=settings.public_url,
        slack_api_url=settings.slack_api_url,
        scopes=(*SCOPES, *OPTIONAL_SCOPES),
        command=settings.slack_command,
        on_installed=greeting,
        now=ground.now,
    )
    return tuple(doors.routes())


def _forgetting(tokens: Tokens, teams: Teams) -> Callable[[TeamId], None]:
    def forget(team: TeamId) -> None:
        teams.forget(team)
        teams.people.forget(team)
        if isinstance(tokens, ManyWorkspaces):
            tokens.forget(team)

    return forget
