"""Where transactions run: SQLite in this process, PostgreSQL on its own connections, the same functions on both.

Every transaction is one plain function of a connection, typed as SQLAlchemy's; what it executes are SQLAlchemy's
statements, but past SQLAlchemy (`bot.store.spelling`).
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection, make_url

Result = TypeVar("Result")
Work = Callable[[Connection], Result]


class Database(Protocol):
    """Two databases, one promise: `work` happens whole or not at all."""

    async def read(self, work: Work[Result]) -> Result:
        """Run a function that only reads."""

    async def write(self, work: Work[Result], *, alone: bool = False) -> Result:
        """Run a function in a transaction of its own; what it returns is durable when this returns.

        `alone`: on PostgreSQL it is a single statement, which needs no BEGIN and COMMIT around it. When the connection
        is cut, nobody may know whether it happened, and it is done again: so it must be one that does so no harm.
        """

    async def administer(self, work: Work[Result]) -> Result:
        """Run a function in a transaction on a real connection of SQLAlchemy's, as the migrations need it."""

    async def close(self) -> None:
        """Let go of every connection and thread."""


def database(url: str) -> Database:
    """The database behind `DATABASE_URL` (product.md section 8); `ValueError` for one that we cannot use."""
    parsed = make_url(url)
    # Imported here: neither pays for the other's driver and dialect.
    match parsed.get_backend_name():
        case "sqlite":
            from bot.store.sqlite import SQLite

            return SQLite(parsed)
        case "postgresql" | "postgres":
            from bot.store.postgresql import PostgreSQL

            return PostgreSQL(parsed)
        case other:
            raise ValueError(f"a database of kind {other} is not supported; use sqlite:/// or postgresql://")
