"""Work that outlives the request which began it: owned, counted, and finished before the process ends.

Bolt's listeners are bare tasks that a shutdown cancels in the middle of a write (slack.md section 1); errands are not.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class Errands:
    """Keeps a reference to each running task, and waits for all of them at shutdown."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Run `work` to its end, whoever stops waiting for it; shield the task if you await it in a listener."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("an errand broke", exc_info=error)

    async def drain(self, *, seconds: float) -> int:
        """Let everything that runs end, and what it starts meanwhile; returns how many had to be cancelled."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self._running and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(set(self._running), timeout=left)
        late = set(self._running)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=1)
        return len(late)
