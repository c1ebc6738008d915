"""Story tests start the whole house."""

from collections.abc import AsyncIterator

import pytest

from tests.house import House, house


@pytest.fixture(params=["current", "base", "documented"])
async def home(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[House]:
    """The house, once in front of each dialect of the CRM."""
    async with house(sqlite_url, profile=request.param) as running:
        yield running


@pytest.fixture
async def one_home(sqlite_url: str) -> AsyncIterator[House]:
    """The house in front of the current dialect."""
    async with house(sqlite_url) as running:
        yield running
