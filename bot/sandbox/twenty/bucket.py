"""Twenty's token bucket, with its quirk: quick callers earn no tokens back (twenty.md section 6)."""

import math
from collections.abc import Callable

from bot.sandbox.twenty.refusals import limited

Clock = Callable[[], float]


class Bucket:
    """`limit` tokens per window; the refill is floored and its clock restarts at every success."""

    def __init__(self, limit: int, *, window_ms: int, clock: Clock) -> None:
        self.limit = limit
        self.window_ms = window_ms
        self._clock = clock
        self._tokens = limit
        self._refilled_at: float | None = None

    def take(self) -> bool:
        """Take one token; False when there is none, which does not restart the clock."""
        now = self._clock() * 1000
        since = 0.0 if self._refilled_at is None else now - self._refilled_at
        tokens = min(self._tokens + math.floor(since * self.limit / self.window_ms), self.limit)
        if tokens < 1:
            return False
        self._tokens, self._refilled_at = tokens - 1, now
        return True


class RateLimit:
    """The workspace's short and long bucket; the short one is charged even when the long one refuses."""

    def __init__(self, per_minute: int, *, retry_after: int | None, clock: Clock) -> None:
        self._buckets = (
            Bucket(100, window_ms=1_000, clock=clock),
            Bucket(per_minute, window_ms=60_000, clock=clock),
        )
        self._retry_after = retry_after

    def charge(self) -> None:
        """Count one request, or refuse it with 429."""
        for bucket in self._buckets:
            if not bucket.take():
                raise limited(limit=bucket.limit, window_ms=bucket.window_ms, retry_after=self._retry_after)
