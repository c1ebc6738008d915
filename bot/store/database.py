"""Where transactions run: SQLite in its own threads, PostgreSQL on its own connections, the same functions on both.

Every transaction is one plain function of a SQLAlchemy connection. On SQLite it is carried to a thread as a whole: a
hop per statement, as aiosqlite makes it, allows 270 clicks a second where this allows 1,200 (16 in flight, two cores).
On PostgreSQL it runs over asyncpg.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import QueuePool

from bot.store.writer import Writer

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

PRAGMAS = (
    "PRAGMA foreign_keys=ON",
    # With NORMAL a power cut may take back the last commits. That would not write anything twice (ids are ours), but
    # a write that the CRM holds would be pending again here and missing in history: so every commit reaches the disk.
    "PRAGMA synchronous=FULL",
)

Result = TypeVar("Result")
Work = Callable[[Connection], Result]

BUSY_TIMEOUT = 10.0  # seconds; longer than any write of ours, and another process's migration
READERS = 2  # threads; more only queue for Python's interpreter lock
POSTGRES_POOL = 10  # connections a process may hold; see the scaling page for the budget


class Database(Protocol):
    """Two databases, one promise: `work` happens whole or not at all."""

    async def read(self, work: Work[Result]) -> Result:
        """Run a function that only reads."""

    async def write(self, work: Work[Result]) -> Result:
        """Run a function in a transaction of its own; what it returns is durable when this returns."""

    async def close(self) -> None:
        """Let go of every connection and thread."""


def database(url: str) -> Database:
    """The database behind `DATABASE_URL` (product.md section 8); `ValueError` for one that we cannot use."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return SQLite(parsed)
        case "postgresql" | "postgres":
            return PostgreSQL(parsed)
        case other:
            raise ValueError(f"a database of kind {other} is not supported; use sqlite:/// or postgresql://")


class SQLite:
    """One file. One thread writes, so that tasks of this process never wait for each other's lock; others read."""

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:" or url.query.get("mode") == "memory":
            raise ValueError("SQLite needs a file, as in sqlite:///crm-bot.sqlite3: memory does not survive a restart")
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        plain = url.set(drivername="sqlite+pysqlite")
        # A transaction that reads first and writes later cannot wait for the lock: SQLite refuses it at once. So
        # whoever writes takes the lock when it begins.
        self._writer = Writer(_engine(plain, begin="BEGIN IMMEDIATE", connections=1))
        self._reader = _engine(plain, begin="BEGIN", connections=READERS)
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")

    async def read(self, work: Work[Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _within, self._reader, work)

    async def write(self, work: Work[Result]) -> Result:
        return await self._writer.write(work)

    async def close(self) -> None:
        await asyncio.to_thread(self._writer.close)
        self._threads.shutdown(wait=True)
        self._reader.dispose()


class PostgreSQL:
    """Any number of processes. READ COMMITTED: a conditional update looks at the row again after waiting for it."""

    def __init__(self, url: URL) -> None:
        # Only here: it imports SQLAlchemy's ORM, a sixth of all that a start on SQLite would import.
        from sqlalchemy.ext.asyncio import create_async_engine

        self._engine: AsyncEngine = create_async_engine(
            url.set(drivername="postgresql+asyncpg"),
            pool_size=POSTGRES_POOL,
            max_overflow=0,
            # A round trip more per transaction, so that no click fails for a connection that a restart of the
            # database has cut.
            pool_pre_ping=True,
        )

    async def read(self, work: Work[Result]) -> Result:
        async with self._engine.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            return await autocommit.run_sync(work)

    async def write(self, work: Work[Result]) -> Result:
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        await self._engine.dispose()


def _within(engine: Engine, work: Work[Result]) -> Result:
    with engine.begin() as connection:
        return work(connection)


def _engine(url: URL, *, begin: str, connections: int) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT},
    )

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _: Any) -> None:
        raw.isolation_level = None  # the driver must not begin transactions of its own
        for pragma in PRAGMAS:
            raw.execute(pragma)
        _write_ahead(raw)

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _write_ahead(raw: sqlite3.Connection) -> None:
    """Let readers and the writer not wait for each other; the file remembers it."""
    deadline = time.monotonic() + BUSY_TIMEOUT
    while raw.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            raw.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:  # "locked" comes at once here, without the busy timeout
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
