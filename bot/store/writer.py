"""One thread that writes to a SQLite file, and commits for all who wait at once.

A commit waits for the disk (`synchronous=FULL`); transactions that queued up meanwhile share the next one, each in a
savepoint of its own, so that one of them failing takes nothing along.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection

from bot.store.database import Result, Work
from bot.store.on_file import OnFile

AT_ONCE = 64
"""Transactions in one commit: it bounds how long the first of them waits for the last."""


class Waiting:
    """A transaction that has not been committed yet, and the task that waits for it."""

    def __init__(self, work: Work[Any]) -> None:
        self.work = work
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self, connection: Connection) -> None:
        """Do the work; an error is kept for the one who asked."""
        try:
            self.result = self.work(connection)
        except Exception as error:
            self.error = error

    def tell(self) -> None:
        """Hand the result over from the thread; nobody may be waiting any more."""
        with contextlib.suppress(RuntimeError):  # the loop was closed while the thread committed
            self.loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """Takes transactions from any task of the process and commits them in order."""

    def __init__(self, connect: Callable[[], OnFile]) -> None:
        self._connect = connect
        self._writing: OnFile | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._waiting: deque[Waiting] = deque()

    async def write(self, work: Work[Result]) -> Result:
        """Run `work` in a transaction. A caller who stops waiting does not undo it: the thread cannot be stopped."""
        waiting = Waiting(work)
        self._waiting.append(waiting)
        self._thread.submit(self._commit_waiting)
        result: Result = await waiting.future
        return result

    def close(self) -> None:
        """Let what waits be committed, and end the thread."""
        self._thread.shutdown(wait=True)
        if self._writing is not None:
            self._writing.driver.close()

    def _commit_waiting(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), AT_ONCE))]
        if not batch:
            return  # an earlier turn of this thread took them along
        try:
            self._commit(batch)
        except Exception as error:
            for waiting in batch:
                waiting.error = waiting.error or error
        for waiting in batch:
            waiting.tell()

    def _commit(self, batch: list[Waiting]) -> None:
        if self._writing is None:
            self._writing = self._connect()
        execute = self._writing.driver.execute
        # A transaction that reads first and writes later cannot wait for the lock: SQLite refuses it at once. So
        # whoever writes takes the lock when it begins.
        execute("BEGIN IMMEDIATE")
        try:
            self._run(batch, self._writing)
            execute("COMMIT")
        except BaseException:
            if self._writing.driver.in_transaction:
                execute("ROLLBACK")
            raise

    def _run(self, batch: list[Waiting], writing: OnFile) -> None:
        execute, connection = writing.driver.execute, writing.as_typed
        for waiting in batch:
            execute("SAVEPOINT one")
            waiting.run(connection)
            if waiting.error is not None:
                execute("ROLLBACK TO one")
            execute("RELEASE one")
