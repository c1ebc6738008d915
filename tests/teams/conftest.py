"""Tests of teams start a street of workspaces, on SQLite unless they say otherwise."""

from collections.abc import AsyncIterator

import pytest

from tests.teams.street import Street, street


@pytest.fixture
async def town(sqlite_url: str) -> AsyncIterator[Street]:
    """A bot for many workspaces that nobody has installed yet."""
    async with street(sqlite_url) as running:
        yield running
