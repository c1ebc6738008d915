"""How fast requests may leave: the account's ten a second, each CRM's hundred a minute, and nobody starves another.

Facts: maton.md section 4 and twenty.md section 6. Nothing waits while there is budget; a wait that would exceed the
caller's patience is refused at once, so that every wait is visible.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from bot.errors import RateLimited

ACCOUNT_WINDOW = 1.05
"""A second and a little, for what the network adds between our clock and Maton's."""

BUSY = "The CRM is being asked a lot just now. Please try again in a moment."


class Urgency(IntEnum):
    """Who goes first: a confirmed write before a lookup before what somebody is still typing."""

    WRITE = 0
    LOOKUP = 1
    TYPE_AHEAD = 2


class Bucket:
    """Twenty's token bucket with its quirk, so that we know what the server knows (twenty.md section 6).

    A refill is floored and the clock starts anew at each grant, so grants closer together than one token's time add
    nothing. Pure: the time is an argument.
    """

    def __init__(self, *, size: int, window: float) -> None:
        self._size = size
        self._per_token = window / size
        self._tokens = size
        self._granted_at = float("-inf")
        self._closed_until = float("-inf")

    def ready_at(self, now: float) -> float:
        """When the next request may go: not later than `now` when it may go at once."""
        if self._tokens_at(now) >= 1:
            return max(self._closed_until, now)
        return max(self._closed_until, self._granted_at + self._per_token * 1.02)

    def take(self, now: float) -> None:
        """A request goes."""
        self._tokens = max(self._tokens_at(now) - 1, 0)
        self._granted_at = now

    def close(self, now: float, seconds: float) -> None:
        """The server refused: there are fewer tokens than we thought."""
        self._tokens = 0
        self._granted_at = max(self._granted_at, now - self._per_token)
        self._closed_until = max(self._closed_until, now + seconds)

    @property
    def idle_after(self) -> float:
        """When the bucket is full again, and so can be forgotten."""
        return max(self._granted_at + self._size * self._per_token, self._closed_until)

    def _tokens_at(self, now: float) -> int:
        if self._granted_at == float("-inf"):
            return self._tokens
        return min(self._size, self._tokens + int((now - self._granted_at) / self._per_token))


@dataclass(eq=False, slots=True)
class _Waiter:
    granted: "asyncio.Future[None]"


_Line = OrderedDict[str, "deque[_Waiter]"]


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
        self._recent: deque[float] = deque(maxlen=per_second)
        self._buckets: dict[str, Bucket] = {}
        self._lines: dict[Urgency, _Line] = {urgency: OrderedDict() for urgency in Urgency}
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, connection_id: str, *, urgency: Urgency, patience: float) -> None:
        """Return when the request may go; RateLimited, with nothing sent, when that takes longer than `patience`."""
        waits = self._bucket(connection_id).ready_at(self._clock()) - self._clock()
        if waits > patience:
            raise RateLimited(BUSY, retry_after=waits)
        waiter = _Waiter(asyncio.get_running_loop().create_future())
        self._lines[urgency].setdefault(connection_id, deque()).append(waiter)
        self._let_go()
        try:
            async with asyncio.timeout(patience):
                await waiter.granted
        except TimeoutError:
            raise RateLimited(BUSY, retry_after=max(waits, 1.0)) from None
        finally:
            self._leave(waiter, urgency, connection_id)

    def refused(self, connection_id: str, *, seconds: float) -> None:
        """The server answered 429: this connection pauses."""
        self._bucket(connection_id).close(self._clock(), seconds)

    def _bucket(self, connection_id: str) -> Bucket:
        if len(self._buckets) > 1000:
            now = self._clock()
            self._buckets = {name: each for name, each in self._buckets.items() if each.idle_after > now}
        if connection_id not in self._buckets:
            self._buckets[connection_id] = Bucket(size=self._per_minute, window=self._minute)
        return self._buckets[connection_id]

    def _leave(self, waiter: _Waiter, urgency: Urgency, connection_id: str) -> None:
        line = self._lines[urgency].get(connection_id)
        if line is not None and waiter in line:
            line.remove(waiter)
            if not line:
                del self._lines[urgency][connection_id]

    def _let_go(self) -> None:
        """Grant everything that may go now, and wake up when the next one may."""
        now = self._clock()
        while (wake_at := self._account_ready_at(now)) <= now:
            urgency, connection_id, wake_at = self._next(now)
            if connection_id is None:
                break
            self._grant(urgency, connection_id, now)
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if wake_at < float("inf") and any(self._lines.values()):
            self._timer = asyncio.get_running_loop().call_later(max(wake_at - now, 0.001), self._let_go)

    def _account_ready_at(self, now: float) -> float:
        full = len(self._recent) == self._per_second
        return self._recent[0] + ACCOUNT_WINDOW if full else now

    def _next(self, now: float) -> tuple[Urgency, str | None, float]:
        """The most urgent connection whose turn it is and whose bucket has a token, else when one will have."""
        soonest = float("inf")
        for urgency, line in self._lines.items():
            for connection_id in line:
                ready_at = self._bucket(connection_id).ready_at(now)
                if ready_at <= now:
                    return urgency, connection_id, now
                soonest = min(soonest, ready_at)
        return Urgency.LOOKUP, None, soonest

    def _grant(self, urgency: Urgency, connection_id: str, now: float) -> None:
        line = self._lines[urgency]
        waiter = line[connection_id].popleft()
        if line[connection_id]:
            line.move_to_end(connection_id)
        else:
            del line[connection_id]
        if not waiter.granted.done():
            self._bucket(connection_id).take(now)
            self._recent.append(now)
            waiter.granted.set_result(None)
