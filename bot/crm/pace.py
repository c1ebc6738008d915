"""Whose request goes next while a limit is believed in: the urgent first, and nobody starves another.

Until a 429 was seen nothing waits and nothing is counted. After one, the limits of maton.md section 4 are assumed for
the connection, or for the whole account, for some minutes (`bot.crm.limits`); requests then leave in turn.
"""

import asyncio
import random
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from contextvars import ContextVar
from enum import IntEnum

from bot.crm.limits import Bucket, Window
from bot.errors import RateLimited

ACCOUNT_WINDOW = 1.05
"""A second and a little, for what the network adds between our clock and Maton's."""
TOLD_AFTER = 2.0
"""Seconds after which a person is told what the waiting is for."""

A_TURN = 4
"""Requests that one connection may send in its turn: a look-up is three or four, and half of one answers nobody."""

BUSY = "The CRM is being asked a lot just now. Please try again in a moment."


class Urgency(IntEnum):
    """Who goes first: a confirmed write before a lookup before what somebody is still typing."""

    WRITE = 0
    LOOKUP = 1
    TYPE_AHEAD = 2

    @property
    def patience(self) -> float:
        """Seconds that a limit may make it wait: a write is not to fail for it, a suggestion is worth nothing late.

        Two hundred teams that look something up at once need a minute of the account's ten requests a second.
        """
        return (600.0, 150.0, 1.0)[self]


_tell: ContextVar[Callable[[], None] | None] = ContextVar("tell_of_waiting", default=None)


class telling_of_waits:
    """Call `tell`, once at most, when a request made inside has waited `TOLD_AFTER` seconds for a limit."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._telling: Callable[[], None] | None = tell

    def __enter__(self) -> None:
        self._token = _tell.set(self._once)

    def __exit__(self, *_: object) -> None:
        _tell.reset(self._token)

    def _once(self) -> None:
        if self._telling is not None:
            tell, self._telling = self._telling, None
            tell()


_Waiter = asyncio.Future[float]
_Line = OrderedDict[str, deque[_Waiter]]


class Pacer:
    """Lets requests go in turn. One for all connections of one Maton account."""

    def __init__(
        self,
        *,
        per_second: int = 10,
        per_minute: int = 100,
        minute: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_second = per_second
        self._per_minute = per_minute
        self._minute = minute
        self._clock = clock
        self._account: Window | None = None
        self._buckets: dict[str, Bucket] = {}
        self._lines: dict[Urgency, _Line] = {urgency: OrderedDict() for urgency in Urgency}
        self._in_turn = 0
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, connection_id: str, *, urgency: Urgency, patience: float) -> float:
        """Return, with the time, when the request may go; RateLimited when that takes longer than `patience`."""
        now = self._clock()
        bucket = self._bucket(connection_id, now)
        if bucket is None and self._account_ready_at(now) is None:
            return now
        waits = max(bucket.ready_at(now) if bucket else now, self._account_ready_at(now) or now) - now
        if waits > patience:
            raise RateLimited(BUSY, retry_after=waits)
        return await self._in_line(connection_id, urgency, patience, waits)

    def refused(self, connection_id: str, *, seconds: float, by_account: bool, sent_at: float) -> None:
        """The server answered 429 to a request that left at `sent_at`: from now on its limit is believed in."""
        now = self._clock()
        self._buckets = {name: each for name, each in self._buckets.items() if not each.is_over(now)}
        limit: Window | Bucket
        if by_account:
            limit = self._account = self._account or Window(most=self._per_second, window=ACCOUNT_WINDOW)
        else:
            fresh = Bucket(size=self._per_minute, window=self._minute)
            limit = self._buckets.setdefault(connection_id, fresh)
        # Jitter, so that many processes that were refused together do not come back together.
        limit.refused(now, seconds * random.uniform(1.0, 1.2), sent_at=sent_at)  # noqa: S311

    async def _in_line(self, connection_id: str, urgency: Urgency, patience: float, waits: float) -> float:
        loop = asyncio.get_running_loop()
        waiter: _Waiter = loop.create_future()
        self._lines[urgency].setdefault(connection_id, deque()).append(waiter)
        self._let_go()
        tell = _tell.get()
        telling = loop.call_later(TOLD_AFTER, tell) if tell else None
        try:
            async with asyncio.timeout(patience):
                return await waiter
        except TimeoutError:
            raise RateLimited(BUSY, retry_after=max(waits, 1.0)) from None
        finally:
            if telling:
                telling.cancel()
            self._leave(waiter, urgency, connection_id)

    def _bucket(self, connection_id: str, now: float) -> Bucket | None:
        bucket = self._buckets.get(connection_id)
        if bucket is not None and bucket.is_over(now):
            bucket = None
            del self._buckets[connection_id]
        return bucket

    def _account_ready_at(self, now: float) -> float | None:
        """None while no limit of the account is believed in."""
        if self._account is not None and self._account.is_over(now):
            self._account = None
        return None if self._account is None else self._account.ready_at(now)

    def _leave(self, waiter: _Waiter, urgency: Urgency, connection_id: str) -> None:
        line = self._lines[urgency].get(connection_id)
        if line is not None and waiter in line:
            line.remove(waiter)
            if not line:
                del self._lines[urgency][connection_id]

    def _let_go(self) -> None:
        """Grant everything that may go now, and wake up when the next one may."""
        now = self._clock()
        while (wake_at := self._account_ready_at(now) or now) <= now:
            urgency, connection_id, wake_at = self._next(now)
            if connection_id is None:
                break
            self._grant(urgency, connection_id, now)
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if wake_at < float("inf") and any(self._lines.values()):
            self._timer = asyncio.get_running_loop().call_later(max(wake_at - now, 0.001), self._let_go)

    def _next(self, now: float) -> tuple[Urgency, str | None, float]:
        """The most urgent connection whose turn it is and whose bucket has a token, else when one will have."""
        soonest = float("inf")
        for urgency, line in self._lines.items():
            for connection_id in line:
                bucket = self._bucket(connection_id, now)
                if bucket is None or (ready_at := bucket.ready_at(now)) <= now:
                    return urgency, connection_id, now
                soonest = min(soonest, ready_at)
        return Urgency.LOOKUP, None, soonest

    def _grant(self, urgency: Urgency, connection_id: str, now: float) -> None:
        line = self._lines[urgency]
        waiter = line[connection_id].popleft()
        self._in_turn += 1
        if not line[connection_id]:
            del line[connection_id]
            self._in_turn = 0
        elif self._in_turn >= A_TURN:
            line.move_to_end(connection_id)
            self._in_turn = 0
        if waiter.done():
            return
        for limit in (self._account, self._bucket(connection_id, now)):
            if limit is not None:
                limit.take(now)
        waiter.set_result(now)
