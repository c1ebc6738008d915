"""Socket Mode and Bolt itself in front of the fake Slack; org-wide installations and surfaces of other teams."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import FakeSlack, Installation, World, buttons_of, menu_of, sample_world, text_of
from bot.sandbox.slack.sample import ACME, ACME_TOKEN, ANA, BEN, CALL_NOTES, OLGA, SALES, SHARED

Json = dict[str, Any]
SECRET = "bolt-secret"


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


FORM: Json = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("Note"),
    "submit": plain("Save"),
    "blocks": [
        {
            "type": "input",
            "block_id": "t",
            "label": plain("Title"),
            "element": {"type": "plain_text_input", "action_id": "v"},
        }
    ],
}
MENU: Json = {
    "type": "overflow",
    "action_id": "more",
    "options": [
        {"text": plain("Delete"), "value": "delete"},
        {"text": plain("History"), "value": "history"},
    ],
}
PICK: Json = {
    "type": "static_select",
    "action_id": "stage",
    "placeholder": plain("Stage"),
    "options": [{"text": plain("Won"), "value": "WON"}],
}
CARD: Json = {
    "text": "A deal",
    "blocks": [
        {"type": "section", "text": plain("A deal"), "accessory": MENU},
        {"type": "actions", "elements": [PICK, {"type": "datepicker", "action_id": "due"}]},
        {"type": "actions", "elements": [{"type": "button", "action_id": "x", "text": plain("Confirm"), "value": "1"}]},
    ],
}


def bolt(slack: FakeSlack, heard: list[Json]) -> AsyncApp:
    """A Bolt app that opens a form for a shortcut and remembers everything else."""
    client = AsyncWebClient(ACME_TOKEN, base_url=f"{slack.url}/api/")
    app = AsyncApp(client=client, signing_secret=SECRET)

    async def open_form(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    async def take(ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        heard.append({**body, "context_team": context.team_id})
        await ack()

    async def refuse(ack: AsyncAck, body: Json) -> None:
        heard.append(body)
        await ack(response_action="errors", errors={"t": "No"})

    app.shortcut("save_as_note")(open_form)
    app.view("form")(refuse)
    app.command("/crm")(take)
    app.action({"type": "block_actions"})(take)
    return app


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    fake = FakeSlack(signing_secret=SECRET)
    async with fake.serve():
        yield fake


async def test_bolt_serves_it_over_http(slack: FakeSlack) -> None:
    """Bolt takes the commands, shortcuts, forms and events as it takes Slack's."""
    heard: list[Json] = []
    app = bolt(slack, heard)
    runner = web.AppRunner(app.web_app(path="/slack/events"), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.point_at(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")

    assert (await slack.verify_url()).json == {"challenge": "sandbox-challenge"}
    assert (await slack.ssl_check()).ok
    assert (await slack.command(ANA, SALES, "/crm acme")).ok
    assert (await slack.command(ANA, SALES, "/crm acme", signature="forged")).status == 401
    assert (await slack.command(ANA, SALES, "/crm acme", signature="stale")).status == 401
    await slack.message_shortcut("save_as_note", ANA, SALES, CALL_NOTES)
    form = await slack.wait_for(lambda: slack.modal(ANA))
    await slack.submit(form, {"Title": "Call"})
    assert form.errors == {"t": "No"}
    assert "No" in text_of(form)
    assert heard[-1]["view"]["state"]["values"]["t"]["v"]["value"] == "Call"
    await runner.cleanup()
    assert [trouble.what for trouble in slack.troubles] == ["http_error 401", "http_error 401"]


async def test_socket_carries_everything_and_its_answers(slack: FakeSlack) -> None:
    """While a socket is connected the same acts go through it, and an acknowledgement may carry an answer."""
    heard: list[Json] = []
    handler = AsyncSocketModeHandler(bolt(slack, heard), slack.state.world.app_token)
    await handler.connect_async()
    await slack.wait_for(lambda: slack.socket.is_connected)

    assert (await slack.command(ANA, SALES, "/crm acme")).ok
    assert heard[0]["text"] == "acme"
    await slack.message_shortcut("save_as_note", ANA, SALES, CALL_NOTES)
    form = await slack.wait_for(lambda: slack.modal(ANA))
    await slack.submit(form, {"Title": "Call"})
    assert form.errors == {"t": "No"}
    await handler.close_async()
    assert slack.troubles == []


async def test_socket_needs_an_app_token_and_a_ticket(slack: FakeSlack) -> None:
    """A bot token opens no socket, and nobody connects without a ticket."""
    client = AsyncWebClient(base_url=f"{slack.url}/api/")
    answer = await client.apps_connections_open(app_token=slack.state.world.app_token)
    assert answer["url"].startswith("ws://127.0.0.1:")
    with pytest.raises(Exception, match="not_allowed_token_type"):
        await client.apps_connections_open(app_token=ACME_TOKEN)


@pytest.fixture
async def listening(slack: FakeSlack) -> AsyncIterator[None]:
    """A bot that says 200 to everything."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.point_at(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    yield
    await runner.cleanup()


async def post(slack: FakeSlack, channel: str) -> None:
    client = AsyncWebClient(ACME_TOKEN, base_url=f"{slack.url}/api/")
    await client.chat_postMessage(channel=channel, **CARD)


async def test_menus_selects_and_dates_are_pressed_by_what_they_show(slack: FakeSlack, listening: None) -> None:
    """An overflow entry, a select's option and a date become Slack's actions."""
    await post(slack, SALES)
    card = slack.messages(SALES)[-1]
    assert (buttons_of(card), menu_of(card)) == (["Confirm"], ["Delete", "History"])
    await slack.click(card, "History", user=ANA)
    await slack.click(card, "Stage", choose="Won", user=ANA)
    await slack.click(card, action_id="due", choose="2026-03-01", user=ANA)
    history, stage, due = (exchange.payload for exchange in slack.exchanges)
    assert history["actions"][0]["selected_option"]["value"] == "history"
    assert stage["actions"][0]["selected_option"]["value"] == "WON"
    assert due["actions"][0]["selected_date"] == "2026-03-01"
    [(_, state)] = [(block, v["due"]) for block, v in due["state"]["values"].items() if "due" in v]
    assert state == {"type": "datepicker", "selected_date": "2026-03-01"}


async def test_outsiders_form_names_the_outsiders_team(slack: FakeSlack, listening: None) -> None:
    """In a submission by an outsider team.id is theirs and app_installed_team_id is the installed team's."""
    await post(slack, SHARED)
    await slack.click(slack.messages(SHARED)[-1], "Confirm", user=OLGA)
    client = AsyncWebClient(ACME_TOKEN, base_url=f"{slack.url}/api/")
    await client.views_open(trigger_id=slack.exchanges[-1].payload["trigger_id"], view=FORM)
    form = slack.modal(OLGA)
    assert form
    await slack.submit(form, {"Title": "x"})
    payload = slack.exchanges[-1].payload
    assert (payload["team"]["id"], payload["user"]["team_id"]) == ("T0OTHER01", "T0OTHER01")
    assert payload["view"]["app_installed_team_id"] == ACME
    assert slack.modal(OLGA) is None


def org_world() -> World:
    """The sample world with Acme inside an organisation that installed the app as a whole."""
    world = sample_world()
    teams = tuple(
        replace(t, enterprise_id="E0ORG0001", enterprise_name="Org") if t.id == ACME else t for t in world.teams
    )
    org = Installation("", ACME_TOKEN, "U0BOTACME", "B0ACME001", enterprise_id="E0ORG0001", is_enterprise_install=True)
    return replace(world, teams=teams, installations=(org,))


async def test_org_installation_has_no_team_in_payloads() -> None:
    """With an org-wide installation the team is null, slash forms keep it and say "true", events lose their team_id."""
    slack = FakeSlack(world=org_world(), patience=0.2)
    async with slack.serve():
        slack.point_at(f"{slack.url}/nowhere")
        await slack.command(ANA, SALES, "/crm acme")
        await slack.message_shortcut("look_up", ANA, SALES, CALL_NOTES)
        await slack.open_home(ANA)
    form, shortcut, event = (exchange.payload for exchange in slack.exchanges[:3])
    assert (form["team_id"], form["enterprise_id"], form["is_enterprise_install"]) == (ACME, "E0ORG0001", "true")
    assert (shortcut["team"], shortcut["is_enterprise_install"]) == (None, True)
    assert shortcut["enterprise"] == {"id": "E0ORG0001", "name": "Org"}
    assert event["team_id"] is None
    assert event["authorizations"][0]["is_enterprise_install"]


async def test_uninstalling_kills_the_token_and_says_so(slack: FakeSlack, listening: None) -> None:
    """Removing the app sends tokens_revoked and app_uninstalled."""
    await slack.uninstall(ACME)
    assert [e.payload["event"]["type"] for e in slack.exchanges] == ["tokens_revoked", "app_uninstalled"]
    client = AsyncWebClient(ACME_TOKEN, base_url=f"{slack.url}/api/")
    with pytest.raises(Exception, match="token_revoked"):
        await client.auth_test()


async def test_people_write_messages_as_slacks_composer_does(slack: FakeSlack) -> None:
    """What a person types gets its entities in the text and its leaves in a rich_text block."""
    message = slack.say(ANA, SALES, "@ben ask ada@x.example about <R&D>", thread_ts=CALL_NOTES)
    assert message.text == f"<@{BEN}> ask <mailto:ada@x.example|ada@x.example> about &lt;R&amp;D&gt;"
    assert [leaf["type"] for leaf in message.blocks[0]["elements"][0]["elements"]] == ["user", "text", "link", "text"]
    assert slack.thread(SALES, CALL_NOTES)[-1] == message


async def test_waiting_wakes_on_change_and_gives_up(slack: FakeSlack) -> None:
    """wait_for returns what it waited for as soon as it is there, and times out when it never comes."""
    told: list[int] = []
    slack.on_change(lambda: told.append(1))
    before = len(slack.messages(SALES))
    waiting = asyncio.create_task(slack.wait_for(lambda: slack.messages(SALES)[before:], 2))
    await post(slack, SALES)
    assert [text_of(m).splitlines()[0] for m in await waiting] == ["A deal"]
    assert told
    with pytest.raises(TimeoutError):
        await slack.wait_for(lambda: slack.modal(ANA), 0.01)
