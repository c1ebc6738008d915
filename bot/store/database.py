"""Where transactions run: the same functions on SQLite in this process and on PostgreSQL, on its own connections.

Every transaction is one plain function of a connection, typed as SQLAlchemy's; what it executes are SQLAlchemy's
statements, but past SQLAlchemy (`bot.store.spelling`).
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, cast

from msgspec import Struct, field
from sqlalchemy import Connection, Executable

from bot.store.spelling import Rows

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
