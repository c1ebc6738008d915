"""Slack's Web API by the SDK, with our settings: nothing written out, nothing said twice, whatever comes back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import NotAllowed
from bot.sandbox.slack import FakeSlack, text_of
from bot.sandbox.slack.sample import ACME, ACME_TOKEN, ANA, SALES
from bot.slack.clients import SlackClients
from bot.slack.people import People

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*Größe* & <more>"}}


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    async with fake.serve():
        yield fake


@pytest.fixture
async def client(slack: FakeSlack) -> AsyncIterator[AsyncWebClient]:
    clients = SlackClients(f"{slack.url}/api/")
    yield clients.with_token(ACME_TOKEN)
    await clients.close()


async def error_of(call: Any) -> object:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


@asynccontextmanager
async def in_slack_s_place(gateway: Handler) -> AsyncIterator[SlackClients]:
    app = web.Application()
    app.router.add_route("*", "/api/{method}", gateway)
    async with TestServer(app) as server:
        clients = SlackClients(str(server.make_url("/api/")))
        yield clients
        await clients.close()


async def test_a_message_arrives_as_it_was_written(slack: FakeSlack, client: AsyncWebClient):
    """JSON goes there with text and blocks, and the answer says where it stands."""
    answer = await client.chat_postMessage(channel=SALES, text="Größe", blocks=[SECTION])
    said = slack.messages(SALES)[-1]
    assert (answer["ok"], answer["ts"], answer.get("channel")) == (True, said.ts, SALES)
    assert said.blocks[0]["text"]["text"] == SECTION["text"]["text"]


async def test_who_somebody_is_is_asked_by_a_query(client: AsyncWebClient):
    """A GET names its person, and the headers of its answer can be read."""
    assert (await client.users_info(user=ANA))["user"]["id"] == ANA
    assert (await client.auth_test()).headers["x-oauth-scopes"].startswith("commands")


async def test_who_somebody_is_costs_one_request_past_the_sdk(slack: FakeSlack):
    """Asked once and remembered, in the same words that the SDK would bring."""
    clients = SlackClients(f"{slack.url}/api/")
    people, client = People(clients), clients.with_token(ACME_TOKEN)
    asked = [await people.profile(client, ACME, ANA) for _ in range(3)]
    assert (asked[0].email, asked[0].name) == ("ana@acme.example", "Ana Silva")
    assert len(slack.calls_of("users.info")) == 1
    await clients.close()


@pytest.mark.parametrize(
    ("fault", "known"),
    [("ratelimited", True), ("missing_scope", False), ("internal_error", None), ("user_not_found", None)],
)
async def test_what_slack_does_not_say_of_somebody_the_sdk_finds_out(
    slack: FakeSlack, fault: str, known: bool | None, monkeypatch: pytest.MonkeyPatch
):
    """A limit is waited for, a scope that was not granted leaves the id, and whatever else is no leave to guess."""
    monkeypatch.setattr("random.random", lambda: 0.0)
    clients = SlackClients(f"{slack.url}/api/")
    people, client = People(clients), clients.with_token(ACME_TOKEN)
    if fault == "ratelimited":
        slack.faults.ratelimit("users.info", times=2, retry_after=0)
    else:
        slack.faults.fail("users.info", fault, times=2)
    if known is None:
        with pytest.raises(NotAllowed):
            await people.profile(client, ACME, ANA)
    else:
        assert bool((await people.profile(client, ACME, ANA)).email) is known
    await clients.close()


async def test_a_refusal_is_the_sdk_s_error(slack: FakeSlack, client: AsyncWebClient):
    """What Slack refuses raises `SlackApiError` with Slack's word for it."""
    assert await error_of(client.users_info(user="U0NOBODY")) == "user_not_found"
    slack.faults.fail("chat.update", "is_archived")
    assert await error_of(client.chat_update(channel=SALES, ts="1.2", text="x")) == "is_archived"


@pytest.mark.parametrize(("times", "is_said"), [(1, True), (2, True), (3, False)])
async def test_a_rate_limit_is_waited_for_twice(
    slack: FakeSlack, client: AsyncWebClient, times: int, is_said: bool, monkeypatch: pytest.MonkeyPatch
):
    """After each of two 429s the same is said once more; the third is the answer, and nothing was said."""
    monkeypatch.setattr("random.random", lambda: 0.0)
    slack.faults.ratelimit("chat.postMessage", times=times, retry_after=0)
    before = len(slack.messages(SALES))
    if is_said:
        await client.chat_postMessage(channel=SALES, text="after a while")
        assert text_of(slack.messages(SALES)[-1]) == "after a while"
    else:
        assert await error_of(client.chat_postMessage(channel=SALES, text="after a while")) == "ratelimited"
    assert len(slack.messages(SALES)) == before + is_said


async def test_a_lost_answer_is_not_asked_for_again(slack: FakeSlack, client: AsyncWebClient):
    """What may have been said is not said twice."""
    before = len(slack.messages(SALES))
    slack.faults.lose_answer("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=SALES, text="once")
    assert len(slack.messages(SALES)) == before + 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [("<h1>Bad gateway</h1>", "text/html"), ("{no json", "application/json"), ("", "")],
)
async def test_whoever_answers_in_slack_s_place_is_refused(body: str, kind: str):
    """A gateway's page is an error like Slack's own."""

    async def gateway(_: web.Request) -> web.Response:
        return web.Response(status=502, body=body.encode(), headers={"Content-Type": kind} if kind else {})

    async with in_slack_s_place(gateway) as clients:
        with pytest.raises(SlackApiError):
            await clients.with_token(ACME_TOKEN).chat_postMessage(channel=SALES, text="x")


async def test_a_team_s_token_is_its_own(slack: FakeSlack, client: AsyncWebClient):
    """Whose the token is, Slack says; a wrong one is refused."""
    assert (await client.auth_test())["team_id"] == ACME
    clients = SlackClients(f"{slack.url}/api/")
    assert await error_of(clients.with_token("xoxb-nobody").auth_test()) == "invalid_auth"
    assert await error_of(clients.without_token().auth_test()) == "not_authed"
    await clients.close()
