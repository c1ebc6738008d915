"""Keeps the sandbox that the page shows: sets it up, wakes its bot, begins anew, and says when anything changed."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from bot.sandbox.child import DidNotStart
from bot.sandbox.page import proposals
from bot.sandbox.page.faults import Faults
from bot.sandbox.page.records import Glow
from bot.sandbox.stage import Stage, raise_curtain, set_up

LOOK_AGAIN = 0.4

log = logging.getLogger(__name__)


class House:
    """One sandbox at a time. `problem` says why its bot did not start, "" when it did."""

    def __init__(self) -> None:
        self.stage: Stage
        self.faults: Faults
        self.glow: Glow
        self.problem = ""
        self.version = 0
        self._stack = contextlib.AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()
        self._resetting = asyncio.Lock()

    async def open(self) -> None:
        """Set everything up and begin to wake the bot; returns before it is ready."""
        self.stage = await self._stack.enter_async_context(set_up())
        self.faults, self.glow, self.problem = Faults(self.stage), Glow(), ""
        self.stage.slack.on_change(self.tell)
        self.stage.maton.on_change(self._heard)
        self.stage.bot.on_change(self.tell)
        self._tasks = [asyncio.create_task(self._wake()), asyncio.create_task(self._watch_database())]
        self.tell()

    async def close(self) -> None:
        """Stop the bot and throw everything away."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        stack, self._stack = self._stack, contextlib.AsyncExitStack()
        await stack.aclose()

    async def reset(self) -> None:
        """Begin again: new people's talk, new CRMs, an empty database, a fresh bot."""
        async with self._resetting:
            await self.close()
            await self.open()

    async def ready(self) -> bool:
        """Wait until the bot is ready; False when it could not start."""
        await asyncio.wait(self._tasks[:1])
        return self.stage.bot.health == "ready"

    async def kill_bot(self) -> None:
        """`kill -9`."""
        await self.stage.bot.kill()

    async def start_bot(self) -> None:
        """Start it (again)."""
        await self._guarded(self.stage.bot.start)

    def tell(self) -> None:
        """Something changed."""
        self.version += 1
        self._news.set()
        self._news = asyncio.Event()

    async def newer(self, seen: int) -> int:
        """The version as soon as it is another than `seen`."""
        while self.version == seen:
            await self._news.wait()
        return self.version

    def _heard(self, event: object) -> None:
        self.glow.note(event)
        self.tell()

    async def _wake(self) -> None:
        await self._guarded(lambda: raise_curtain(self.stage))

    async def _guarded(self, start: Callable[[], Awaitable[None]]) -> None:
        try:
            await start()
            self.problem = ""
        except DidNotStart as error:
            self.problem = str(error)
            log.error("the bot did not start: %s", error)
        self.tell()

    async def _watch_database(self) -> None:
        """The database cannot tell, so it is asked; the numbers it is asked for are few."""
        seen = 0
        while True:
            now = await asyncio.to_thread(proposals.revision, self.stage.database)
            if now != seen:
                seen = now
                self.tell()
            await asyncio.sleep(LOOK_AGAIN)
