"""What leaves, what never may, what is sent again, and what is only known to have left."""

import asyncio

import httpx
import pytest
from crm_desk import Desk, new_id

from bot.crm import CRMs, Gateway, Pacer, http_client
from bot.crm.maton import Impassable, road
from bot.errors import (
    BotError,
    CredentialBroken,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from bot.models import ConnectionId, Kind
from bot.sandbox.twenty import FakeCRM, FakeMaton, samples

ID = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize("bad", ["", " ", "a b", "a\r\nX: y", "a/b", "ü", "a" * 129])
async def test_a_gateway_without_a_valid_connection_cannot_exist(bad: str) -> None:
    """There is no default and no fallback."""
    async with http_client(api_key="k", base_url="http://127.0.0.1:1") as http:
        with pytest.raises(ValueError, match="connection id"):
            Gateway(http, ConnectionId(bad), pacer=Pacer())


@pytest.mark.parametrize(
    ("method", "plural", "record_id", "restore"),
    [
        ("PATCH", "companies", None, False),
        ("PATCH", "companies", "", False),
        ("DELETE", "companies", None, False),
        ("DELETE", "companies", "", False),
        ("GET", "companies", "", False),
        ("GET", "companies", "../people", False),
        ("PATCH", "companies", "not-a-uuid", False),
        ("POST", "companies", ID, False),
        ("PUT", "companies", ID, False),
        ("POST", "workspaceMembers", None, False),
        ("PATCH", "workspaceMembers", ID, False),
        ("DELETE", "workflows", ID, False),
        ("GET", "webhooks", None, False),
        ("GET", "../connections", None, False),
        ("GET", "batch/companies", None, False),
        ("PATCH", "noteTargets", ID, True),
        ("POST", "notes", ID, True),
    ],
)
def test_there_is_no_road_to_where_the_bot_has_no_business(
    method: str, plural: str, record_id: str | None, restore: bool
) -> None:
    """An empty id above all: it would write to every record (twenty.md section 1.1)."""
    with pytest.raises(Impassable):
        road(method, plural, record_id, restore=restore)


async def test_a_restore_of_many_must_name_one(desk: Desk) -> None:
    """Nothing leaves without the filter for exactly one id."""
    gateway = desk.twenty._gateway
    for params in ({}, {"filter": ""}, {"filter": "id[is]:NOT_NULL"}, {"filter": f"id[eq]:{ID}", "limit": "1"}):
        with pytest.raises(Impassable):
            await gateway.write("PATCH", "notes", params=params, restore=True)
    assert desk.maton.log == []


async def test_every_request_carries_the_header_and_no_secret_of_ours(desk: Desk) -> None:
    """The exact name, a user agent, and nothing else that is custom (maton.md section 2 and 5)."""
    await desk.twenty.members()

    (sent,) = desk.maton.log
    assert sent.headers["Maton-Connection"] == desk.connection_id
    assert sent.headers["User-Agent"].startswith("crm-bot/")


async def test_two_teams_never_meet() -> None:
    """Under one key, each client reads its own team's CRM, also at the same time."""
    maton = FakeMaton()
    one = ConnectionId(maton.connect(FakeCRM("current", samples.acme())))
    two = ConnectionId(maton.connect(FakeCRM("current", samples.globex())))
    async with maton.serve() as url, http_client(api_key=maton.api_key, base_url=url) as http:
        crms = CRMs(http, pacer=Pacer(per_second=100))
        acme, globex = await asyncio.gather(crms.of(one).members(), crms.of(two).members())

    assert {each.values["email"] for each in globex} == {"gus@globex.example", "hana@globex.example"}
    assert not {each.id for each in acme} & {each.id for each in globex}
    assert {each.connection_id for each in maton.log} == {one, two}


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_read_is_tried_again(desk: Desk, status: int) -> None:
    """Once is enough when the second try gets through."""
    desk.maton.fault("status", status=status, retry_after="0.1", times=1)
    assert await desk.twenty.members()
    assert len(desk.maton.log) == 2


@pytest.mark.parametrize("name", ["lost_before", "lost_after", "html", "badjson"])
async def test_a_read_survives_a_lost_or_broken_answer(desk: Desk, name: str) -> None:
    """Reading again harms nobody."""
    desk.maton.fault(name, times=1)
    assert await desk.twenty.members()


@pytest.mark.parametrize("budget", [0.4])
async def test_a_read_gives_up_inside_its_budget(desk: Desk) -> None:
    """A CRM that hangs costs the time that the caller allows, and no more."""
    fault = desk.maton.fault("hang", times=None)
    with pytest.raises(Unavailable):
        await asyncio.wait_for(desk.twenty.members(), 3)
    fault.remove()
    fault.release()


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("name", "status"),
    [("lost_before", None), ("lost_after", None), ("status", 502), ("status", 503), ("status", 504), ("status", 500)],
)
async def test_a_write_without_an_answer_is_never_sent_again(
    desk: Desk, method: str, name: str, status: int | None
) -> None:
    """Not by us, not by the library below (which repeats a DELETE on a dropped connection by itself)."""
    note = desk.crm.all("notes")[0]["id"]
    await desk.twenty.members()  # a connection that is kept alive, as it mostly is
    desk.maton.fault(name, status=status, message="Oops", method=method, times=None)

    writes = {
        "POST": lambda: desk.twenty.create(Kind.NOTE, new_id(), {"title": "T"}),
        "PATCH": lambda: desk.twenty.update(Kind.NOTE, note, {"title": "T"}),
        "DELETE": lambda: desk.twenty.delete(Kind.NOTE, note),
    }
    with pytest.raises(OutcomeUnknown):
        await writes[method]()
    assert desk.sent(method) == 1


async def test_a_write_refused_for_its_rate_is_sent_again(desk: Desk) -> None:
    """A 429 was refused before anything was executed."""
    desk.maton.fault("status", status=429, retry_after="0.1", method="POST", times=1)
    record_id = new_id()

    made = await desk.twenty.create(Kind.NOTE, record_id, {"title": "T"})

    assert (made.id, desk.sent("POST")) == (record_id, 2)


async def test_a_rate_limit_that_lasts_is_told(desk: Desk) -> None:
    """With the time after which it makes sense to come back, once it is longer than a person waits."""
    desk.maton.fault("status", status=429, retry_after="90", times=None)
    with pytest.raises(RateLimited) as raised:
        await desk.twenty.find("acme")
    assert raised.value.retry_after >= 85


@pytest.mark.parametrize("budget", [0.2])
async def test_a_rate_limit_costs_nothing_of_the_time_for_faults(desk: Desk) -> None:
    """Lookups wait for it beyond their budget, a suggestion does not."""
    desk.maton.fault("status", status=429, retry_after="0.5", times=1)
    assert await desk.twenty.members()
    desk.maton.fault("status", status=429, retry_after="5", times=None)
    with pytest.raises(RateLimited):
        await asyncio.wait_for(desk.twenty.suggest("acme", (Kind.COMPANY,)), 1)


async def test_a_server_that_cannot_be_reached_is_unavailable_even_for_a_write() -> None:
    """Nothing left, so nothing was written."""
    async with http_client(api_key="k", base_url="http://127.0.0.1:9") as http:
        twenty = CRMs(http, budget=0.3).of(ConnectionId("c"))
        with pytest.raises(Unavailable):
            await twenty.create(Kind.NOTE, new_id(), {"title": "T"})


async def test_an_expired_credential_is_the_teams(desk: Desk) -> None:
    """500 while the connection stays ACTIVE (maton.md section 1); nothing was written."""
    desk.maton.fault("expired", path="/twenty/", times=None)
    with pytest.raises(CredentialBroken) as read:
        await desk.twenty.members()
    with pytest.raises(CredentialBroken) as write:
        await desk.twenty.create(Kind.NOTE, new_id(), {"title": "T"})

    assert (read.value.whose, write.value.whose) == ("team", "team")
    assert [ok for ok, _ in desk.health] == [False, False]


async def test_a_bare_500_is_believed_only_the_second_time(desk: Desk) -> None:
    """Once is a hiccup; twice, with a connection that Maton knows, is most often an expired credential."""
    desk.maton.fault("status", status=500, path="/twenty/", message="", times=1)
    assert await desk.twenty.members()
    assert desk.health == [(True, None)]  # nobody is alarmed by what the next try cured
    desk.maton.fault("status", status=500, path="/twenty/", message="Oops", times=None)
    with pytest.raises(CredentialBroken) as raised:
        await desk.twenty.find("acme")
    assert raised.value.whose == "team"
    assert [ok for ok, _ in desk.health[1:]] == [False] * 3


async def test_the_next_step_is_the_command_as_the_operator_called_it(desk: Desk) -> None:
    """`SLACK_COMMAND` may be another than /crm; whoever reads the sentence must be able to type what it says."""
    renamed = CRMs(desk.crms._http, pacer=desk.crms._pacer, command="/sales").of(desk.connection_id)
    desk.maton.fault("expired", path="/twenty/", times=None)
    with pytest.raises(CredentialBroken, match="reconnect it with /sales connect"):
        await renamed.members()
    desk.maton.clear_faults()
    desk.maton.fault("status", status=500, path="/twenty/", message="Oops", times=None)
    with pytest.raises(CredentialBroken, match="If it lasts, an admin can reconnect it with /sales connect"):
        await renamed.find("acme")


async def test_a_deleted_connection_is_a_dead_binding(desk: Desk) -> None:
    """Whatever status Maton answers with."""
    for status in (400, 403, 404, 412):
        desk.maton.connections.unknown_status = status
        if desk.maton.connections.listed():
            desk.maton.connections.delete(desk.connection_id)
        with pytest.raises(CredentialBroken) as raised:
            await desk.twenty.find("acme")
        assert raised.value.whose == "binding"


async def test_the_operators_key_is_told_from_the_teams_connection(desk: Desk) -> None:
    """The same 401, and Maton refuses its own route too."""
    desk.maton.api_key = "another"
    with pytest.raises(CredentialBroken) as raised:
        await desk.twenty.find("acme")
    assert raised.value.whose == "operator"


async def test_a_record_that_is_missing_is_a_sign_of_health(desk: Desk) -> None:
    """A refusal by Twenty proves that the road is open; each request is counted once."""
    with pytest.raises(NotFound):
        await desk.twenty.read(Kind.NOTE, new_id())
    assert desk.health == [(True, None)]
    assert desk.metrics == [("GET", "NotFound")]


async def test_equal_reads_share_one_request(desk: Desk) -> None:
    """Ten who ask the same at the same time cost one request; one who stops waiting disturbs nobody."""
    gate = desk.maton.fault("delay", seconds=0.2, times=1)
    company = desk.crm.all("companies")[0]["id"]
    asks = [asyncio.create_task(desk.twenty.read(Kind.COMPANY, company)) for _ in range(10)]
    await asyncio.sleep(0)
    asks[0].cancel()
    gate.release()
    answers = await asyncio.gather(*asks, return_exceptions=True)

    assert len(desk.maton.log) == 1
    assert sum(not isinstance(each, BaseException) for each in answers) == 9


async def test_a_read_after_a_write_does_not_join_an_older_flight(desk: Desk) -> None:
    """Who has just written sees what was written."""
    note = desk.crm.all("notes")[0]["id"]
    fault = desk.maton.fault("hang", method="GET", times=1)
    old = asyncio.create_task(desk.twenty.read(Kind.NOTE, note))
    while desk.maton._faults:  # noqa: ASYNC110 -- until the read hangs
        await asyncio.sleep(0.005)
    await desk.twenty.update(Kind.NOTE, note, {"title": "New"})

    assert (await desk.twenty.read(Kind.NOTE, note)).name == "New"
    fault.release()
    await old


async def test_refusals_are_no_reason_to_try_again(desk: Desk) -> None:
    """A refusal stays a refusal."""
    desk.crm.denied.add(("GET", "company"))
    with pytest.raises(Refused):
        await desk.twenty.read(Kind.COMPANY, new_id())
    assert len(desk.maton.log) == 1


def test_a_dropped_connection_is_not_taken_for_one_that_was_never_made() -> None:
    """The aiohttp transport reports it as a connect timeout; its cause tells the truth."""
    import aiohttp

    from bot.crm.maton import never_left

    dropped = httpx.ConnectTimeout("dropped")
    dropped.__cause__ = aiohttp.ServerDisconnectedError()
    timed_out = httpx.ConnectTimeout("no route")
    timed_out.__cause__ = aiohttp.ConnectionTimeoutError()

    assert not never_left(dropped)
    assert never_left(timed_out)
    assert issubclass(OutcomeUnknown, BotError)
