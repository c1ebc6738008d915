"""Proposals to try the store with."""

import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
from databases import PostgreSQLServer

from bot.changes import Change, FieldChange, Verb
from bot.models import Kind, TeamId, UserId
from bot.proposal import Proposal, Source, new_id
from bot.store import Sealing, Store

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """The test's clock."""
    return NOW


def make_proposal(**given: object) -> Proposal:
    """A pending proposal of a new note of its own, made at `NOW`, unless told otherwise."""
    change = Change(
        verb=Verb.CREATE,
        kind=Kind.NOTE,
        record_id=str(given.pop("record_id", uuid.uuid4())),
        name="Call with Ada",
        fields=(FieldChange("title", None, "Call with Ada"),),
    )
    values: dict[str, object] = {
        "id": new_id(),
        "team_id": TeamId("T1"),
        "change": change,
        "proposer": UserId("U1"),
        "created_at": NOW,
        "expires_at": NOW + timedelta(hours=24),
        "source": Source("C1", "1700000000.000100", "https://example.slack.com/archives/C1/p1"),
    }
    return Proposal(**(values | given))  # type: ignore[arg-type]


@pytest.fixture
def a_proposal() -> Callable[..., Proposal]:
    """Makes proposals that are not stored yet."""
    return make_proposal


@pytest.fixture
async def sqlite_store(sqlite_url: str) -> AsyncIterator[Store]:
    """A store on a SQLite file only."""
    opened = await Store.open(sqlite_url, Sealing())
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def shared_postgresql_url(postgresql_server: PostgreSQLServer) -> str:
    """A PostgreSQL database for a whole module that changes nothing in it."""
    return postgresql_server.new_database()
