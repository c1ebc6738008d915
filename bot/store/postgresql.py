"""The store in PostgreSQL, for any number of processes, over asyncpg.

READ COMMITTED: a conditional update looks at the row again after waiting for it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.util import await_only, greenlet_spawn

from bot.store.database import Result, Work
from bot.store.spelling import Rows, Speller, Spoken, refused

POSTGRES_POOL = 10  # connections a process may hold; see the scaling page for the budget
KEPT_IDLE = 30.0
"""Seconds without use after which a connection is not trusted any more: something on the way may have dropped it. That
nobody has closed one is known without asking, so that none is tried before it is used."""

CUT = (
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.AdminShutdownError,
    asyncpg.InternalClientError,  # the server's farewell has come, its end of the line not yet: nothing was sent
    ConnectionError,
)


class PostgreSQL:
    """Reads and writes share one pool; a read, and a write that is `alone`, is one round trip."""

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+asyncpg")
        self._speller = Speller(PGDialect_asyncpg())  # type: ignore[no-untyped-call]
        self._pool = Pool(dict(self._speller.dialect.create_connect_args(self._url)[1]))

    async def read(self, work: Work[Result]) -> Result:
        return await self._twice(work, alone=True)

    async def write(self, work: Work[Result], *, alone: bool = False) -> Result:
        return await self._twice(work, alone=alone)

    async def _twice(self, work: Work[Result], *, alone: bool) -> Result:
        """No click fails for a connection that a restart of the database has cut: another one is taken."""
        try:
            return await self._once(work, alone=alone)
        except _Cut:
            self._pool.distrust()
            return await self._once(work, alone=alone)

    async def _once(self, work: Work[Result], *, alone: bool) -> Result:
        async with self._pool.connection() as driver:
            spoken = OnServer(driver, self._speller)
            if alone:
                return await greenlet_spawn(work, spoken.as_typed)
            await spoken.told("BEGIN")
            try:
                result = await greenlet_spawn(work, spoken.as_typed)
            except _Cut:
                raise
            except Exception:
                await spoken.told("ROLLBACK")
                raise
            await driver.execute("COMMIT")  # when this breaks, nobody knows whether it happened: no second try
            return result

    async def administer(self, work: Work[Result]) -> Result:
        # Only here: it imports SQLAlchemy's ORM, a sixth of all that a start would import.
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine(self._url)
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()

    async def close(self) -> None:
        await self._pool.close()


class Pool:
    """Up to `POSTGRES_POOL` connections, the one used last taken first.

    asyncpg's own pool cleans each connection up with a round trip after each use; ours leave nothing behind.
    """

    def __init__(self, address: dict[str, Any]) -> None:
        self._address = address
        self._free = asyncio.Semaphore(POSTGRES_POOL)
        self._idle: list[tuple[float, Any]] = []

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """A connection for one transaction."""
        async with self._free:
            driver = self._rested() or await asyncpg.connect(**self._address)
            try:
                yield driver
            except BaseException as error:
                # Cut, or stopped in the middle, when its answer may still be on the way.
                if isinstance(error, _Cut) or not isinstance(error, Exception):
                    driver.terminate()
                raise
            finally:
                if not (driver.is_closed() or driver.is_in_transaction()):
                    self._idle.append((time.monotonic(), driver))
                elif not driver.is_closed():
                    driver.terminate()

    def _rested(self) -> Any:
        """The connection that was used last, unless all have rested for too long."""
        while self._idle:
            since, driver = self._idle.pop()
            if driver.is_closed():
                continue
            if time.monotonic() - since < KEPT_IDLE:
                return driver
            driver.terminate()
        return None

    def distrust(self) -> None:
        """Let go of every connection that rests: one was found cut, and what cut it may have cut them all."""
        while self._idle:
            self._idle.pop()[1].terminate()

    async def close(self) -> None:
        """Close what is not in use."""
        while self._idle:
            await self._idle.pop()[1].close()


class OnServer(Spoken):
    """A connection to the server; what is executed waits for it in a greenlet, so that other tasks go on."""

    def __init__(self, driver: Any, speller: Speller) -> None:
        super().__init__(speller)
        self._driver = driver

    def say(self, text: str, parameters: Sequence[Any], *, has_rows: bool) -> Rows:
        """Execute it; raises `_Cut` when the connection was lost."""
        return await_only(self.told(text, parameters, has_rows=has_rows))

    async def told(self, text: str, parameters: Sequence[Any] = (), *, has_rows: bool = False) -> Rows:
        """The same for whoever can wait without a greenlet."""
        try:
            if has_rows:
                return Rows(await self._driver.fetch(text, *parameters))
            status = await self._driver.execute(text, *parameters)
        except CUT as error:
            raise _Cut from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if self._driver.is_closed():
                raise _Cut from error
            is_conflict = isinstance(error, asyncpg.IntegrityConstraintViolationError)
            raise refused(error, text, is_conflict=is_conflict) from error
        last = status.rpartition(" ")[2]
        return Rows((), int(last) if last.isdigit() else -1)


class _Cut(Exception):
    """The database closed the connection while it lay in the pool, and this was noticed only by using it."""
