"""A small memory that forgets after seconds, and the oldest first when it is full."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Held = TypeVar("Held")


class Remembered(Generic[Key, Held]):
    """Holds at most `most` things, each for `seconds` unless something else is said with it."""

    def __init__(self, *, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._held: OrderedDict[Key, tuple[float, Held]] = OrderedDict()

    def put(self, key: Key, held: Held, *, seconds: float | None = None) -> None:
        """Remember from now on."""
        self.put_all(((key, held),), seconds=seconds)

    def put_all(self, many: Iterable[tuple[Key, Held]], *, seconds: float | None = None) -> None:
        """Remember all of them from now on."""
        now = self._clock()
        until = now + (self._seconds if seconds is None else seconds)
        for key, held in many:
            self._held[key] = (until, held)
            self._held.move_to_end(key)
        while self._held and (len(self._held) > self._most or next(iter(self._held.values()))[0] <= now):
            self._held.popitem(last=False)

    def get(self, key: Key) -> Held | None:
        """What is remembered, None when nothing (any more)."""
        until, held = self._held.get(key, (0.0, None))
        return held if until > self._clock() else None

    def get_all(self, keys: Iterable[Key]) -> dict[Key, Held]:
        """Those of them that are remembered."""
        now, found = self._clock(), self._held.get
        return {key: known[1] for key in keys if (known := found(key)) and known[0] > now}

    def forget(self, key: Key) -> None:
        """Forget one thing, known or not."""
        self._held.pop(key, None)

    def forget_all(self, about: Callable[[Key], bool]) -> None:
        """Forget everything whose key is `about` something."""
        for key in [key for key in self._held if about(key)]:
            del self._held[key]
