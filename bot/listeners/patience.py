"""A word in time: whoever waits for the CRM longer than a moment is told so, once and privately; the answer follows."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.beside import Beside
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
        word, beside = _Word(here), Beside()
        beside.once(TOLD_AFTER, word.say)
        try:
            with telling_of_waits(word.limited):
                await story(incoming, here)
        finally:
            await beside.over()

    return told


class _Word:
    """What is said to the one who waits."""

    def __init__(self, here: Here) -> None:
        self._here = here
        self._sentence = SLOW

    def limited(self) -> None:
        """A limit is what the waiting is for."""
        self._sentence = LIMITED

    async def say(self) -> None:
        """Say it, since there is no answer yet."""
        if not self._here.talk.has_view:
            await self._here.talk.only_privately(aside(self._sentence))
