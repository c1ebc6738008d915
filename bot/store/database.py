"""Where transactions run: SQLite in this process, PostgreSQL on its own connections, the same functions on both.

Every transaction is one plain function of a connection, typed as SQLAlchemy's; what it executes are SQLAlchemy's
statements, but past SQLAlchemy (`bot.store.spelling`).
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, cast

from msgspec import Struct, field
from sqlalchemy import Connection, Executable, make_url
from sqlalchemy.exc import ArgumentError

from bot.store.spelling import Rows
from bot.store.unusable import Unusable

NO_ADDRESS = (
    "DATABASE_URL is no address like postgresql://user:password@host:5432/database; is its port a number, and is an @ "
    "in its password written as %40?"
)

Result = TypeVar("Result")
Work = Callable[[Connection], Result]


class Single(Struct, frozen=True):
    """Work that is one statement: on PostgreSQL it needs no BEGIN and COMMIT around it, and no greenlet (48 us of CPU).

    When the connection is cut, nobody may know whether it happened, and it is done again: so as a write it must be one
    that does so no harm. `otherwise` does the same where one statement cannot, on SQLite or in a larger transaction.
    """

    statement: Executable
    values: Mapping[str, Any] = field(default_factory=dict)
    otherwise: Work[Rows] | None = None

    def __call__(self, connection: Connection) -> Rows:
        """Do it on a connection of any kind."""
        if self.otherwise is not None:
            return self.otherwise(connection)
        return cast(Rows, connection.execute(self.statement, self.values))


class Database(Protocol):
    """Two databases, one promise: `work` happens whole or not at all."""

    async def read(self, work: Work[Result]) -> Result:
        """Run a function that only reads."""

    async def write(self, work: Work[Result]) -> Result:
        """Run a function in a transaction of its own; what it returns is durable when this returns."""

    async def administer(self, work: Work[Result]) -> Result:
        """Run a function in a transaction on a real connection of SQLAlchemy's, as the migrations need it."""

    async def close(self) -> None:
        """Let go of every connection and thread."""


def database(url: str) -> Database:
    """The database behind `DATABASE_URL` (product.md section 8); `Unusable` for one that we cannot use."""
    try:
        parsed = make_url(url)
    except (ValueError, ArgumentError):  # their texts hold parts of it
        raise Unusable(NO_ADDRESS) from None
    # Imported here: neither pays for the other's driver and dialect.
    match parsed.get_backend_name():
        case "sqlite":
            from bot.store.sqlite import SQLite

            return SQLite(parsed)
        case "postgresql" | "postgres":
            from bot.store.postgresql import PostgreSQL

            return PostgreSQL(parsed)
        case other:
            raise Unusable(f"A database of kind {other} is not supported; use sqlite:/// or postgresql://.")
