"""What follows an install: whoever installed the bot is told the next step, in a direct message."""

import logging
from collections.abc import Callable

from bot.blocks.connecting import welcome
from bot.errands import Errands
from bot.slack.clients import SlackClients
from bot.slack.talk import UNREACHABLE, reason
from bot.store.installations import Installation

log = logging.getLogger(__name__)


class Greeting:
    """Called with each install; `forget` drops what was remembered of the team before."""

    def __init__(self, *, clients: SlackClients, errands: Errands, command: str, forget: Callable[[str], None]) -> None:
        self._clients = clients
        self._errands = errands
        self._command = command
        self._forget = forget

    async def __call__(self, installation: Installation) -> None:
        """Greet, without keeping the browser waiting."""
        self._forget(installation.tenant)
        if installation.installer:
            self._errands.start(self._greet(installation))

    async def _greet(self, installation: Installation) -> None:
        said = welcome(command=self._command, is_org_wide=installation.org_wide)
        slack = self._clients.with_token(installation.bot_token)
        try:
            await slack.chat_postMessage(channel=installation.installer, text=said.text, blocks=said.blocks)
        except UNREACHABLE as error:
            # The page in the browser says the same.
            log.info("the installer was not greeted: %s", reason(error), extra={"team": installation.tenant})
