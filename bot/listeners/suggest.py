"""Type-ahead in forms: companies, people, deals and members while somebody types (slack.md section 3)."""

from typing import Any

from bot.blocks.forms import options
from bot.crm.ranking import best_first, holds_words
from bot.listeners.front import Here
from bot.listeners.payloads import Typing
from bot.models import LINKABLE, Kind

SHOWN = 20


class Suggest:
    """Answers external selects; six quick keystrokes cost at most six requests to the CRM."""

    async def companies(self, typing: Typing, here: Here) -> dict[str, Any]:
        """Companies by name or domain."""
        return await self._found(typing, here, Kind.COMPANY)

    async def people(self, typing: Typing, here: Here) -> dict[str, Any]:
        """People by name or email."""
        return await self._found(typing, here, Kind.PERSON)

    async def records(self, typing: Typing, here: Here) -> dict[str, Any]:
        """Whatever a note or a task can be attached to."""
        return await self._found(typing, here, *LINKABLE)

    async def members(self, typing: Typing, here: Here) -> dict[str, Any]:
        """Members by name or email."""
        known = await (await here.team.crm()).members()
        found = [each for each in known if holds_words(each, typing.text)]
        return options(best_first(found, typing.text)[:SHOWN])

    async def _found(self, typing: Typing, here: Here, *kinds: Kind) -> dict[str, Any]:
        crm = await here.team.crm()
        return options(await crm.suggest(typing.text, kinds, limit=SHOWN))
