"""Opening a database: it is migrated, by any number of processes at once; what cannot be used is said."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from databases import PostgreSQLServer
from sqlalchemy import make_url

from bot.store import Sealing, Store, Unusable, broke
from bot.store import migrate as migrating
from bot.store.opening import database
from bot.store.tables import metadata

OPEN = """
import asyncio, sys
from bot.store import Sealing, Store, Unusable, broke

async def main():
    store = await Store.open(sys.argv[1], Sealing())
    await store.ready()
    await store.close()

asyncio.run(main())
"""


async def start(program: str, url: str) -> asyncio.subprocess.Process:
    """A process of its own that runs the program on a database."""
    return await asyncio.create_subprocess_exec(sys.executable, "-c", program, url, stderr=asyncio.subprocess.PIPE)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path) -> str:
    """A database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'deep' / 'empty.sqlite3'}"
    server: PostgreSQLServer = request.getfixturevalue("postgresql_server")
    return server.new_database(template="template1")


async def test_the_migrations_make_the_tables(store: Store):
    """A migrated database has exactly the tables, columns and indexes of the metadata."""

    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    assert await store._database.administer(differences) == []


async def test_the_partial_indexes_are_as_the_tables_say(sqlite_store: Store) -> None:
    """Which rows each of them holds is what the statements that are to use it ask for."""
    made = await sqlite_store._database.read(
        lambda connection: dict(connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql <> ''").all())
    )
    partial = {each.name: str(each.info["where"]) for t in metadata.sorted_tables for each in t.indexes if each.info}

    assert len(partial) == 8
    for name, condition in partial.items():
        assert made[name].endswith(f"WHERE {condition}")
    assert sum(" WHERE " in sql for name, sql in made.items() if "CREATE INDEX" in sql) == len(partial)


def test_the_newest_migration_is_named_where_a_start_looks():
    """`HEAD` is Alembic's own idea of the newest migration."""
    directory = Path(migrating.__file__).parent / "migrations"
    assert ScriptDirectory(str(directory)).get_current_head() == migrating.HEAD


async def test_several_processes_may_start_at_once(empty_url: str):
    """Three processes open the same empty database at the same time; all succeed."""
    processes = [await start(OPEN, empty_url) for _ in range(3)]
    errors = [(await process.communicate())[1] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], errors
    store = await Store.open(empty_url, Sealing())
    assert await store.proposals.open_counts() == {}
    await store.close()


async def test_a_start_that_has_nothing_to_do_does_not_import_alembic(database_url: str):
    """Opening a current database is quick: Alembic is not even imported."""
    check = OPEN + "\nassert not any(name.startswith('alembic') for name in sys.modules)\n"
    process = await start(check, database_url)
    _, errors = await process.communicate()
    assert process.returncode == 0, errors


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("mysql://host/db", "not supported"),
        ("postgresql://user:secret@host:port/db", "is its port a number"),
        ("postgresql://user:secret@host/db?channel_binding=require", "not know: channel_binding"),
    ],
)
def test_what_cannot_be_used_is_said(url: str, says: str):
    """A database in memory, of another kind, or at an address that is none, is refused in words, without a secret."""
    with pytest.raises(Unusable, match=says) as refused:
        database(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"database": "nobody_made_it"}, "no database of that name"),
        ({"username": "nobody"}, "does not accept this user"),
        ({"query": {"host": "/nowhere"}}, "not there"),
        ({"host": "127.0.0.1", "port": 9, "query": {}}, "nothing answers at its host and port"),
        ({"host": "no.such.invalid", "query": {}}, "host is not known"),
    ],
)
async def test_a_server_that_cannot_be_used_is_said(postgresql_url: str, changed: dict[str, Any], says: str):
    """Whatever the driver raises, an operator is told what to look at, and no password."""
    url = make_url(postgresql_url).set(password="secret").set(**changed).render_as_string(hide_password=False)
    with pytest.raises(Unusable, match=says) as refused:
        await Store.open(url, Sealing())
    assert "secret" not in str(refused.value)


async def test_a_servers_address_as_hosts_hand_it_out(postgresql_url: str):
    """`sslmode`, which others know, is understood: in an address with it, too, the tables are made and used."""
    store = await Store.open(f"{postgresql_url}&sslmode=prefer", Sealing())
    assert await store.proposals.open_counts() == {}
    await store.close()
    with pytest.raises(Unusable, match="parameter has a wrong value"):
        await Store.open(f"{postgresql_url}&sslmode=bogus", Sealing())


async def test_a_file_that_cannot_be_used_is_said(tmp_path: Path):
    """A directory, a file of another kind, and a place where nothing can be made."""
    (tmp_path / "text").write_text("no database at all, but a text of some length")
    for where, says in ((tmp_path, "directory"), (tmp_path / "text", "something else"), ("/proc/a/b", "not there")):
        with pytest.raises(Unusable, match=says):
            await Store.open(f"sqlite:///{where}", Sealing())


async def test_a_database_that_is_away_is_not_ready(postgresql_server: PostgreSQLServer):
    """Readiness fails when the database does not answer, and returns when it does."""
    url = postgresql_server.new_database()
    store = await Store.open(url, Sealing())
    await store.ready()
    name = url.split("/")[3].split("?")[0]
    postgresql_server.server.psql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false;")
    postgresql_server.server.psql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid();"
    )

    for _ in range(2):
        with pytest.raises(Exception, match=r"not currently accepting|terminat|closed"):
            await store.ready()
    postgresql_server.server.psql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true;")
    await store.ready()
    await store.close()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ConnectionRefusedError(111, "refused"), "a sweep broke: the database cannot be used: nothing answers"),
        (asyncpg.CannotConnectNowError("starting up"), "a sweep broke: the database cannot be used: it is starting"),
        (KeyError("ours"), "a sweep broke"),
    ],
)
def test_a_database_that_is_away_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture, error: Exception, says: str):
    """Every process asks it every second: only what nobody foresaw comes with a trace."""
    broke(logging.getLogger("bot"), "a sweep broke", error)

    (record,) = caplog.records
    assert record.getMessage().startswith(says)
    assert bool(record.exc_info) is isinstance(error, KeyError)
