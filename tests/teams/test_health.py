"""How connections fare is written down seldom, together, and in the order in which it happened."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errands import Errands
from bot.errors import CredentialBroken
from bot.models import ConnectionId, TeamId, UserId
from bot.store import Sealing, Store
from bot.teams.health import NOTED_EVERY, Health, Write

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACME = ConnectionId("c-acme")


class Clinic:
    """A store with one bound connection, its health, what was told, and a clock."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.told: list[str] = []
        self.now = NOW
        self.errands = Errands()
        self.health = Health(store=store, errands=self.errands, tell=self._tell, command="/crm", now=lambda: self.now)

    async def _tell(self, team: TeamId, connected_by: str, write: Write) -> None:
        self.told.append(write("UTC").text)

    async def breaks(self) -> None:
        self.health.seen(ACME, False, CredentialBroken("The key has expired.", whose="team"))
        await self.errands.drain(seconds=5)

    async def works(self) -> None:
        self.health.seen(ACME, True, None)
        await self.errands.drain(seconds=5)
        await self.health.write_down()

    async def last_success(self) -> datetime | None:
        return (await self.store.connections.connection(TeamId("T1"))).last_success


@pytest.fixture
async def clinic(sqlite_url: str):
    """One team, connected by a person."""
    store = await Store.open(sqlite_url, Sealing([]))
    await store.connections.bind(TeamId("T1"), ACME, by=UserId("U1"), crm_name="Acme CRM", now=NOW)
    yield Clinic(store)
    await store.close()


async def test_a_success_is_written_down_seldom(clinic: Clinic):
    """Successes soon after one that was written down leave the row alone."""
    for seconds in (0, 30, NOTED_EVERY - 1):
        clinic.now = NOW + timedelta(seconds=seconds)
        await clinic.works()
    assert await clinic.last_success() == NOW
    clinic.now = NOW + timedelta(seconds=NOTED_EVERY)
    await clinic.works()
    assert await clinic.last_success() == clinic.now


async def test_a_break_is_not_undone_by_the_success_before_it(clinic: Clinic):
    """It worked, it broke, and only then successes are written down: it is broken, and nobody hears otherwise."""
    clinic.health.seen(ACME, True, None)
    clinic.now += timedelta(seconds=1)
    await clinic.breaks()
    await clinic.health.write_down()
    assert len(clinic.told) == 1
    assert (await clinic.store.connections.connection(TeamId("T1"))).broken_since == clinic.now

    clinic.health.seen(ConnectionId("c-other"), True, None)
    clinic.now += timedelta(seconds=1)
    await clinic.works()
    assert "works again" in clinic.told[-1]
    assert len(clinic.told) == 2
