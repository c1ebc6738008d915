"""Where transactions run: SQLite in this process, PostgreSQL on its own connections, the same functions on both.

Every transaction is one plain function of a SQLAlchemy connection. On SQLite a write is carried to a thread as a whole,
since a commit waits for the disk: a hop per statement, as aiosqlite makes it, allows 270 clicks a second where this
allows 1,200 (16 in flight, two cores). A read is done where it is asked. On PostgreSQL both run over asyncpg.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
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
POSTGRES_POOL = 10  # connections a process may hold, half of them for reads; see the scaling page for the budget
PINGED_AFTER = 30.0
"""Seconds without use after which a connection is tried before it is used. Before, it is enough that nobody has closed
it, which is known without asking: a ping per transaction is a third of a read's cost."""


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
    """One file. One thread writes, so that tasks of this process never wait for each other's lock.

    Reads happen on the event loop itself: with write-ahead logging they wait for nobody, all are served by an index,
    and a hop to a thread and back costs twice as much as the read (0.35 ms of CPU and 0.54 ms in all, 0.12 so).
    """

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:" or url.query.get("mode") == "memory":
            raise ValueError("SQLite needs a file, as in sqlite:///crm-bot.sqlite3: memory does not survive a restart")
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        plain = url.set(drivername="sqlite+pysqlite")
        # A transaction that reads first and writes later cannot wait for the lock: SQLite refuses it at once. So
        # whoever writes takes the lock when it begins.
        self._writer = Writer(_engine(plain, begin="BEGIN IMMEDIATE", connections=1))
        self._reader = _engine(plain, begin="BEGIN", connections=1)
        self._reading: Connection | None = None

    async def read(self, work: Work[Result]) -> Result:
        if self._reading is None:
            self._reading = self._reader.connect()
        with self._reading.begin():
            return work(self._reading)

    async def write(self, work: Work[Result]) -> Result:
        return await self._writer.write(work)

    async def close(self) -> None:
        await asyncio.to_thread(self._writer.close)
        if self._reading is not None:
            self._reading.close()
        self._reader.dispose()


class PostgreSQL:
    """Any number of processes. READ COMMITTED: a conditional update looks at the row again after waiting for it."""

    def __init__(self, url: URL) -> None:
        self._writer = _pool(url)
        # Reads are single statements: without BEGIN and ROLLBACK around each, one round trip instead of three.
        self._reader = _pool(url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)

    async def read(self, work: Work[Result]) -> Result:
        try:
            return await self._once(self._reader, work)
        except _Cut:
            return await self._once(self._reader, work)

    async def write(self, work: Work[Result]) -> Result:
        try:
            return await self._once(self._writer, work)
        except _Cut:
            return await self._once(self._writer, work)

    async def _once(self, engine: "AsyncEngine", work: Work[Result]) -> Result:
        """One transaction; `_Cut` when the connection was lost before anything of it can have been committed."""
        async with engine.begin() as connection:
            try:
                return await connection.run_sync(work)
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise _Cut from error
                raise

    async def close(self) -> None:
        await self._reader.dispose()
        await self._writer.dispose()


class _Cut(Exception):
    """The database closed the connection while it lay in the pool, and this was noticed only by using it."""


def _pool(url: URL, **options: Any) -> "AsyncEngine":
    # Only here: it imports SQLAlchemy's ORM, a sixth of all that a start on SQLite would import.
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(
        url.set(drivername="postgresql+asyncpg"), pool_size=POSTGRES_POOL // 2, max_overflow=0, **options
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def still_open(raw: Any, record: Any, _: Any) -> None:
        """No click fails for a connection that a restart of the database has cut: the pool makes another."""
        idle = time.monotonic() - record.info.get("used_at", 0.0)
        if raw.driver_connection.is_closed() or (idle > PINGED_AFTER and not _answers(engine.sync_engine, raw)):
            raise DisconnectionError

    @event.listens_for(engine.sync_engine, "checkin")
    def used(_: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    return engine


def _answers(engine: Engine, raw: Any) -> bool:
    try:
        return bool(engine.dialect.do_ping(raw))
    except engine.dialect.loaded_dbapi.Error:
        return False


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
        # Past SQLAlchemy, whose execution of a statement costs several times this statement.
        cast(sqlite3.Connection, connection.connection.driver_connection).execute(begin)

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
