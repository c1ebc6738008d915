"""Whose token answers a request: one workspace's from the settings, or each team's own from its installation.

Passed to Bolt as `authorize=`. Its default asks `auth.test` on every request, inside Slack's three seconds; here it is
asked once per token (slack.md section 1).
"""

import asyncio
from typing import Any, Protocol

from slack_bolt.authorization import AuthorizeResult

from bot.models import TeamId
from bot.slack.clients import SlackClients


class Tokens(Protocol):
    """Two ways to know a team's token: `OneWorkspace` and `bot.slack.oauth.ManyWorkspaces`."""

    async def authorize(self, team: str, enterprise: str) -> AuthorizeResult | None:
        """The bot's identity in a team; None when it is not installed there."""

    def tenant(self, team: TeamId) -> TeamId:
        """The team whose installation serves a request that names `team`."""


class OneWorkspace:
    """The token of the settings; the team is learned from Slack, once."""

    def __init__(self, token: str, clients: SlackClients) -> None:
        self._token = token
        self._clients = clients
        self._known: AuthorizeResult | None = None
        self._asking = asyncio.Lock()

    async def authorize(self, team: str = "", enterprise: str = "") -> AuthorizeResult:
        """The same identity for everybody; raises `SlackApiError` when Slack refuses the token."""
        async with self._asking:
            if self._known is None:
                answer = await self._clients.with_token(self._token).auth_test()
                self._known = AuthorizeResult(
                    enterprise_id=answer.get("enterprise_id"),
                    team_id=answer.get("team_id"),
                    bot_user_id=answer.get("user_id"),
                    bot_id=answer.get("bot_id"),
                    bot_token=self._token,
                )
        return self._known

    def tenant(self, team: TeamId) -> TeamId:
        """The team that the payload names, which has a CRM only if one was bound to it; else the token's own."""
        return team or TeamId(str(self._known.team_id if self._known else ""))


def for_bolt(tokens: Tokens) -> Any:
    """The function that Bolt calls for every request."""

    # Bolt hands over by position-or-keyword name only what it finds in this signature.
    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult | None:
        return await tokens.authorize(team_id or "", enterprise_id or "")

    return authorize
