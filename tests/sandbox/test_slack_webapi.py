"""The Web API's rules, called by Slack's own SDK."""

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import FakeSlack, pings_of, text_of
from bot.sandbox.slack.sample import (
    ACME,
    ACME_TOKEN,
    ANA,
    BEN,
    CALL_NOTES,
    CLEO,
    GLOBEX,
    GLOBEX_SALES,
    GLOBEX_TOKEN,
    GUS,
    HANA,
    PRIVATE,
    RANDOM,
    SALES,
)

Json = dict[str, Any]
MODAL: Json = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Look"},
    "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "Loading"}}],
}
HOME: Json = {"type": "home", "blocks": MODAL["blocks"]}


class Clock:
    """A present that tests move."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[FakeSlack]:
    fake = FakeSlack(clock=clock)
    async with fake.serve():
        yield fake


@pytest.fixture
async def client(slack: FakeSlack) -> AsyncWebClient:
    return AsyncWebClient(ACME_TOKEN, base_url=f"{slack.url}/api/", retry_handlers=[])


async def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_auth_test_names_team_and_scopes(client: AsyncWebClient) -> None:
    """auth.test says whose token it is, and every answer names the scopes in a header."""
    answer = await client.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["is_enterprise_install"]) == (ACME, "U0BOTACME", False)
    assert answer.headers["x-oauth-scopes"] == "commands,chat:write,users:read,users:read.email"


@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxb-nobody", "invalid_auth")])
async def test_token_is_checked(slack: FakeSlack, token: str, error: str) -> None:
    """No token and a wrong one are told apart."""
    assert await error_of(AsyncWebClient(token, base_url=f"{slack.url}/api/").auth_test()) == error


async def test_revoked_token_is_refused(slack: FakeSlack, client: AsyncWebClient) -> None:
    """After auth.revoke, or when somebody removes the app, nothing works any more."""
    await client.auth_revoke()
    assert await error_of(client.auth_test()) == "token_revoked"
    slack.revoke_token(GLOBEX)
    globex = AsyncWebClient(GLOBEX_TOKEN, base_url=f"{slack.url}/api/")
    assert await error_of(globex.users_info(user=GUS)) == "token_revoked"


async def test_unknown_method_is_a_surprise(slack: FakeSlack, client: AsyncWebClient) -> None:
    """What nobody taught this Slack is refused and remembered."""
    assert await error_of(client.api_call("reactions.add")) == "unknown_method"
    assert slack.surprises == ["reactions.add"]


@pytest.mark.parametrize(
    ("method", "args", "scope"),
    [
        ("conversations.replies", {"channel": SALES, "ts": CALL_NOTES}, "channels:history"),
        ("conversations.history", {"channel": SALES}, "channels:history"),
        ("conversations.info", {"channel": SALES}, "channels:read"),
        ("conversations.open", {"users": ANA}, "im:write"),
        ("team.info", {}, "team:read"),
    ],
)
async def test_scope_is_needed(slack: FakeSlack, client: AsyncWebClient, method: str, args: Json, scope: str) -> None:
    """What the bot did not ask for answers missing_scope and names it; with the scope it works."""
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(method, params=args)
    assert (caught.value.response["error"], caught.value.response["needed"]) == ("missing_scope", scope)
    slack.grant_scopes(ACME, scope)
    assert (await client.api_call(method, params=args))["ok"]


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        (RANDOM, "not_in_channel"),
        (PRIVATE, "channel_not_found"),
        (GLOBEX_SALES, "channel_not_found"),
        ("C1", "channel_not_found"),
    ],
    ids=["public", "private", "another team", "nowhere"],
)
async def test_posting_where_the_bot_is_not(slack: FakeSlack, client: AsyncWebClient, channel: str, error: str) -> None:
    """A public channel says not_in_channel, any other does not exist for the bot; an invitation helps."""
    assert await error_of(client.chat_postMessage(channel=channel, text="x")) == error
    assert await error_of(client.chat_postEphemeral(channel=channel, user=ANA, text="x")) == error
    if channel in (RANDOM, PRIVATE):
        slack.invite_bot(channel)
        assert (await client.chat_postMessage(channel=channel, text="x"))["ok"]


async def test_removed_bot_cannot_post(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Somebody removes the app from a channel: it is not in there any more."""
    slack.remove_bot(SALES)
    assert await error_of(client.chat_postMessage(channel=SALES, text="x")) == "not_in_channel"


async def test_user_id_posts_in_the_direct_message(slack: FakeSlack, client: AsyncWebClient) -> None:
    """channel=U... needs chat:write only, and opens the direct message when there is none."""
    answer = await client.chat_postMessage(channel=BEN, text="psst")
    assert answer["channel"].startswith("D")
    assert [text_of(m) for m in slack.dm(BEN)] == ["psst"]
    assert await error_of(client.chat_postMessage(channel=GUS, text="x")) == "user_not_found"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({}, "no_text"),
        ({"text": "  "}, "no_text"),
        ({"blocks": [{"type": "divider"}]}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": [{"type": "nope"}]}, "invalid_blocks"),
        ({"text": "x", "thread_ts": "1.1"}, "thread_not_found"),
    ],
    ids=["nothing", "blank", "blocks alone", "too long", "bad block", "no thread"],
)
@pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing")
async def test_message_content_is_checked(client: AsyncWebClient, args: Json, error: str) -> None:
    """A message needs a text, within its limit, and blocks that Slack would take."""
    assert await error_of(client.api_call("chat.postMessage", json={"channel": SALES, **args})) == error


async def test_invalid_blocks_say_where(client: AsyncWebClient) -> None:
    """The answer to invalid blocks points at each place."""
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=SALES, text="x", blocks=[{"type": "header", "text": "x"}])
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be an object [json-pointer:/blocks/0/text]"
    ]


async def test_only_own_messages_can_be_changed(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Another's message, a missing one and an ephemeral one cannot be updated or deleted; an own one can."""
    assert await error_of(client.chat_update(channel=SALES, ts=CALL_NOTES, text="x")) == "cant_update_message"
    assert await error_of(client.chat_delete(channel=SALES, ts=CALL_NOTES)) == "cant_delete_message"
    assert await error_of(client.chat_update(channel=SALES, ts="1.1", text="x")) == "message_not_found"
    hidden = await client.chat_postEphemeral(channel=SALES, user=ANA, text="x")
    assert await error_of(client.chat_update(channel=SALES, ts=hidden["message_ts"], text="y")) == "message_not_found"
    own = await client.chat_postMessage(channel=SALES, text="x")
    await client.chat_update(channel=SALES, ts=own["ts"], text="y")
    blocks_alone = client.api_call("chat.update", json={"channel": SALES, "ts": own["ts"], "blocks": HOME["blocks"]})
    assert await error_of(blocks_alone) == "no_text"
    assert text_of(slack.messages(SALES)[-1]) == "y"
    await client.chat_delete(channel=SALES, ts=own["ts"])
    assert slack.message(SALES, own["ts"]) is None


async def test_ephemeral_needs_the_person_in_the_channel(client: AsyncWebClient) -> None:
    """An ephemeral message to somebody outside the channel is refused."""
    assert await error_of(client.chat_postEphemeral(channel=SALES, user=HANA, text="x")) == "user_not_in_channel"


async def test_permalink_of_a_reply_names_its_thread(client: AsyncWebClient) -> None:
    """A permalink is the team's address, the channel and the timestamp without its point."""
    parent = await client.chat_getPermalink(channel=SALES, message_ts=CALL_NOTES)
    assert parent["permalink"] == f"https://acme.slack.com/archives/{SALES}/p{CALL_NOTES.replace('.', '')}"
    reply = await client.chat_postMessage(channel=SALES, text="x", thread_ts=CALL_NOTES)
    link = (await client.chat_getPermalink(channel=SALES, message_ts=reply["ts"]))["permalink"]
    assert link.endswith(f"?thread_ts={CALL_NOTES}&cid={SALES}")
    assert await error_of(client.chat_getPermalink(channel=SALES, message_ts="1.1")) == "message_not_found"


async def test_people_never_leak_between_teams(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Looking somebody up finds the own team's people alone, by email and by id."""
    assert (await client.users_lookupByEmail(email="ANA@acme.example"))["user"]["id"] == ANA
    assert await error_of(client.users_lookupByEmail(email="gus@globex.example")) == "users_not_found"
    assert await error_of(client.users_lookupByEmail(email="olga@initech.example")) == "users_not_found"
    assert await error_of(client.users_info(user=GUS)) == "user_not_found"
    listed = await client.users_list(limit=3)
    rest = await client.users_list(cursor=listed["response_metadata"]["next_cursor"])
    assert {u["team_id"] for u in [*listed["members"], *rest["members"]]} == {ACME}
    cleo = (await client.users_info(user=CLEO, include_locale=True))["user"]
    assert (cleo["is_admin"], cleo["locale"], cleo["profile"]["email"]) == (True, "en-US", "cleo@acme.example")


async def test_trigger_opens_one_view_within_three_seconds(
    slack: FakeSlack, client: AsyncWebClient, clock: Clock
) -> None:
    """A trigger works once, for three seconds; a refused view does not use it up."""
    trigger = slack.state.new_trigger(ANA, ACME)
    assert await error_of(client.views_open(trigger_id=trigger, view={**MODAL, "blocks": []})) == "invalid_arguments"
    assert (await client.views_open(trigger_id=trigger, view=MODAL))["view"]["title"]["text"] == "Look"
    assert await error_of(client.views_open(trigger_id=trigger, view=MODAL)) == "exchanged_trigger_id"
    late = slack.state.new_trigger(ANA, ACME)
    clock.now += 3.1
    assert await error_of(client.views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"
    assert await error_of(client.views_open(trigger_id="1.2.x", view=MODAL)) == "invalid_trigger_id"


async def test_view_is_updated_by_hash_and_pushed_three_deep(slack: FakeSlack, client: AsyncWebClient) -> None:
    """An old hash conflicts, a closed view is not found, and no more than three views lie on one another."""
    view = (await client.views_open(trigger_id=slack.state.new_trigger(ANA, ACME), view=MODAL))["view"]
    newer = (await client.views_update(view_id=view["id"], hash=view["hash"], view=MODAL))["view"]
    assert newer["hash"] != view["hash"]
    assert await error_of(client.views_update(view_id=view["id"], hash=view["hash"], view=MODAL)) == "hash_conflict"
    for _ in range(2):
        pushed = await client.views_push(trigger_id=slack.state.new_trigger(ANA, ACME), view=MODAL)
        assert pushed["view"]["root_view_id"] == view["id"]
    fourth = client.views_push(trigger_id=slack.state.new_trigger(ANA, ACME), view=MODAL)
    assert await error_of(fourth) == "push_limit_reached"
    top = slack.modal(ANA)
    assert top
    await slack.close(top, everything=True)
    assert await error_of(client.views_update(view_id=view["id"], view=MODAL)) == "not_found"


async def test_external_ids_are_unique_and_find_the_view(slack: FakeSlack, client: AsyncWebClient) -> None:
    """An external id names one open view."""
    named = {**MODAL, "external_id": "mine"}
    await client.views_open(trigger_id=slack.state.new_trigger(ANA, ACME), view=named)
    again = client.views_open(trigger_id=slack.state.new_trigger(BEN, ACME), view=named)
    assert await error_of(again) == "duplicate_external_id"
    await client.views_update(external_id="mine", view={**named, "title": {"type": "plain_text", "text": "New"}})
    modal = slack.modal(ANA)
    assert modal
    assert modal.title == "New"


async def test_home_is_published_per_person(slack: FakeSlack, client: AsyncWebClient) -> None:
    """A Home appears for its person; a modal is no Home, and another team's people have none of ours."""
    await client.views_publish(user_id=ANA, view=HOME)
    home = slack.home(ANA)
    assert home
    assert text_of(home) == "Loading"
    assert slack.home(BEN) is None
    assert await error_of(client.views_publish(user_id=ANA, view=MODAL)) == "invalid_arguments"
    assert await error_of(client.views_publish(user_id=GUS, view=HOME)) == "user_not_found"


async def test_ratelimit_names_its_seconds_and_does_nothing(slack: FakeSlack, client: AsyncWebClient) -> None:
    """A 429 carries Retry-After, happens as often as asked, and posts nothing."""
    before = len(slack.messages(SALES))
    slack.faults.ratelimit("chat.postMessage", times=1, retry_after=0)
    assert await error_of(client.chat_postMessage(channel=SALES, text="x")) == "ratelimited"
    assert len(slack.messages(SALES)) == before
    slack.faults.ratelimit("chat.postMessage", times=1, retry_after=0)
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    assert (await client.chat_postMessage(channel=SALES, text="x"))["ok"]


async def test_lost_answer_happened_all_the_same(slack: FakeSlack, client: AsyncWebClient) -> None:
    """The connection dies without an answer, and the message stands there."""
    slack.faults.lose_answer("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=SALES, text="lost")
    assert text_of(slack.messages(SALES)[-1]) == "lost"


async def test_method_can_fail_as_asked(slack: FakeSlack, client: AsyncWebClient) -> None:
    """Any error can be ordered for a method, for so many times."""
    slack.faults.fail("users.info", "internal_error")
    assert await error_of(client.users_info(user=ANA)) == "internal_error"
    assert (await client.users_info(user=ANA))["ok"]
    assert [call.answer["ok"] for call in slack.calls_of("users.info")] == [False, True]


async def test_delay_acts_at_once_and_answers_late(slack: FakeSlack, client: AsyncWebClient) -> None:
    """While the answer is still under way the message can be seen already."""
    slack.faults.delay("chat.postMessage", 0.05)
    before = len(slack.messages(SALES))
    begun = time.monotonic()
    await client.chat_postMessage(channel=SALES, text="slow")
    assert time.monotonic() - begun >= 0.05
    assert len(slack.messages(SALES)) == before + 1


async def test_code_becomes_an_installation_once(slack: FakeSlack) -> None:
    """OAuth: a code is exchanged once, the token works, and uninstalling kills it until the next installation."""
    nobody = AsyncWebClient(base_url=f"{slack.url}/api/")
    world = slack.state.world
    secret = {"client_id": world.client_id, "client_secret": world.client_secret}
    code = slack.grant("T0OTHER01", by="U0OLGA001")
    answer = await nobody.oauth_v2_access(code=code, **secret)
    assert (answer["team"]["id"], answer["authed_user"]["id"]) == ("T0OTHER01", "U0OLGA001")
    assert await error_of(nobody.oauth_v2_access(code=code, **secret)) == "invalid_code"
    wrong = nobody.oauth_v2_access(code=code, client_id=world.client_id, client_secret="wrong")
    assert await error_of(wrong) == "bad_client_secret"
    client = AsyncWebClient(answer["access_token"], base_url=f"{slack.url}/api/")
    assert (await client.auth_test())["team_id"] == "T0OTHER01"
    await client.apps_uninstall(**secret)
    assert await error_of(client.auth_test()) == "token_revoked"
    again = await nobody.oauth_v2_access(code=slack.grant("T0OTHER01", by="U0OLGA001"), **secret)
    assert again["access_token"] != answer["access_token"]


async def test_consent_page_redirects_with_code_and_state(slack: FakeSlack) -> None:
    """The consent page sends the browser back with a code and the state that it came with."""
    target = f"{slack.url}/oauth/v2/authorize?state=s1&scope=commands,chat:write&redirect_uri=http://bot.example/back"
    async with aiohttp.ClientSession() as session, session.get(target, allow_redirects=False) as answer:
        location = answer.headers["Location"]
    assert location.startswith("http://bot.example/back?code=")
    assert location.endswith("&state=s1")


async def test_pings_are_seen_and_disarmed_ones_are_not(slack: FakeSlack, client: AsyncWebClient) -> None:
    """A mention pings wherever it is markup; escaped it is only text."""
    await client.chat_postMessage(channel=SALES, text=f"<!channel> <@{ANA}> &lt;!here&gt;")
    message = slack.messages(SALES)[-1]
    assert pings_of(message) == {"!channel", f"@{ANA}"}
    assert text_of(message) == f"@channel @{ANA} <!here>"
