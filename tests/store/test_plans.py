"""No query of the store reads a whole table, however much is stored."""

import re

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from bot.store import Sealing, Store, cards, connections, history, inbox, installations, listings, retention, standing
from bot.store import proposal_statements as sql

ASYNCPG = PGDialect_asyncpg()

STATEMENTS = {
    "get": sql.GET,
    "claim": sql.CLAIM,
    "finish": sql.FINISH,
    "release": sql.RELEASE,
    "rebase": sql.REBASE,
    "unknown": sql.FIRST_UNKNOWN,
    "renew": sql.RENEW,
    "take abandoned": sql.TAKE_ABANDONED,
    "cancel": sql.CANCEL,
    "expire": sql.EXPIRE,
    "supersede": sql.SUPERSEDE,
    "void": sql.VOID,
    "tell anew": sql.TELL_ANEW,
    "taken back": sql.TAKEN_BACK,
    "open of a person": sql.OPEN_OF,
    "pending of others": sql.PENDING_OF_OTHERS,
    "open on a record": sql.OPEN_ON,
    "open of a person on a record": sql.OPEN_OF_ON,
    "create of a record": sql.CREATE_OF,
    "open creates": sql.OPEN_CREATES,
    "saved from a message": sql.SAVED_FROM,
    "undos": sql.UNDOS_OF,
    "cards of a proposal": cards.OF_PROPOSAL,
    "stale cards": cards.TAKE_STALE,
    "settle one": cards.SETTLE_ONE,
    "a proposal and its cards": cards.WITH_CARDS,
    "what a decision hangs on": standing.AT_STAKE,
    "settle due": cards.SETTLE_DUE,
    "drop over": cards.DROP_OVER,
    "history of a team": history.OF_TEAM,
    "history of a record": history.OF_RECORD,
    "history of a person": history.OF_PERSON,
    "what was called so lately": history.CALLED_LATELY,
    "ends of proposals": history.ENDS,
    "fields of proposals": history.TOUCHED,
    "old history": history.DELETE_OLD,
    "connection": connections.GET,
    "connections that work": connections.FARING,
    "connections that go on working": connections.ALL_SUCCEED,
    "installation": installations.FIND,
    "the install that serves a team": installations.SERVING,
    "listing": listings.GET,
    "unanswered clicks": inbox.TAKE,
    "old proposals": retention.OLD_PROPOSALS,
    "old listings": retention.OLD_LISTINGS,
    "old events": retention.OLD_EVENTS,
}

IN_ONE = {"finish, with its cards": sql.FINISH.shown, "shown and settled": cards.SHOWN_AND_SETTLED}
"""What SQLite does in several statements."""

BOUNDED = ("SCAN due", "SCAN stale", "SCAN lately")
"""What an index has found before, as far as its limit goes."""


def spelled(statement, dialect) -> str:
    """The statement as the database gets it, with an example for a list of ids."""
    return re.sub(r"\(__\[POSTCOMPILE_\w+\]\)", "('x')", str(statement.compile(dialect=dialect)))


def in_postgresql(statement) -> str:
    """The statement with example values: PostgreSQL plans with them, and takes none in an EXPLAIN."""
    numbers = re.sub(r"\$\d+::(BIGINT|INTEGER)|(?<=LIMIT )\$\d+|(?<=OFFSET )\$\d+", "3", spelled(statement, ASYNCPG))
    return re.sub(r"\$\d+(::\w+)?", "'x'", re.sub(r"(LIMIT|OFFSET) \$\d+::\w+", r"\1 3", numbers))


@pytest.mark.parametrize("name", STATEMENTS)
async def test_sqlite_searches_by_index(sqlite_store: Store, name: str):
    """SQLite searches each table by an index, never scans one."""
    explain = "EXPLAIN QUERY PLAN " + spelled(getattr(STATEMENTS[name], "move", STATEMENTS[name]), sqlite.dialect())
    nothing = (None,) * explain.count("?")

    plan = await sqlite_store._database.read(lambda c: [row[3] for row in c.exec_driver_sql(explain, nothing)])

    assert plan
    assert [step for step in plan if step.startswith("SCAN") and step not in BOUNDED] == []


@pytest.mark.parametrize("name", STATEMENTS | IN_ONE)
async def test_postgresql_has_an_index(shared_postgresql_url: str, name: str):
    """With scans forbidden PostgreSQL finds an index for each table: none is missing."""
    statement = (STATEMENTS | IN_ONE)[name]

    def plan(connection):
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        return [
            row[0]
            for row in connection.exec_driver_sql("EXPLAIN " + in_postgresql(getattr(statement, "told", statement)))
        ]

    store = await Store.open(shared_postgresql_url, Sealing())
    steps = await store._database.write(plan)
    await store.close()
    assert [step for step in steps if "Seq Scan" in step] == []
