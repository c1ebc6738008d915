"""A small bot of its own in front of the fake Slack: one story through every door."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from bot.sandbox.slack import FakeSlack, FormError, buttons_of, labels_of, text_of
from bot.sandbox.slack.forms import values_of
from bot.sandbox.slack.sample import ACME_TOKEN, ANA, BEN, CALL_NOTES, CLEO, GIL, OLGA, PRIVATE, RANDOM, SALES, SHARED

Json = dict[str, Any]
VERIFIER = SignatureVerifier("sandbox-signing-secret")
Reply = Callable[[Json], Awaitable[Any]]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


CONFIRM = {"type": "button", "action_id": "yes", "text": plain("Confirm"), "value": "p1"}
CARD: Json = {
    "text": "Create a task?",
    "blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Create* a task?"}},
        {"type": "actions", "elements": [CONFIRM, CONFIRM | {"action_id": "no", "text": plain("Cancel")}]},
    ],
}
FORM: Json = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("New task"),
    "submit": plain("Propose"),
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "title",
            "label": plain("Title"),
            "element": {"type": "plain_text_input", "action_id": "v", "initial_value": "Call"},
        },
        {
            "type": "input",
            "block_id": "records",
            "optional": True,
            "label": plain("Records"),
            "element": {"type": "multi_external_select", "action_id": "v", "min_query_length": 2},
        },
    ],
}


@dataclass
class TinyBot:
    """Answers each payload as the test says, and can call Slack back."""

    url: str = ""
    session: aiohttp.ClientSession | None = None
    replies: dict[str, Reply] = field(default_factory=dict)
    seen: list[Json] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        if request.content_type == "application/json":
            payload = await request.json()
        else:
            form = dict(await request.post())
            payload = json.loads(str(form["payload"])) if "payload" in form else form
        self.seen.append(payload)
        self.headers.append(request.headers)
        kind = payload.get("type") or "command"
        reply = await self.replies[kind](payload) if kind in self.replies else None
        match reply:
            case None:
                return web.Response()
            case int():
                return web.Response(status=reply)
            case str():
                return web.Response(text=reply)
            case _:
                return web.json_response(reply)

    async def call(self, method: str, token: str = ACME_TOKEN, **args: Any) -> Json:
        assert self.session
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.post(f"{self.url}/api/{method}", json=args, headers=headers) as answer:
            return {"status": answer.status, **await answer.json()}

    async def respond(self, url: str, **body: Any) -> tuple[int, str]:
        assert self.session
        async with self.session.post(url, json=body) as answer:
            return answer.status, await answer.text()


@asynccontextmanager
async def in_front_of(slack: FakeSlack) -> AsyncIterator[TinyBot]:
    bot = TinyBot()
    app = web.Application()
    app.router.add_post("/slack/events", bot.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with slack.serve() as bot.url, aiohttp.ClientSession() as bot.session:
        slack.point_at(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
        yield bot
    await runner.cleanup()


@pytest.fixture
async def slack() -> FakeSlack:
    return FakeSlack(patience=0.5)


@pytest.fixture
async def bot(slack: FakeSlack) -> AsyncIterator[TinyBot]:
    async with in_front_of(slack) as tiny:
        yield tiny


async def test_command_is_encoded_and_answered_by_response_url(slack: FakeSlack, bot: TinyBot) -> None:
    """A command arrives with mentions, links and escapes encoded; five answers fit on its response_url, no sixth."""
    answer = await slack.command(ANA, RANDOM, "/crm who @ben a&b ana@acme.example https://x.example/?a=1&b=2")

    assert answer.status == 200
    [form] = bot.seen
    assert form["text"] == (
        f"who <@{BEN}|ben> a&amp;b <mailto:ana@acme.example|ana@acme.example> <https://x.example/?a=1&amp;b=2>"
    )
    assert form["is_enterprise_install"] == "false"
    for _ in range(5):
        assert await bot.respond(form["response_url"], **CARD) == (200, "ok")
    status, body = await bot.respond(form["response_url"], **CARD)
    assert (status, json.loads(body)["error"]) == (404, "used_url")
    assert len(slack.ephemerals(ANA, RANDOM)) == 5
    assert slack.ephemerals(BEN) == []


async def test_response_url_ends_after_thirty_minutes() -> None:
    """A response_url is refused when its half hour is over."""
    now = [1_772_600_000.0]
    slack = FakeSlack(clock=lambda: now[0])
    async with in_front_of(slack) as bot:
        await slack.command(ANA, SALES, "/crm acme")
        now[0] += 30 * 60 + 1
        status, body = await bot.respond(bot.seen[0]["response_url"], text="late")
    assert (status, json.loads(body)["error"]) == (404, "expired_url")


async def test_click_on_an_ephemeral_carries_no_message_and_can_replace_it(slack: FakeSlack, bot: TinyBot) -> None:
    """A click on an ephemeral card has only its container, and its response_url rewrites the card for that person."""
    await slack.command(ANA, PRIVATE, "/crm new task")
    await bot.respond(bot.seen[0]["response_url"], **CARD)
    [card] = slack.ephemerals(ANA)
    assert buttons_of(card) == ["Confirm", "Cancel"]

    await slack.click(card, "Confirm", user=ANA)

    click = bot.seen[-1]
    assert "message" not in click
    assert click["container"] | {"is_ephemeral": True, "message_ts": card.ts} == click["container"]
    assert click["actions"][0]["value"] == "p1"
    await bot.respond(click["response_url"], text="Done", replace_original=True)
    assert [text_of(m) for m in slack.ephemerals(ANA)] == ["Done"]
    slack.reload(ANA)
    assert slack.ephemerals(ANA) == []


async def test_posted_card_can_be_clicked_updated_and_found_in_its_thread(slack: FakeSlack, bot: TinyBot) -> None:
    """A card posted in a thread carries itself in the click, and chat.update rewrites it."""
    posted = await bot.call("chat.postMessage", channel=SALES, thread_ts=CALL_NOTES, **CARD)
    card = slack.thread(SALES, CALL_NOTES)[-1]
    assert card.ts == posted["ts"]

    await slack.click(card, "Confirm", user=BEN)

    click = bot.seen[-1]
    assert click["message"]["ts"] == card.ts
    assert click["message"]["thread_ts"] == click["container"]["thread_ts"] == CALL_NOTES
    updated = await bot.call("chat.update", channel=SALES, ts=card.ts, text="Confirmed by Ben")
    assert updated["ok"]
    assert text_of(slack.thread(SALES, CALL_NOTES)[-1]) == "Confirmed by Ben"
    await slack.click(card, "Confirm", user=ANA)
    assert bot.seen[-1]["message"]["text"] == "Confirmed by Ben"


async def test_form_is_filled_by_label_and_submitted(slack: FakeSlack, bot: TinyBot) -> None:
    """A form opened by trigger is filled by labels, submitted with Slack's state, and closed by the answer."""

    async def open_form(payload: Json) -> None:
        assert (await bot.call("views.open", trigger_id=payload["trigger_id"], view=FORM))["ok"]

    async def suggest(payload: Json) -> Json:
        return {"options": [{"text": plain(f"{payload['value']} Inc"), "value": "c1"}]}

    bot.replies = {"message_action": open_form, "block_suggestion": suggest}
    await slack.message_shortcut("save_as_note", ANA, SALES, CALL_NOTES)
    form = slack.modal(ANA)
    assert form
    assert labels_of(form) == ["Title", "Records"]
    assert await slack.suggest(form, "Records", "a") == []
    assert await slack.suggest(form, "Records", "acm") == ["acm Inc"]

    await slack.submit(form, {"Records": ["Acme"]})

    assert bot.seen[-1]["view"]["state"]["values"] == {
        "title": {"v": {"type": "plain_text_input", "value": "Call"}},
        "records": {
            "v": {
                "type": "multi_external_select",
                "selected_options": [{"text": plain("Acme Inc"), "value": "c1"}],
            }
        },
    }
    assert slack.modal(ANA) is None
    assert slack.troubles == []


async def test_wrong_acts_are_errors_of_the_caller(slack: FakeSlack, bot: TinyBot) -> None:
    """A label that is not there, a required field left empty and somebody else's ephemeral are refused to the test."""
    await slack.command(ANA, SALES, "/crm new task")
    await bot.call("views.open", trigger_id=bot.seen[0]["trigger_id"], view=FORM)
    form = slack.modal(ANA)
    assert form
    with pytest.raises(FormError, match="no field 'Titel'"):
        await slack.submit(form, {"Titel": "x"})
    with pytest.raises(FormError, match="'Title' is required"):
        await slack.submit(form, {"Title": None})
    await bot.respond(bot.seen[0]["response_url"], **CARD)
    [card] = slack.ephemerals(ANA)
    with pytest.raises(FormError, match="cannot see"):
        await slack.click(card, "Confirm", user=BEN)
    with pytest.raises(FormError, match="0 elements fit 'OK'"):
        await slack.click(card, "OK", user=ANA)


@pytest.mark.parametrize(
    ("reply", "title", "errors"),
    [
        ({"response_action": "errors", "errors": {"title": "Too short"}}, "New task", {"title": "Too short"}),
        ({"response_action": "update", "view": FORM | {"title": plain("Second")}}, "Second", {}),
        ({"response_action": "push", "view": FORM | {"title": plain("On top")}}, "On top", {}),
        ({"response_action": "clear"}, None, None),
    ],
    ids=["errors", "update", "push", "clear"],
)
async def test_answer_to_a_submission_is_applied(
    slack: FakeSlack, bot: TinyBot, reply: Json, title: str | None, errors: Json | None
) -> None:
    """Errors stay at the field, update and push show the next view, clear closes everything."""

    async def answer(payload: Json) -> Json:
        return reply

    bot.replies["view_submission"] = answer
    await slack.command(ANA, SALES, "/crm new task")
    await bot.call("views.open", trigger_id=bot.seen[0]["trigger_id"], view=FORM)
    form = slack.modal(ANA)
    assert form
    await slack.submit(form)
    top = slack.modal(ANA)
    assert (top.title if top else None) == title
    assert (top.errors if top else None) == errors
    assert slack.troubles == []


async def test_errors_for_a_field_that_is_not_there_are_a_trouble(slack: FakeSlack, bot: TinyBot) -> None:
    """Errors at an unknown block leave the form open and the person with Slack's own error."""

    async def answer(payload: Json) -> Json:
        return {"response_action": "errors", "errors": {"nowhere": "?"}}

    bot.replies["view_submission"] = answer
    await slack.command(ANA, SALES, "/crm new task")
    await bot.call("views.open", trigger_id=bot.seen[0]["trigger_id"], view=FORM)
    form = slack.modal(ANA)
    assert form
    await slack.submit(form)
    assert slack.modal(ANA) is form
    assert "block ids" in slack.troubles[0].what


async def test_late_answer_is_an_error_for_the_person() -> None:
    """An answer after Slack's patience is never seen; the person is shown a time-out and the listener runs on."""
    slack = FakeSlack(patience=0.05)
    finished = asyncio.Event()
    async with in_front_of(slack) as bot:

        async def slow(payload: Json) -> str:
            await asyncio.wait_for(slack.wait_for(lambda: slack.troubles), 2)
            finished.set()
            return "too late"

        bot.replies["command"] = slow
        answer = await slack.command(ANA, SALES, "/crm acme")
        await asyncio.wait_for(finished.wait(), 2)
    assert (answer.status, slack.troubles[0].what) == (0, "operation_timeout")
    assert slack.ephemerals(ANA) == []


async def test_answer_in_the_response_is_shown(slack: FakeSlack, bot: TinyBot) -> None:
    """A text or message in the command's own response is an ephemeral message."""

    async def answer(payload: Json) -> Json:
        return {"text": "hello"}

    bot.replies["command"] = answer
    await slack.command(ANA, SALES, "/crm help")
    assert [m.text for m in slack.ephemerals(ANA, SALES)] == ["hello"]


async def test_events_are_retried_with_their_number(slack: FakeSlack, bot: TinyBot) -> None:
    """An event is sent again three times, the same event id each time, until the bot says 200."""

    async def broken(payload: Json) -> int:
        return 500

    bot.replies["event_callback"] = broken
    answer = await slack.open_home(ANA)
    assert answer.status == 500
    assert [h.get("X-Slack-Retry-Num") for h in bot.headers] == [None, "1", "2", "3"]
    assert len({payload["event_id"] for payload in bot.seen}) == 1


async def test_outsider_and_guest_keep_their_own_team(slack: FakeSlack, bot: TinyBot) -> None:
    """A click by an outsider names the installed team and, in user.team_id, the outsider's."""
    await bot.call("chat.postMessage", channel=SHARED, **CARD)
    card = slack.messages(SHARED)[-1]
    await slack.click(card, "Confirm", user=OLGA)
    click = bot.seen[-1]
    assert (click["team"]["id"], click["user"]["team_id"]) == ("T0ACME001", "T0OTHER01")
    info = await bot.call("users.info", user=OLGA)
    assert info["user"]["is_stranger"]
    assert "email" not in info["user"]["profile"]
    assert (await bot.call("users.info", user=GIL))["user"]["is_restricted"]


@pytest.mark.parametrize("how", ["forged", "stale", "missing"])
async def test_signature_can_be_wrong_on_purpose(slack: FakeSlack, bot: TinyBot, how: Any) -> None:
    """A hostile sender's signature does not verify."""
    await slack.command(ANA, SALES, "/crm acme", signature=how)
    assert not VERIFIER.is_valid_request(bot.bodies[-1], dict(bot.headers[-1]))


async def test_signature_is_the_one_that_slacks_sdk_checks(slack: FakeSlack, bot: TinyBot) -> None:
    """Commands, clicks and events verify with the SDK's own verifier."""
    await slack.command(ANA, SALES, "/crm acme")
    await slack.global_shortcut("look_up", ANA)
    await slack.open_home(ANA)
    for body, headers in zip(bot.bodies, bot.headers, strict=True):
        assert VERIFIER.is_valid_request(body, dict(headers))


async def test_response_url_posts_publicly_and_in_a_thread_where_the_bot_is_not(slack: FakeSlack, bot: TinyBot) -> None:
    """in_channel is for everybody, thread_ts goes into the thread, and blocks are checked."""
    await slack.command(CLEO, PRIVATE, "/crm acme")
    url = bot.seen[0]["response_url"]
    root = slack.messages(PRIVATE)[0]
    await bot.respond(url, text="shared", response_type="in_channel", thread_ts=root.ts)
    assert [m.text for m in slack.thread(PRIVATE, root.ts)] == [root.text, "shared"]
    status, body = await bot.respond(url, text="x", blocks=[{"type": "nope"}])
    assert (status, json.loads(body)["error"]) == (400, "invalid_blocks")
    status, body = await bot.respond(url, blocks=CARD["blocks"])
    assert (status, json.loads(body)["error"]) == (400, "no_text")
    slack.faults.ratelimit("response_url")
    status, _ = await bot.respond(url, text="x")
    assert status == 429


async def test_clicked_message_can_be_deleted_by_its_response_url(slack: FakeSlack, bot: TinyBot) -> None:
    """delete_original removes the message that was clicked, and replacing it afterwards brings nothing back."""
    await bot.call("chat.postMessage", channel=SALES, **CARD)
    card = slack.messages(SALES)[-1]
    await slack.click(card, "Cancel", user=ANA)
    url = bot.seen[-1]["response_url"]
    assert await bot.respond(url, delete_original=True) == (200, "ok")
    assert await bot.respond(url, text="again", replace_original=True) == (200, "ok")
    assert slack.message(SALES, card.ts) is None


async def test_double_click_sends_two_payloads(slack: FakeSlack, bot: TinyBot) -> None:
    """Two clicks at once reach the bot twice, each with its own trigger."""
    await bot.call("chat.postMessage", channel=SALES, **CARD)
    card = slack.messages(SALES)[-1]
    await asyncio.gather(*(slack.click(card, "Confirm", user=user) for user in (ANA, ANA, BEN)))
    assert len({click["trigger_id"] for click in bot.seen}) == 3


async def test_closing_is_told_when_the_view_asks_for_it(slack: FakeSlack, bot: TinyBot) -> None:
    """notify_on_close sends view_closed; a closed form cannot be used any more."""
    await slack.command(ANA, SALES, "/crm new task")
    await bot.call("views.open", trigger_id=bot.seen[0]["trigger_id"], view=FORM)
    form = slack.modal(ANA)
    assert form
    await slack.close(form)
    assert (bot.seen[-1]["type"], bot.seen[-1]["is_cleared"]) == ("view_closed", False)
    assert slack.modal(ANA) is None
    with pytest.raises(FormError, match="not open any more"):
        await slack.submit(form)


async def test_wrong_options_are_a_trouble_and_none_are_shown(slack: FakeSlack, bot: TinyBot) -> None:
    """Options that Slack would refuse leave the list empty and an error."""

    async def suggest(payload: Json) -> Json:
        return {"options": [{"text": plain("x" * 76), "value": "1"}]}

    bot.replies["block_suggestion"] = suggest
    await slack.command(ANA, SALES, "/crm new task")
    await bot.call("views.open", trigger_id=bot.seen[0]["trigger_id"], view=FORM)
    form = slack.modal(ANA)
    assert form
    assert await slack.suggest(form, "Records", "acm") == []
    assert "options/0/text" in slack.troubles[0].what


async def test_button_on_the_home_carries_its_view(slack: FakeSlack, bot: TinyBot) -> None:
    """A click on the Home has the Home as its view, a trigger, and no channel or response_url."""
    await bot.call("views.publish", user_id=ANA, view={"type": "home", "blocks": CARD["blocks"]})
    home = slack.home(ANA)
    assert home
    await slack.click(home, "Confirm", user=ANA)
    click = bot.seen[-1]
    assert click["view"]["type"] == "home"
    assert "channel" not in click
    assert "response_url" not in click


async def test_typed_values_survive_an_update_of_the_same_fields(slack: FakeSlack, bot: TinyBot) -> None:
    """What was typed stays when the view is updated with the same block and action ids, as in Slack."""
    await slack.command(ANA, SALES, "/crm new task")
    await bot.call("views.open", trigger_id=bot.seen[0]["trigger_id"], view=FORM)
    form = slack.modal(ANA)
    assert form
    await slack.fill(form, {"Title": "Typed"})
    await bot.call("views.update", view_id=form.id, view=FORM | {"title": plain("Ready")})
    await slack.submit(form)
    assert bot.seen[-1]["view"]["state"]["values"]["title"]["v"]["value"] == "Typed"


async def test_an_open_field_takes_no_new_first_value(slack: FakeSlack, bot: TinyBot) -> None:
    """Untouched, too, it stays as it is under the same ids; under another action id it is another field."""
    await slack.command(ANA, SALES, "/crm new task")
    await bot.call("views.open", trigger_id=bot.seen[0]["trigger_id"], view=FORM)
    form = slack.modal(ANA)
    assert form
    title, records = FORM["blocks"]
    anew = {**title, "element": {**title["element"], "initial_value": "Write"}}
    await bot.call("views.update", view_id=form.id, view=FORM | {"blocks": [anew, records]})
    assert values_of(form)["title"] == {"v": {"type": "plain_text_input", "value": "Call"}}

    another = {**title, "element": {**anew["element"], "action_id": "w"}}
    await bot.call("views.update", view_id=form.id, view=FORM | {"blocks": [another, records]})
    assert values_of(form)["title"] == {"w": {"type": "plain_text_input", "value": "Write"}}
