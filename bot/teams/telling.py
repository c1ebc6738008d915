"""Who hears of what concerns a team as a whole, without having asked: its admins, in direct messages."""

import logging
import re
from functools import partial

from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import NotAllowed
from bot.models import TeamId
from bot.slack.authorize import Tokens
from bot.slack.clients import SlackClients
from bot.slack.people import People
from bot.slack.talk import UNREACHABLE, reason, said
from bot.store import Store
from bot.teams.health import Write

log = logging.getLogger(__name__)

SLACK_USER = re.compile(r"[UW][A-Z0-9]{1,30}")


class Telling:
    """Tells the one person who is responsible; all the admins that Slack names only where there is no such person."""

    def __init__(self, *, store: Store, tokens: Tokens, clients: SlackClients, people: People) -> None:
        self._store = store
        self._tokens = tokens
        self._clients = clients
        self._people = people

    async def __call__(self, team: TeamId, connected_by: str, write: Write) -> None:
        """Tell whoever connected the CRM; else whoever installed the bot; else the workspace's admins.

        An operator's binding has nobody in Slack behind it, and people leave. A failure is logged, not raised.
        """
        try:
            identity = await self._tokens.authorize(team, "")
            if identity is None or not identity.bot_token:
                return
            slack, enterprise = self._clients.with_token(identity.bot_token), identity.enterprise_id or ""
            told = partial(self._told, slack, team, write)
            if await told(connected_by) or await told(await self._installer(team, enterprise)):
                return
            admins = await self._people.admins(slack, team, enterprise)
            if not any([await told(admin) for admin in admins]):
                log.warning("nobody of the team could be told", extra={"team": team})
        except (SlackClientError, *UNREACHABLE) as error:
            log.warning("the admins could not be told: %s", reason(error), extra={"team": team})

    async def _installer(self, team: TeamId, enterprise: str) -> str:
        install = await self._store.installations.find(team, enterprise)
        return install.installer if install else ""

    async def _told(self, slack: AsyncWebClient, team: TeamId, write: Write, user: str) -> bool:
        if not SLACK_USER.fullmatch(user):
            return False
        message = write(await self._timezone(slack, team, user))
        try:
            await slack.chat_postMessage(channel=user, **said(message))
        except (SlackClientError, *UNREACHABLE) as error:
            log.info("somebody could not be told: %s", reason(error), extra={"team": team})
            return False
        return True

    async def _timezone(self, slack: AsyncWebClient, team: TeamId, user: str) -> str:
        """The reader's; where Slack does not tell it, only the text of a notification is in UTC."""
        try:
            return (await self._people.profile(slack, team, user)).timezone
        except NotAllowed:
            return "UTC"
