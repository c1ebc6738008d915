"""A Slack team as the stories see it: its Slack client, its own CRM and nobody else's, its settings and its people."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec import Struct
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.crm.crms import CRMs
from bot.crm.twenty import Twenty
from bot.errors import NotConnected
from bot.models import ConnectionId, Profile, TeamId
from bot.remembered import Remembered
from bot.slack.authorize import Tokens
from bot.slack.clients import SlackClients
from bot.slack.people import People
from bot.store import Store
from bot.store.standing import Standing
from bot.team_settings import TeamSettings
from bot.wire import Wire

REMEMBERED_FOR = 5.0
"""Seconds; reads may use a connection this old, a confirmed write always asks the store.

Less than `bot.store.settings.REREAD_WITHIN`.
"""

ABSENCE_REMEMBERED_FOR = 1.0
"""Seconds; whoever has just connected a CRM by another process is not to wait for this one."""

KEPT = 10_000

NOT_CONNECTED = "This workspace is not connected to a CRM yet. A workspace admin can connect it with {command} connect."


class _Known(Struct, frozen=True):
    connection: ConnectionId | None
    crm_name: str
    settings: TeamSettings


class Teams:
    """Finds a team's token, connection and settings; remembers them for `REMEMBERED_FOR` seconds."""

    def __init__(
        self, *, store: Store, tokens: Tokens, clients: SlackClients, crms: CRMs, people: People, command: str
    ) -> None:
        self.store = store
        self.people = people
        self.command = command
        self._tokens = tokens
        self._clients = clients
        self._crms = crms
        self._known: Remembered[TeamId, _Known] = Remembered(most=KEPT, seconds=REMEMBERED_FOR)

    @property
    def wire(self) -> Wire:
        """The road to response_urls."""
        return self._clients.wire

    def tenant(self, team: TeamId) -> TeamId:
        """The installed team that serves a request which names `team`."""
        return self._tokens.tenant(team)

    async def team(self, team: TeamId, enterprise: str = "") -> "Team":
        """The team; raises `NotConnected` when the bot is not installed there."""
        identity = await self._tokens.authorize(team, enterprise)
        if identity is None or not identity.bot_token:
            raise NotConnected("The bot is not installed in this workspace any more.")
        return Team(self.tenant(team), self._clients.with_token(identity.bot_token), identity, self)

    async def remembered(self, team: TeamId, *, fresh: bool = False) -> _Known:
        """The team's connection and settings, at most `REMEMBERED_FOR` seconds old."""
        known = None if fresh else self._known.get(team)
        return known or self.learn(team, await self.store.standing(team))

    def learn(self, team: TeamId, standing: Standing) -> _Known:
        """Remember how the team stands, as the store has just told."""
        bound, settings = standing
        known = _Known(
            connection=ConnectionId(bound.connection_id) if bound else None,
            crm_name=bound.crm_name if bound else "",
            settings=settings,
        )
        self._known.put(team, known, seconds=REMEMBERED_FOR if bound else ABSENCE_REMEMBERED_FOR)
        return known

    def forget(self, team: TeamId) -> None:
        """Drop what is remembered, so that the next request sees what was just changed."""
        self._known.forget(team)

    def crm_of(self, connection: ConnectionId) -> Twenty:
        """The CRM behind a connection."""
        return self._crms.of(connection)


@dataclass(frozen=True, slots=True)
class Team:
    """One team; made per request, cheap."""

    id: TeamId
    slack: AsyncWebClient
    identity: AuthorizeResult
    _teams: Teams = field(repr=False)

    async def crm(self, *, fresh: bool = False) -> Twenty:
        """The team's own CRM; `NotConnected` says how to get one. `fresh` for a write: never a connection just left."""
        known = await self._teams.remembered(self.id, fresh=fresh)
        if known.connection is None:
            raise NotConnected(NOT_CONNECTED.format(command=self._teams.command))
        return self._teams.crm_of(known.connection)

    def learn(self, standing: Standing) -> TeamSettings:
        """Remember how the team stands, where it came from the store just now, beside something else; its settings."""
        return self._teams.learn(self.id, standing).settings

    async def crm_name(self) -> str:
        """What the team's CRM is called on cards; "" when nobody named it."""
        return (await self._teams.remembered(self.id)).crm_name

    async def settings(self, *, fresh: bool = False) -> TeamSettings:
        """The team's settings; the defaults where none were made. `fresh` where a right hangs on them."""
        return (await self._teams.remembered(self.id, fresh=fresh)).settings

    async def profiles(self, users: Iterable[str]) -> dict[str, Profile]:
        """Who these users are, as far as Slack tells; for names in a text, where nobody's right hangs on it."""
        wanted = list(dict.fromkeys(user for user in users if user))
        told = await asyncio.gather(*(self.profile(user) for user in wanted), return_exceptions=True)
        return {user: each for user, each in zip(wanted, told, strict=True) if isinstance(each, Profile)}

    async def profile(self, user: str, *, fresh: bool = False) -> Profile:
        """Who the user is in Slack."""
        return await self._teams.people.profile(self.slack, self.id, user, fresh=fresh)
