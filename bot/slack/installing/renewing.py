"""Tokens that expire are renewed before they do: once per install, among all tasks and processes.

A refresh token works once. Whoever takes the install's lease in the store uses it; everybody else goes on with the
token that is still good, or waits for the new one. (The SDK's rotator calls slack.com whatever base_url says: slack.md
section 1.)
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from slack_sdk.errors import SlackApiError

from bot.errands import Errands
from bot.slack.clients import SlackClients
from bot.slack.installing.grants import OAuthApp, read, renewed
from bot.slack.talk import UNREACHABLE, reason
from bot.store import Store
from bot.store.installations import Installation

log = logging.getLogger(__name__)

RENEWED_BEFORE = timedelta(hours=2)
"""Slack's tokens live twelve hours; this early, every process has many tries before anybody notices."""

OTHERS_WITHIN = 5.0
"""Seconds to wait for another process that is renewing the same token."""

LOOK_AGAIN = 0.1


class Renewing:
    """Keeps installs' tokens fresh."""

    def __init__(
        self, *, store: Store, clients: SlackClients, app: OAuthApp, errands: Errands, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._clients = clients
        self._app = app
        self._errands = errands
        self._now = now
        self._running: dict[str, asyncio.Task[Installation]] = {}

    async def fresh(self, installation: Installation) -> Installation:
        """The installation with a token that can be used now; a good one is never waited for, but renewed beside it."""
        expires = installation.token_expires_at
        if expires is None or not installation.refresh_token or expires > self._now() + RENEWED_BEFORE:
            return installation
        task = self._running.get(installation.tenant) or self._begin(installation)
        return installation if expires > self._now() else await asyncio.shield(task)

    def _begin(self, installation: Installation) -> "asyncio.Task[Installation]":
        task = self._running[installation.tenant] = self._errands.start(self._renew(installation))
        task.add_done_callback(lambda _: self._running.pop(installation.tenant, None))
        return task

    async def _renew(self, installation: Installation) -> Installation:
        taken = await self._store.installations.begin_refresh(installation.tenant, self._now(), before=RENEWED_BEFORE)
        if taken is None:
            return await self._by_another(installation)
        try:
            answer = await self._clients.without_token().oauth_v2_access(
                client_id=self._app.client_id,
                client_secret=self._app.client_secret,
                grant_type="refresh_token",
                refresh_token=taken.refresh_token,
            )
        except UNREACHABLE as error:
            level = logging.WARNING if isinstance(error, SlackApiError) else logging.INFO
            log.log(level, "a token was not renewed: %s", reason(error), extra={"team": installation.tenant})
            return taken
        new = renewed(taken, read(answer), self._now())
        if await self._store.installations.renew(taken, new):
            return new
        log.info("a token was renewed for an install that has ended or changed", extra={"team": installation.tenant})
        return await self._stored(installation) or taken

    async def _by_another(self, installation: Installation) -> Installation:
        """What another process stores, soon; the old one when it does not."""
        found: Installation | None = installation
        for _ in range(int(OTHERS_WITHIN / LOOK_AGAIN)):
            found = await self._stored(installation)
            if found is None or found.bot_token != installation.bot_token:
                break
            await asyncio.sleep(LOOK_AGAIN)
        return found or installation

    async def _stored(self, installation: Installation) -> Installation | None:
        return await self._store.installations.find(installation.team_id, installation.enterprise_id)
