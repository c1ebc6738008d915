"""What happens when a team uninstalls the bot: everything of it goes, in one step that may be repeated.

Slack tells by `app_uninstalled` and by `tokens_revoked`, in any order (slack.md section 1). Both take this road before
they are acknowledged, so that a process that dies on the way leaves Slack to tell again.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from slack_sdk.errors import SlackApiError

from bot.errands import Errands
from bot.models import TeamId
from bot.slack.clients import SlackClients
from bot.slack.talk import UNREACHABLE
from bot.store import Store
from bot.store.installations import Installation
from bot.teams.connecting import Connecting

log = logging.getLogger(__name__)

ASKED_WITHIN = timedelta(minutes=1)
"""So close to the install two clocks, one of them in whole seconds, do not tell which came first; Slack does."""

CLOCKS_DIFFER = timedelta(seconds=5)
RETRIES_LAST = timedelta(hours=3)
DEAD = ("account_inactive", "invalid_auth", "not_authed", "team_access_not_granted", "token_expired", "token_revoked")


class Leaving:
    """Erases teams. `forget` drops what the process remembers of one."""

    def __init__(
        self,
        *,
        store: Store,
        clients: SlackClients,
        connecting: Connecting,
        errands: Errands,
        forget: Callable[[TeamId], None],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._clients = clients
        self._connecting = connecting
        self._errands = errands
        self._forget = forget
        self._now = now

    async def leave(self, team: TeamId, enterprise: str = "", *, said_at: datetime | None = None) -> None:
        """Erase the team, or the organisation with its teams; nothing when it was installed anew since `said_at`.

        Raises what keeps Slack from saying whether the install is a new one, so that it tells of the end again.
        """
        installed, _ = await self._store.installations.serving(team, enterprise or team)
        if installed and said_at and await self._is_late(team, installed, said_at):
            log.info("an uninstall from before the present install was ignored", extra={"team": team})
            return
        for tenant in await self._tenants(team, installed):
            await self._store.erase_team(tenant, self._now())
            self._forget(tenant)
            log.info("uninstalled and erased", extra={"team": tenant})
        self._errands.start(self._connecting.delete_doomed())

    async def _tenants(self, team: TeamId, installed: Installation | None) -> tuple[TeamId, ...]:
        """A workspace's own install is the workspace's; an org-wide one ends for all its teams."""
        if installed is None or not installed.org_wide:
            return (team,)
        if team != installed.enterprise_id and not await self._is_known_to_be_dead(installed.bot_token):
            return (team,)
        organisation = TeamId(installed.enterprise_id)
        return (*await self._store.org_teams.teams_of(organisation), organisation)

    async def _is_known_to_be_dead(self, token: str) -> bool:
        """Whether the organisation's token has ended, and not only one workspace's part in it."""
        try:
            return await self._is_dead(token)
        except UNREACHABLE:
            return False

    async def _is_dead(self, token: str) -> bool:
        """Whether Slack has ended the token; raises what keeps it from saying so."""
        try:
            await self._clients.with_token(token).auth_test()
        except SlackApiError as error:
            if error.response["error"] in DEAD:
                return True
            raise
        return False

    async def _is_late(self, team: TeamId, installed: Installation, said_at: datetime) -> bool:
        """Whether Slack repeats an old uninstall after the team has come back."""
        ago = installed.installed_at - said_at
        if installed.org_wide and team != installed.enterprise_id:
            # The organisation's token says nothing of the one workspace that may have left.
            return CLOCKS_DIFFER < ago < RETRIES_LAST
        if abs(ago) < ASKED_WITHIN:
            return not await self._is_dead(installed.bot_token)
        return timedelta(0) < ago < RETRIES_LAST
