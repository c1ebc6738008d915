"""Each team's own token, from where it was installed: nothing here waits for Slack unless a token has expired."""

from collections.abc import Callable
from datetime import datetime

from slack_bolt.authorization import AuthorizeResult

from bot.errands import Errands
from bot.models import TeamId
from bot.remembered import Remembered
from bot.slack.clients import SlackClients
from bot.slack.installing.grants import OAuthApp
from bot.slack.installing.renewing import Renewing
from bot.store import Store
from bot.store.installations import Installation

REMEMBERED_FOR = 15.0
"""Seconds; so long may another process go on for a team that was just uninstalled (its token is dead by then)."""

ABSENCE_REMEMBERED_FOR = 2.0
"""Seconds; whoever has just installed the bot by another process is not to wait for this one."""

KEPT = 10_000


class ManyWorkspaces:
    """The `Tokens` of a bot that workspaces install themselves.

    The identity is what Slack said at the install, so that no request costs an `auth.test` (slack.md section 1).
    """

    def __init__(
        self, *, store: Store, clients: SlackClients, app: OAuthApp, errands: Errands, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._renewing = Renewing(store=store, clients=clients, app=app, errands=errands, now=now)
        self._known: Remembered[tuple[str, str], tuple[AuthorizeResult | None]] = Remembered(
            most=KEPT, seconds=REMEMBERED_FOR
        )
        self._placed: set[str] = set()

    async def authorize(self, team: str, enterprise: str) -> AuthorizeResult | None:
        """The bot's identity in a team; None where it is not installed."""
        if known := self._known.get((team, enterprise)):
            return known[0]
        identity = await self._identity(team, enterprise)
        seconds = REMEMBERED_FOR if identity else ABSENCE_REMEMBERED_FOR
        self._known.put((team, enterprise), (identity,), seconds=seconds)
        return identity

    def tenant(self, team: TeamId) -> TeamId:
        """The team itself: in an organisation, too, each workspace has its own CRM and its own settings."""
        return team

    def forget(self, team: str) -> None:
        """Drop what is remembered of a team or an enterprise."""
        self._known.forget_all(lambda key: team in key)
        self._placed.discard(team)

    async def _identity(self, team: str, enterprise: str) -> AuthorizeResult | None:
        installation = await self._installation(team, enterprise)
        if installation is None:
            return None
        fresh = await self._renewing.fresh(installation)
        return AuthorizeResult(
            enterprise_id=fresh.enterprise_id or None,
            team_id=fresh.team_id or team or None,
            bot_user_id=fresh.bot_user_id or None,
            bot_id=fresh.bot_id or None,
            bot_token=fresh.bot_token,
            bot_scopes=list(fresh.scopes),
        )

    async def _installation(self, team: str, enterprise: str) -> Installation | None:
        """The team's own install, else its organisation's.

        Where a team is known to belong is believed before what the request says: with Slack Connect it may name the
        other company's enterprise (slack.md section 2).
        """
        found, home = await self._store.installations.serving(team, enterprise)
        if found and found.org_wide and not home and team not in (found.enterprise_id, *self._placed):
            await self._store.org_teams.remember(TeamId(team), found.enterprise_id)
            self._placed.add(team)
        return found
