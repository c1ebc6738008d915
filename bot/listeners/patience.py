"""A word in time: whoever waits for the CRM longer than a moment is told so, once and privately; the answer follows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.blocks.problems import aside
from bot.crm.pace import telling_of_waits
from bot.listeners.front import Here

TOLD_AFTER = 2.5
"""Seconds without an answer; long enough that almost nobody sees it, short enough that nobody types again."""

SLOW = "The CRM takes longer than usual; the answer follows."
LIMITED = "The CRM limits how often it may be asked, so this waits its turn; the answer follows."

Incoming = TypeVar("Incoming")
Story = Callable[[Incoming, Here], Awaitable[None]]


def patiently(story: Story[Incoming]) -> Story[Incoming]:
    """The story, with the word when it takes long. Nothing is said where an open form already shows that it loads."""

    async def told(incoming: Incoming, here: Here) -> None:
        word = _Word(here)
        waiting = asyncio.create_task(word.in_time())
        try:
            with telling_of_waits(word.limited):
                await story(incoming, here)
        finally:
            word.over.set()
            await waiting

    return told


class _Word:
    """What is said to the one who waits, and whether the waiting is over."""

    def __init__(self, here: Here) -> None:
        self.over = asyncio.Event()
        self._here = here
        self._sentence = SLOW

    def limited(self) -> None:
        """A limit is what the waiting is for."""
        self._sentence = LIMITED

    async def in_time(self) -> None:
        """Say it, unless the waiting is over first."""
        try:
            async with asyncio.timeout(TOLD_AFTER):
                await self.over.wait()
        except TimeoutError:
            if not self._here.talk.has_view:
                await self._here.talk.only_privately(aside(self._sentence))
