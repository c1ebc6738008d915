"""Connections to PostgreSQL, kept between two uses and handed out.

asyncpg's own pool makes a proxy, a task, a future and two timers for each use: 43 us of CPU, as much as the query
itself, and a click makes four of them. We leave nothing behind that it would have to clean up.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import asyncpg  # type: ignore[import-untyped]

POSTGRES_POOL = 10  # connections a process may hold; see the scaling page for the budget
KEPT_IDLE = 30.0
"""Seconds without use after which a connection is not trusted any more: something on the way may have dropped it. That
nobody has closed one is known without asking, so that none is tried before it is used."""


class Cut(Exception):
    """The database closed the connection while it lay in the pool, and this was noticed only by using it."""


class Pool:
    """Up to `POSTGRES_POOL` connections, the one used last taken first, so that a quiet bot lets go of the others."""

    def __init__(self, address: Mapping[str, Any]) -> None:
        self._address = address
        self._free = asyncio.Semaphore(POSTGRES_POOL)
        self._idle: deque[tuple[float, Any]] = deque()

    def connection(self) -> "Taken":
        """A connection for one transaction: `async with pool.connection() as driver`."""
        return Taken(self)

    async def take(self) -> Any:
        """A connection of one's own; whoever has it gives it back."""
        await self._free.acquire()
        try:
            return self._rested() or await asyncpg.connect(**self._address)
        except BaseException:
            self._free.release()
            raise

    def give_back(self, driver: Any, *, is_sound: bool) -> None:
        """Keep it for the next, unless it is not `is_sound`: its answer may still be on the way."""
        self._free.release()
        if driver.is_closed():
            return
        if is_sound and not driver.is_in_transaction():
            self._idle.append((time.monotonic(), driver))
        else:
            driver.terminate()

    def distrust(self) -> None:
        """Let go of every connection that rests: one was found cut, and what cut it may have cut them all."""
        self._let_go(rested_since=time.monotonic())

    async def close(self) -> None:
        """Close what is not in use."""
        while self._idle:
            await self._idle.pop()[1].close()

    def _rested(self) -> Any:
        """The connection that was used last and is still open, if one has not rested for too long."""
        self._let_go(rested_since=time.monotonic() - KEPT_IDLE)
        while self._idle:
            _, driver = self._idle.pop()
            if not driver.is_closed():
                return driver
        return None

    def _let_go(self, *, rested_since: float) -> None:
        while self._idle and self._idle[0][0] <= rested_since:
            self._idle.popleft()[1].terminate()


class Taken:
    """A connection for as long as the block takes."""

    __slots__ = ("_driver", "_pool")

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._driver: Any = None

    async def __aenter__(self) -> Any:
        self._driver = await self._pool.take()
        return self._driver

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Cut, or stopped in the middle: an error of the database's own leaves the connection as it was.
        is_sound = kind is None or (issubclass(kind, Exception) and kind is not Cut)
        self._pool.give_back(self._driver, is_sound=is_sound)
