"""What a fake Maton account holds, and all that a test or the page may do to it: connections, faults, limits, log."""

import asyncio
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

from bot.sandbox.twenty.connections import Connection, Connections, MatonError
from bot.sandbox.twenty.crm import FakeCRM
from bot.sandbox.twenty.exchanges import Exchange, RecordChanged, Reply
from bot.sandbox.twenty.faults import Fault, known

Event = Exchange | RecordChanged
Listener = Callable[[Event], None]


class Account:
    """The account of one API key, with fake CRMs behind its connections (maton.md)."""

    def __init__(
        self, *, api_key: str = "maton-test-key", connect_url: str | None = None, log_size: int = 10_000
    ) -> None:
        self.api_key = api_key
        self.connect_url = connect_url
        self.log_size = log_size
        self.connections = Connections()
        self.offered: dict[str, FakeCRM] = {}
        self.creation_key = "connection_id"
        self.log: list[Exchange] = []
        self.surprises: list[str] = []
        self.counts: Counter[str] = Counter()
        self._faults: list[Fault] = []
        self._listeners: list[Listener] = []
        self._stalled: set[asyncio.Task[Any]] = set()
        self._recent: deque[float] = deque()
        self._per_second: int | None = None
        self._retry_after: str | None = None

    # -- connections

    def connect(self, crm: FakeCRM, *, connection_id: str | None = None) -> str:
        """An ACTIVE connection to this CRM; its id."""
        made = self.connections.make("twenty", connection_id=connection_id)
        self.complete(made.id, crm)
        return made.id

    def complete(self, connection_id: str, crm: FakeCRM) -> None:
        """What the admin does behind the link: PENDING becomes ACTIVE."""
        connection = self.connections.get(connection_id)
        connection.crm, connection.status = crm, "ACTIVE"
        crm.on_change(lambda plural, row_id: self._tell(RecordChanged(connection_id, plural, row_id)))

    def set_status(self, connection_id: str, status: str) -> None:
        """ACTIVE, PENDING, FAILED, or a word nobody has heard of."""
        self.connections.get(connection_id).status = status

    def offer(self, name: str, crm: FakeCRM) -> None:
        """Show this CRM on the connect page as one that the admin may choose."""
        self.offered[name] = crm

    def pending(self) -> list[Connection]:
        """The connections that nobody has completed yet."""
        return self.connections.listed(status="PENDING")

    # -- faults

    def fault(
        self,
        name: str,
        *,
        method: str | None = None,
        path: str | None = None,
        connection_id: str | None = None,
        times: int | None = 1,
        probability: float = 1.0,
        seed: int = 0,
        seconds: float | None = None,
        status: int | None = None,
        retry_after: float | str | None = None,
        message: str | None = None,
    ) -> Fault:
        """Switch a fault on (see `faults.FaultName`); `path` is searched for in the whole path. The first fit wins."""
        fault = Fault(
            name=known(name),
            remover=self._remove_fault,
            method=method,
            path=re.compile(path) if path else None,
            connection_id=connection_id,
            times=times,
            probability=probability,
            seconds=seconds,
            status=status,
            retry_after=None if retry_after is None else str(retry_after),
            message=message,
            random=Random(seed),  # noqa: S311 -- repeatable, not secret
        )
        self._faults.append(fault)
        return fault

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults in force."""
        return tuple(self._faults)

    def clear_faults(self) -> None:
        """Remove every fault and let everything go on."""
        for fault in self.faults:
            fault.remove()
            fault.release()

    def _remove_fault(self, fault: Fault) -> None:
        if fault in self._faults:
            self._faults.remove(fault)

    def fault_for(self, *, method: str, path: str, connection_id: str | None) -> Fault | None:
        """The fault that hits this request, if any."""
        fits = (each for each in self.faults if each.fits(method=method, path=path, connection_id=connection_id))
        return next(fits, None)

    def limit(self, per_second: int | None, *, retry_after: float | str | None = None) -> None:
        """Maton's own limit over all connections (10 a second, maton.md section 4), or None for none."""
        self._per_second = per_second
        self._retry_after = None if retry_after is None else str(retry_after)
        self._recent.clear()

    def charge(self) -> None:
        """Count one request against the limit, or refuse it."""
        if self._per_second is None:
            return
        now = time.monotonic()
        while self._recent and now - self._recent[0] >= 1:
            self._recent.popleft()
        if len(self._recent) >= self._per_second:
            raise MatonError(429, "Too many requests", retry_after=self._retry_after)
        self._recent.append(now)

    # -- what happened

    def requests(self, method: str | None = None, path: str | None = None) -> list[Exchange]:
        """The logged exchanges of this method whose path matches this pattern somewhere."""
        return [
            each for each in self.log if method in (None, each.method) and (path is None or re.search(path, each.path))
        ]

    def forget_log(self) -> None:
        """Empty the log, the counters and the surprises."""
        self.log.clear()
        self.surprises.clear()
        self.counts.clear()

    def note(self, exchange: Exchange) -> None:
        """Log one exchange, forgetting the oldest beyond `log_size`, and tell those who listen."""
        self.log.append(exchange)
        del self.log[: -self.log_size]
        self.counts[f"{exchange.method} {exchange.status}"] += 1
        self._tell(exchange)

    def on_change(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every Exchange and every RecordChanged; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self, event: Event) -> None:
        for listener in list(self._listeners):
            listener(event)

    # -- stalled writes

    def own(self, work: Coroutine[Any, Any, Reply]) -> "asyncio.Task[Reply]":
        """Run a stalled write to its end, whatever becomes of its request."""
        task = asyncio.create_task(work)
        self._stalled.add(task)
        task.add_done_callback(self._stalled.discard)
        return task

    async def settled(self) -> None:
        """Wait until every stalled write was committed."""
        while self._stalled:
            await asyncio.wait(set(self._stalled))

    async def drop_stalled(self) -> None:
        """Give up the stalled writes: they never reach the CRM."""
        stalled = set(self._stalled)
        for task in stalled:
            task.cancel()
        await asyncio.gather(*stalled, return_exceptions=True)
