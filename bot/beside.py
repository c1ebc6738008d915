"""What goes on beside a write or an answer. Most end before any of it is due, so it costs a timer, and no task."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

Doing = Callable[[], Coroutine[Any, Any, None]]


class Beside:
    """Begins things at their time until it is over, and knows what it began."""

    def __init__(self) -> None:
        self._is_over = False
        self._timers: list[asyncio.TimerHandle] = []
        self._begun: list[asyncio.Task[None]] = []

    def once(self, seconds: float, do: Doing) -> None:
        """Do this after so long."""
        self._timers.append(asyncio.get_running_loop().call_later(seconds, self._begin, do))

    def every(self, seconds: float, do: Doing) -> None:
        """Do this after so long, and as long after each time that it was done."""

        async def again() -> None:
            await do()
            if not self._is_over:
                self.every(seconds, do)

        self.once(seconds, again)

    def _begin(self, do: Doing) -> None:
        self._begun.append(asyncio.create_task(do()))

    async def over(self) -> None:
        """Begin nothing more, and return when what was begun has ended, however it ended."""
        self._is_over = True
        for timer in self._timers:
            timer.cancel()
        if self._begun:
            await asyncio.gather(*self._begun, return_exceptions=True)
