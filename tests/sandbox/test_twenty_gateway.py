"""The fake Maton on a real socket: keys, connections, faults and the log (maton.md)."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from twenty_fixtures import NOWHERE, company

from bot.sandbox.twenty import Exchange, FakeCRM, FakeMaton, RecordChanged

KEY = {"Authorization": "Bearer maton-test-key"}


@dataclass
class Wire:
    """A client in front of a running gateway, with one connected CRM."""

    maton: FakeMaton
    crm: FakeCRM
    connection: str
    http: httpx.AsyncClient

    async def rest(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Maton-Connection": self.connection, **options.pop("headers", {})}
        return await self.http.request(method, f"/twenty/rest{path}", headers=headers, **options)


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """One gateway, one CRM, one client."""
    maton, crm = FakeMaton(), FakeCRM()
    connection = maton.connect(crm)
    async with maton.serve() as url, httpx.AsyncClient(base_url=url, headers=KEY, timeout=5) as http:
        yield Wire(maton, crm, connection, http)


async def until(fact: Callable[[], bool]) -> None:
    """Let the loop turn until a fact holds."""
    async with asyncio.timeout(5):
        while not fact():  # noqa: ASYNC110 -- facts of a fake have no event
            await asyncio.sleep(0)


async def test_a_request_reaches_the_connected_crm(wire: Wire) -> None:
    """The header names the connection, the connection is the CRM."""
    made = await wire.rest("POST", "/companies", json={"name": "Acme"})
    assert made.status_code == 201
    assert made.headers["X-Request-Id"]
    listed = await wire.rest("GET", "/companies", params={"filter": 'name[ilike]:"%acme%"'})
    assert listed.json()["totalCount"] == 1
    assert [each["name"] for each in wire.crm.all("companies")] == ["Acme"]


@pytest.mark.parametrize("key", ["Bearer wrong", "maton-test-key", ""])
async def test_a_wrong_key_is_refused(wire: Wire, key: str) -> None:
    """Maton wants exactly its key."""
    assert (await wire.rest("GET", "/companies", headers={"Authorization": key})).status_code == 401
    assert (await wire.http.get("/connections", headers={"Authorization": key})).status_code == 401


async def test_without_a_connection_the_oldest_one_answers(wire: Wire) -> None:
    """A forgotten, misspelt or doubled header leaks the first customer's CRM, and the log shows it."""
    company(wire.crm, "First customer")
    second = wire.maton.connect(FakeCRM())
    doubled = [("Maton-Connection", second), ("Maton-Connection", second)]
    for headers in ({}, {"Maton_Connection": second}, doubled):
        answer = await wire.http.get("/twenty/rest/companies", headers=headers)
        assert answer.json()["totalCount"] == 1
    assert [each.connection_id for each in wire.maton.log] == [None, None, None]


async def test_without_any_connection(wire: Wire) -> None:
    """No ACTIVE connection at all is a 400 of Maton's."""
    await wire.http.delete(f"/connections/{wire.connection}")
    assert (await wire.http.get("/twenty/rest/companies")).status_code == 400


async def test_named_connections_that_do_not_work(wire: Wire) -> None:
    """Unknown, deleted and PENDING connections are refused, each with a status that can be chosen."""
    pending = (await wire.http.post("/connections", json={"app": "twenty"})).json()["connection_id"]
    assert (await wire.rest("GET", "/notes", headers={"Maton-Connection": "nobody"})).status_code == 404
    assert (await wire.rest("GET", "/notes", headers={"Maton-Connection": pending})).status_code == 412
    wire.maton.connections.unknown_status = 403
    await wire.http.delete(f"/connections/{wire.connection}")
    assert (await wire.rest("GET", "/notes")).status_code == 403


async def test_the_life_of_a_connection(wire: Wire) -> None:
    """Made PENDING with a link, ACTIVE when completed, gone when deleted, and 404 from then on."""
    made = (await wire.http.post("/connections", json={"app": "twenty"})).json()
    assert list(made) == ["connection_id"]
    path = f"/connections/{made['connection_id']}"
    shown = (await wire.http.get(path)).json()["connection"]
    assert (shown["status"], shown["app"], shown["metadata"]) == ("PENDING", "twenty", {})
    wire.maton.complete(made["connection_id"], FakeCRM())
    assert (await wire.http.get(path)).json()["connection"]["status"] == "ACTIVE"
    assert (await wire.http.delete(path)).json() == {}
    assert (await wire.http.delete(path)).status_code == 404
    assert (await wire.http.get(path)).status_code == 404


async def test_connections_are_listed_by_app_and_status(wire: Wire) -> None:
    """The list can be narrowed."""
    await wire.http.post("/connections", json={"app": "twenty"})
    await wire.http.post("/connections", json={"app": "slack"})

    async def count(**params: str) -> int:
        return len((await wire.http.get("/connections", params=params)).json()["connections"])

    assert await count() == 3
    assert await count(app="twenty") == 2
    assert await count(app="twenty", status="ACTIVE") == 1
    assert await count(limit="1") == 1


@pytest.mark.parametrize("key", ["connection_id", "connection_Id", "connection"])
async def test_the_spellings_of_a_new_connections_id(wire: Wire, key: str) -> None:
    """The answer to a creation can be spelt in each reported way."""
    wire.maton.creation_key = key
    assert list((await wire.http.post("/connections", json={"app": "twenty"})).json()) == [key]


async def test_the_page_behind_the_link(wire: Wire) -> None:
    """The admin opens the link, chooses a CRM, and the connection is ACTIVE."""
    second = FakeCRM()
    wire.maton.offer("Globex & Sons", second)
    made = (await wire.http.post("/connections", json={"app": "twenty"})).json()["connection_id"]
    url = (await wire.http.get(f"/connections/{made}")).json()["connection"]["url"]
    page = (await wire.http.get(url)).text
    assert "Globex &amp; Sons" in page
    token = re.search(r'name="session_token" value="([^"]+)"', page)
    assert token
    done = await wire.http.post("/connect", data={"session_token": token[1], "crm": "Globex & Sons"})
    assert done.status_code == 200
    assert wire.maton.connections.get(made).crm is second
    assert (await wire.http.get("/connect", params={"session_token": "guess"})).status_code == 404


async def test_the_links_host_is_configurable() -> None:
    """The link can carry the real host."""
    maton = FakeMaton(connect_url="https://connect.maton.ai/")
    maton.connect(FakeCRM(), connection_id="c1")
    async with maton.serve() as url, httpx.AsyncClient(base_url=url, headers=KEY) as http:
        shown = (await http.get("/connections/c1")).json()["connection"]
    assert shown["url"].startswith("https://connect.maton.ai/?session_token=")


@pytest.mark.parametrize("path", ["/somewhere", "/hubspot/rest/companies", "/twenty/metadata/objects"])
async def test_what_nobody_taught_is_loud(wire: Wire, path: str) -> None:
    """An unknown route is a 501 and a surprise that a test can assert on."""
    answer = await wire.http.get(path, headers={"Maton-Connection": wire.connection})
    assert answer.status_code == 501
    assert path in wire.maton.surprises[0]


async def test_an_empty_id_survives_the_wire(wire: Wire) -> None:
    """`PATCH /companies/` is not tidied up on its way: it writes to every company."""
    company(wire.crm, "One")
    company(wire.crm, "Two")
    await wire.rest("PATCH", "/companies/", json={"name": "Oops"})
    assert [each["name"] for each in wire.crm.all("companies")] == ["Oops", "Oops"]


async def test_the_log_keeps_what_was_said(wire: Wire) -> None:
    """Method, path, query, connection, bodies and status are there to be asserted on."""
    await wire.rest("POST", "/notes", json={"title": "Hi"}, params={"depth": "1"})
    (entry,) = wire.maton.requests("POST", r"/notes$")
    assert (entry.status, entry.connection_id, entry.param("depth")) == (201, wire.connection, "1")
    assert entry.sent == {"title": "Hi"}
    assert "createNote" in entry.response_body
    assert wire.maton.counts["POST 201"] == 1
    wire.maton.log_size = 2
    for path in ("/notes", "/tasks", "/people"):
        await wire.rest("GET", path)
    assert [each.path for each in wire.maton.log] == ["/twenty/rest/tasks", "/twenty/rest/people"]
    wire.maton.forget_log()
    assert wire.maton.requests() == []


async def test_listeners_hear_exchanges_and_changes(wire: Wire) -> None:
    """The page is told of every exchange and of every changed record, until it stops listening."""
    heard: list[object] = []
    stop = wire.maton.on_change(heard.append)
    await wire.rest("GET", "/companies")
    made = company(wire.crm, "Acme")
    stop()
    company(wire.crm, "Beta")
    assert [type(each) for each in heard] == [Exchange, RecordChanged]
    assert heard[1] == RecordChanged(wire.connection, "companies", made["id"])


async def test_matons_own_limit(wire: Wire) -> None:
    """Over all connections so many requests a second, then 429."""
    wire.maton.limit(2, retry_after=1)
    statuses = [(await wire.rest("GET", "/companies")).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert (await wire.rest("GET", "/companies")).headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("fault", "options", "status", "body"),
    [
        ("status", {"status": 429, "retry_after": 3}, 429, "message"),
        ("status", {"status": 502}, 502, "message"),
        ("expired", {}, 500, "credential"),
        ("html", {}, 403, "<html>"),
    ],
)
async def test_faults_that_answer_instead(wire: Wire, fault: str, options: Any, status: int, body: str) -> None:
    """Such a fault answers without executing, once."""
    wire.maton.fault(fault, **options)
    answer = await wire.rest("POST", "/notes", json={"title": "Hi"})
    assert answer.status_code == status
    assert body in answer.text
    assert answer.headers.get("Retry-After") == ("3" if "retry_after" in options else None)
    assert wire.crm.all("notes") == []
    assert (await wire.rest("POST", "/notes", json={"title": "Hi"})).status_code == 201


@pytest.mark.parametrize(("fault", "body"), [("empty", ""), ("badjson", '{"data": {"oops')])
async def test_faults_that_spoil_the_body(wire: Wire, fault: str, body: str) -> None:
    """The write happened, but its answer cannot be read."""
    wire.maton.fault(fault)
    answer = await wire.rest("POST", "/notes", json={"title": "Hi"})
    assert (answer.status_code, answer.text) == (201, body)
    assert len(wire.crm.all("notes")) == 1


@pytest.mark.parametrize(("fault", "written"), [("lost_before", 0), ("lost_after", 1)])
async def test_lost_answers(wire: Wire, fault: str, written: int) -> None:
    """The connection breaks; whether the write happened is the difference."""
    wire.maton.fault(fault, method="POST", path=r"/notes$")
    with pytest.raises(httpx.TransportError):
        await wire.rest("POST", "/notes", json={"title": "Hi"})
    assert len(wire.crm.all("notes")) == written
    assert (wire.maton.log[-1].status, wire.maton.log[-1].fault) == (None, fault)


async def test_a_delay_ends_by_itself(wire: Wire) -> None:
    """A delayed request is executed and answered."""
    wire.maton.fault("delay", seconds=0.01)
    assert (await wire.rest("POST", "/notes", json={})).status_code == 201


async def test_a_hanging_request_goes_on_when_released(wire: Wire) -> None:
    """Until then nothing is done."""
    fault = wire.maton.fault("hang")
    asking = asyncio.create_task(wire.rest("POST", "/notes", json={}))
    await until(lambda: fault.hits == 1)
    assert wire.crm.all("notes") == []
    fault.release()
    assert (await asking).status_code == 201


async def test_a_hanging_request_whose_client_left_does_nothing(wire: Wire) -> None:
    """The client's timeout ends it, nothing is written."""
    wire.maton.fault("hang")
    with pytest.raises(httpx.ReadTimeout):
        await wire.rest("POST", "/notes", json={}, timeout=0.05)
    await until(lambda: len(wire.maton.log) == 1)
    assert wire.crm.all("notes") == []


async def test_a_stalled_write_lands_after_its_client_left(wire: Wire) -> None:
    """Read back too early it is not there, later it is."""
    fault = wire.maton.fault("stalled_commit", method="POST")
    with pytest.raises(httpx.ReadTimeout):
        await wire.rest("POST", "/notes", json={"id": NOWHERE, "title": "Hi"}, timeout=0.05)
    assert (await wire.rest("GET", f"/notes/{NOWHERE}")).status_code == 404
    fault.release()
    await wire.maton.settled()
    assert (await wire.rest("GET", f"/notes/{NOWHERE}")).status_code == 200


async def test_which_requests_a_fault_hits(wire: Wire) -> None:
    """Method, path and connection narrow a fault, `times` and `remove` end it."""
    other = wire.maton.connect(FakeCRM())
    fault = wire.maton.fault("status", method="GET", path="/people", connection_id=wire.connection, times=None)
    assert (await wire.rest("GET", "/companies")).status_code == 200
    assert (await wire.rest("POST", "/people", json={})).status_code == 201
    assert (await wire.rest("GET", "/people", headers={"Maton-Connection": other})).status_code == 200
    assert [(await wire.rest("GET", "/people")).status_code for _ in range(3)] == [503, 503, 503]
    fault.remove()
    assert (await wire.rest("GET", "/people")).status_code == 200
    assert fault.hits == 3


async def test_a_fault_by_chance_is_repeatable(wire: Wire) -> None:
    """With the same seed the same requests fail."""

    async def tries() -> list[int]:
        fault = wire.maton.fault("status", probability=0.5, seed=7, times=None)
        statuses = [(await wire.rest("GET", "/companies")).status_code for _ in range(12)]
        fault.remove()
        return statuses

    first = await tries()
    assert set(first) == {200, 503}
    assert await tries() == first


def test_a_misspelt_fault_is_an_error() -> None:
    """Nobody believes in a fault that does not exist."""
    with pytest.raises(ValueError, match="no fault is called lost_afer"):
        FakeMaton().fault("lost_afer")
