"""Slack tells that the bot was removed: by either event, in any order, perhaps twice (slack.md section 1)."""

from datetime import UTC, datetime

from bot.listeners.payloads import Event
from bot.teams.leaving import Leaving

APP_UNINSTALLED, TOKENS_REVOKED = "app_uninstalled", "tokens_revoked"


class Removal:
    """Answers both events. It needs no Slack client, since by then there is no token."""

    def __init__(self, leaving: Leaving) -> None:
        self._leaving = leaving

    async def app_uninstalled(self, event: Event) -> None:
        """The whole app is gone from the team."""
        await self._leaving.leave(event.team, event.enterprise, said_at=_said_at(event))

    async def tokens_revoked(self, event: Event) -> None:
        """The bot's token is gone; one of a user says nothing, since the bot keeps none."""
        if (event.event.get("tokens") or {}).get("bot"):
            await self.app_uninstalled(event)


def _said_at(event: Event) -> datetime | None:
    return datetime.fromtimestamp(event.sent_at, UTC) if event.sent_at else None
