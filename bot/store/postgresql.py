"""The store in PostgreSQL, for any number of processes, over asyncpg.

READ COMMITTED: a conditional update looks at the row again after waiting for it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.util import await_only, greenlet_spawn

from bot.store.database import Result, Single, Work
from bot.store.spelling import Rows, Speller, Spoken, refused
from bot.store.unusable import Unusable

POSTGRES_POOL = 10  # connections a process may hold; see the scaling page for the budget
KEPT_IDLE = 30.0
"""Seconds without use after which a connection is not trusted any more: something on the way may have dropped it. That
nobody has closed one is known without asking, so that none is tried before it is used."""

UNDERSTOOD = {"host", "port", "user", "password", "database", "ssl", "passfile", "target_session_attrs", "krbsrvname"}
"""asyncpg's parameters that may stand in an address: those that are texts."""

CUT = (
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.AdminShutdownError,
    asyncpg.InternalClientError,  # the server's farewell has come, its end of the line not yet: nothing was sent
    ConnectionError,
)


class PostgreSQL:
    """Reads and writes share one pool; a read, and a write that is a `Single`, is one round trip."""

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+asyncpg", query=_understood(url.query))
        self._speller = Speller(PGDialect_asyncpg())  # type: ignore[no-untyped-call]
        self._pool: Any = None
        self._opening = asyncio.Lock()

    async def read(self, work: Work[Result]) -> Result:
        return await self._twice(work, is_read=True)

    async def write(self, work: Work[Result]) -> Result:
        return await self._twice(work, is_read=False)

    async def _twice(self, work: Work[Result], *, is_read: bool) -> Result:
        """No click fails for a connection that a restart of the database has cut: another one is taken."""
        try:
            return await self._once(work, is_read=is_read)
        except _Cut:
            # What cut this one may have cut them all.
            await (await self._opened()).expire_connections()
            return await self._once(work, is_read=is_read)

    async def _once(self, work: Work[Result], *, is_read: bool) -> Result:
        async with (await self._opened()).acquire() as driver:
            spoken = OnServer(driver, self._speller)
            if isinstance(work, Single):
                return cast(Result, await spoken.answered(work))
            if is_read:
                return await greenlet_spawn(work, spoken.as_typed)
            return await _in_transaction(work, spoken)

    async def administer(self, work: Work[Result]) -> Result:
        # Only here: it imports SQLAlchemy's ORM, a sixth of all that a start would import.
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine(self._url)
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()

    async def _opened(self) -> Any:
        """asyncpg's pool; made at first use, since it belongs to the running loop."""
        if self._pool is not None:
            return self._pool
        async with self._opening:
            if self._pool is None:
                address = dict(self._speller.dialect.create_connect_args(self._url)[1])
                self._pool = await asyncpg.create_pool(
                    min_size=0,
                    max_size=POSTGRES_POOL,
                    max_inactive_connection_lifetime=KEPT_IDLE,
                    reset=_as_it_is,
                    **address,
                )
        return self._pool

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()


def _understood(query: Mapping[str, Any]) -> dict[str, Any]:
    """The address's parameters as asyncpg takes them; hosts hand out addresses that end in `?sslmode=require`."""
    renamed = {"ssl" if name == "sslmode" else name: value for name, value in query.items()}
    if unknown := sorted(renamed.keys() - UNDERSTOOD):
        raise Unusable(f"DATABASE_URL has parameters that asyncpg does not know: {', '.join(unknown)}. Leave them out.")
    return renamed


async def _as_it_is(_: Any) -> None:
    """What a connection returns to the pool with: we leave nothing behind, and a cleaning is one more round trip."""


async def _in_transaction(work: Work[Result], spoken: "OnServer") -> Result:
    await spoken.told("BEGIN")
    try:
        result = await greenlet_spawn(work, spoken.as_typed)
    except _Cut:
        raise
    except Exception:
        await spoken.told("ROLLBACK")
        raise
    await spoken.driver.execute("COMMIT")  # when this breaks, nobody knows whether it happened: no second try
    return result


class OnServer(Spoken):
    """A connection to the server; what is executed waits for it in a greenlet, so that other tasks go on."""

    def __init__(self, driver: Any, speller: Speller) -> None:
        super().__init__(speller)
        self.driver = driver

    def say(self, text: str, parameters: Sequence[Any], *, has_rows: bool) -> Rows:
        """Execute it; raises `_Cut` when the connection was lost."""
        return await_only(self.told(text, parameters, has_rows=has_rows))

    async def answered(self, single: Single) -> Rows:
        """What one statement brings back, for whoever can wait without a greenlet."""
        spelled = self._speller.spelled(single.statement, single.values)
        text, parameters = spelled.parameters(single.values)
        return spelled.ours(await self.told(text, parameters, has_rows=spelled.has_rows))

    async def told(self, text: str, parameters: Sequence[Any] = (), *, has_rows: bool = False) -> Rows:
        """Execute what is spelt already, in the same way."""
        try:
            if has_rows:
                return Rows(await self.driver.fetch(text, *parameters))
            status = await self.driver.execute(text, *parameters)
        except CUT as error:
            raise _Cut from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if self.driver.is_closed():
                raise _Cut from error
            is_conflict = isinstance(error, asyncpg.IntegrityConstraintViolationError)
            raise refused(error, text, is_conflict=is_conflict) from error
        last = status.rpartition(" ")[2]
        return Rows((), int(last) if last.isdigit() else -1)


class _Cut(Exception):
    """The database closed the connection while it lay in the pool, and this was noticed only by using it."""
