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
        # A timer, not a task that waits: nearly every answer is here before it would have begun to speak.
        due = asyncio.get_running_loop().call_later(TOLD_AFTER, word.begin)
        try:
            with telling_of_waits(word.limited):
                await story(incoming, here)
        finally:
            due.cancel()
            await word.said()

    return told


class _Word:
    """What is said, once, to the one who waits."""

    def __init__(self, here: Here) -> None:
        self._here = here
        self._sentence = SLOW
        self._saying: asyncio.Task[None] | None = None

    def limited(self) -> None:
        """A limit is what the waiting is for."""
        self._sentence = LIMITED

    def begin(self) -> None:
        """Say it, since there is no answer yet."""
        self._saying = asyncio.create_task(self._say())

    async def said(self) -> None:
        """Return when nothing is being said (any more)."""
        if self._saying is not None:
            await self._saying

    async def _say(self) -> None:
        if not self._here.talk.has_view:
            await self._here.talk.only_privately(aside(self._sentence))
