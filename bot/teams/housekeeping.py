"""What every process does now and then for all teams: deletes what is left behind, and asks what was left unasked."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence

from bot.store import broke

log = logging.getLogger(__name__)

EVERY = 20.0
"""Seconds, give or take a third so that many processes do not sweep in step."""

Chore = Callable[[], Awaitable[object]]


class Housekeeping:
    """Runs chores, each on its own: one that breaks keeps no other from being done."""

    def __init__(self, chores: Sequence[Chore], *, every: float = EVERY) -> None:
        self._chores = chores
        self._every = every

    async def forever(self) -> None:
        """Until cancelled; begins at once, so that a restart is noticed by nobody who waits."""
        while True:
            await self.once()
            await asyncio.sleep(self._every * random.uniform(0.67, 1.33))  # noqa: S311 - spreads load, guards nothing

    async def once(self) -> None:
        """One round."""
        for chore in self._chores:
            try:
                await chore()
            except Exception as error:  # the next round tries again
                broke(log, "a chore broke", error)
