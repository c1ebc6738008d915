"""The account at Maton: making, seeing and ending connections, whatever shape the answers have."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.crm import Connection, Maton, http_client
from bot.crm.connections import safe_connect_url
from bot.errors import CredentialBroken, NotFound, OutcomeUnknown
from bot.models import ConnectionId
from bot.sandbox.twenty import FakeCRM, FakeMaton


@pytest.fixture
async def pair() -> AsyncIterator[tuple[FakeMaton, Maton]]:
    """The fake and our client for it."""
    fake = FakeMaton()
    async with fake.serve() as url, http_client(api_key=fake.api_key, base_url=url) as http:
        yield fake, Maton(http, connect_host=httpx.URL(url).netloc.decode())


@pytest.mark.parametrize("shape", ["connection_id", "connection_Id", "connection"])
async def test_a_connection_is_made_whatever_the_answer_calls_it(pair: tuple[FakeMaton, Maton], shape: str) -> None:
    """Then seen as PENDING with its link, and ACTIVE once completed."""
    fake, maton = pair
    fake.creation_key = shape

    made = await maton.create()
    assert (made.status, made.is_active) == ("PENDING", False)
    assert "session_token=" in made.connect_url
    fake.complete(made.id, FakeCRM())
    assert (await maton.get(made.id)).is_active


async def test_ending_a_connection_twice_is_as_good_as_once(pair: tuple[FakeMaton, Maton]) -> None:
    """404 means already gone."""
    _, maton = pair
    made = await maton.create()
    await maton.delete(made.id)
    await maton.delete(made.id)
    with pytest.raises(NotFound):
        await maton.get(made.id)


async def test_a_refused_key_is_the_operators(pair: tuple[FakeMaton, Maton]) -> None:
    """On Maton's own routes it can be nobody else's."""
    fake, maton = pair
    await maton.check_key()
    fake.api_key = "another"
    with pytest.raises(CredentialBroken) as raised:
        await maton.check_key()
    assert raised.value.whose == "operator"


async def test_a_lost_creation_is_not_repeated(pair: tuple[FakeMaton, Maton]) -> None:
    """Each one leaves a connection behind."""
    fake, maton = pair
    fake.fault("lost_after", method="POST")
    with pytest.raises(OutcomeUnknown):
        await maton.create()
    assert len(fake.pending()) == 1


async def test_an_unknown_status_means_not_usable(pair: tuple[FakeMaton, Maton]) -> None:
    """Only ACTIVE is."""
    fake, maton = pair
    made = await maton.create()
    fake.set_status(made.id, "SLEEPING")
    assert not (await maton.get(made.id)).is_active


async def test_an_id_that_is_none_never_leaves(pair: tuple[FakeMaton, Maton]) -> None:
    """It would become part of a path."""
    fake, maton = pair
    with pytest.raises(ValueError, match="connection id"):
        await maton.delete(ConnectionId("../x"))
    assert fake.log == []


def test_a_link_is_not_in_a_connections_repr() -> None:
    """It is a secret, and reprs end in logs."""
    assert "secret" not in repr(Connection(id=ConnectionId("c"), status="ACTIVE", connect_url="https://x/?secret"))


@pytest.mark.parametrize(
    ("url", "host", "safe"),
    [
        ("https://connect.maton.ai/?session_token=a", "connect.maton.ai", True),
        ("https://CONNECT.maton.ai/?session_token=a", "connect.maton.ai", True),
        ("http://connect.maton.ai/", "connect.maton.ai", False),
        ("https://evil.example/?x=connect.maton.ai", "connect.maton.ai", False),
        ("https://connect.maton.ai.evil.example/", "connect.maton.ai", False),
        ("https://connect.maton.ai@evil.example/", "connect.maton.ai", False),
        ("https://user:p@connect.maton.ai/", "connect.maton.ai", False),
        ("javascript:alert(1)", "connect.maton.ai", False),
        ("https://connect.maton.ai/|x>", "connect.maton.ai", False),
        ("https://connect.maton.ai:99999/", "connect.maton.ai", False),
        ("http://127.0.0.1:8080/connect?session_token=a", "127.0.0.1", True),
        ("http://127.0.0.1:8080/connect?session_token=a", "127.0.0.1:8080", True),
        ("http://127.0.0.1:8080/connect?session_token=a", "127.0.0.1:8081", False),
        ("", "connect.maton.ai", False),
    ],
)
def test_a_connect_link_leads_where_it_should(url: str, host: str, safe: bool) -> None:
    """Https and the configured host; http only to a loopback host that was configured."""
    assert safe_connect_url(url, host=host) == (url if safe else "")
