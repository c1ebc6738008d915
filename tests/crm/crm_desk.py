"""A fake Maton with a CRM of every dialect behind it, and our client in front, over real sockets."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest

from bot.crm import CRMs, Hooks, Pacer, Twenty, http_client
from bot.errors import BotError
from bot.models import ConnectionId
from bot.sandbox.twenty import FakeCRM, FakeMaton, samples

PROFILES = ("current", "base", "documented")
Fast = Callable[..., Pacer]


def new_id() -> str:
    return str(uuid4())


@dataclass
class Desk:
    """One team's client, the CRM it speaks to, and what it was told in passing."""

    maton: FakeMaton
    crm: FakeCRM
    twenty: Twenty
    crms: CRMs
    connection_id: ConnectionId
    health: list[tuple[bool, BotError | None]]
    metrics: list[tuple[str, str]]

    @contextmanager
    def at_most(self, requests: int) -> Iterator[None]:
        """Fail when the block sends more requests than this."""
        before = len(self.maton.log)
        yield
        sent = [f"{each.method} {each.path} {dict(each.query)}" for each in self.maton.log[before:]]
        assert len(sent) <= requests, sent

    def sent(self, method: str, path: str = "") -> int:
        """How many such requests arrived."""
        return sum(each.method == method and path in each.path for each in self.maton.log)


@pytest.fixture
def profile() -> str:
    """The CRM's dialect; tests parametrise it."""
    return "current"


@pytest.fixture
def crm(profile: str) -> FakeCRM:
    """The CRM behind the connection."""
    return FakeCRM(profile, samples.acme())


@pytest.fixture
def budget() -> float:
    """Seconds for what is tried again."""
    return 3.0


@pytest.fixture
async def desk(crm: FakeCRM, budget: float) -> AsyncIterator[Desk]:
    """A client that need not be slow; every request that reached a CRM named this connection."""
    maton = FakeMaton()
    connection_id = ConnectionId(maton.connect(crm))
    health: list[tuple[bool, BotError | None]] = []
    metrics: list[tuple[str, str]] = []
    hooks = Hooks(
        on_health=lambda _, ok, error: health.append((ok, error)),
        on_request=lambda method, outcome, seconds: metrics.append((method, outcome)),
    )
    async with maton.serve() as url, http_client(api_key=maton.api_key, base_url=url) as http:
        crms = CRMs(http, pacer=Pacer(per_second=1000, per_minute=10_000), hooks=hooks, budget=budget)
        yield Desk(maton, crm, crms.of(connection_id), crms, connection_id, health, metrics)
    named = {each.connection_id for each in maton.log if each.path.startswith("/twenty/")}
    assert named <= {connection_id}
    assert maton.surprises == []
