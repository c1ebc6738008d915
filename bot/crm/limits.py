"""The CRM's and the account's request limits as a refusal taught us them, so that we know what the server knows. Pure.

Facts: maton.md section 4 and twenty.md section 6. Nobody tells these limits beforehand and they differ by plan, so none
is assumed before the first 429, and none for longer than `ASSUMED_FOR` after the last.
"""

ASSUMED_FOR = 600.0
"""Seconds after the last 429 for which a limit is believed in."""
SLOWER, SLOWEST = 1.5, 8.0
"""A 429 although we paced: other processes use the same limit, so this one takes less of it, step by step."""
FASTER, EVERY = 1.25, 30.0
"""Without a 429 for `EVERY` seconds this much is taken back, until the documented limit is reached."""


class Learned:
    """What a limit's refusals taught; the times are the caller's."""

    def __init__(self) -> None:
        self._taught_at = float("-inf")
        self._closed_until = float("-inf")
        self._factor = 1.0

    def refused(self, now: float, seconds: float, *, sent_at: float) -> None:
        """The server said 429 to a request of `sent_at`, and to wait for so long."""
        if self._taught_at == float("-inf"):
            self._taught_at = now
        elif sent_at >= self._taught_at:  # else it left before we knew, and teaches nothing new
            self._factor = min(self.slowness(now) * SLOWER, SLOWEST)
            self._taught_at = now
        self._closed_until = max(self._closed_until, now + seconds)
        self._empty(now)

    def slowness(self, now: float) -> float:
        """How many times slower than the documented limit we go."""
        if self._factor == 1.0:
            return 1.0
        calm_rounds = int(max(now - self._taught_at, 0.0) / EVERY)
        return max(self._factor / float(FASTER**calm_rounds), 1.0)

    def is_over(self, now: float) -> bool:
        """Whether it is time to believe in no limit again."""
        return now >= max(self._taught_at + ASSUMED_FOR, self._closed_until)

    def _empty(self, now: float) -> None:
        raise NotImplementedError


class Bucket(Learned):
    """Twenty's token bucket with its quirk: a refill is floored, and the clock starts anew at each grant.

    So grants closer together than one token's time add nothing (twenty.md section 6).
    """

    def __init__(self, *, size: int, window: float) -> None:
        super().__init__()
        self._size = size
        self._per_token = window / size
        self._tokens = size
        self._granted_at = float("-inf")

    def ready_at(self, now: float) -> float:
        """When the next request may go: not later than `now` when it may go at once."""
        if self._tokens_at(now) >= 1:
            return max(self._closed_until, now)
        return max(self._closed_until, self._granted_at + self._each(now) * 1.02)

    def take(self, now: float) -> None:
        """A request goes."""
        self._tokens = max(self._tokens_at(now) - 1, 0)
        self._granted_at = now

    def _empty(self, now: float) -> None:
        self._tokens = 0
        self._granted_at = max(self._granted_at, now - self._per_token)

    def _each(self, now: float) -> float:
        return self._per_token * self.slowness(now)

    def _tokens_at(self, now: float) -> int:
        if self._granted_at == float("-inf"):
            return self._tokens
        return min(self._size, self._tokens + int((now - self._granted_at) / self._each(now)))


class Window(Learned):
    """So many requests in each stretch of `window` seconds, wherever it begins."""

    def __init__(self, *, most: int, window: float) -> None:
        super().__init__()
        self._most = most
        self._window = window
        self._recent: list[float] = []

    def ready_at(self, now: float) -> float:
        """When the next request may go: not later than `now` when it may go at once."""
        most = max(int(self._most / self.slowness(now)), 1)
        earliest = self._recent[-most] + self._window if len(self._recent) >= most else now
        return max(earliest, self._closed_until, now)

    def take(self, now: float) -> None:
        """A request goes."""
        self._recent = [*self._recent[1 - self._most :], now] if self._most > 1 else [now]

    def _empty(self, now: float) -> None:
        """What filled the window is past once the pause is over."""
