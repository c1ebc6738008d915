"""Whose request it is, whatever the payload looks like; and nothing of one team ever reaches another."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.blocks import ids
from bot.blocks.proposal import button_value
from bot.crm.connections import Connection
from bot.listeners import payloads
from bot.models import ConnectionId, TeamId, UserId
from bot.sandbox.slack import text_of
from bot.sandbox.slack.sample import ACME, ANA, BEN, GLOBEX, GLOBEX_SALES, GUS, HANA, OLGA, SALES, SHARED
from tests.teams.street import Street

SAMPLES = Path(__file__).parents[1] / "payloads"


def sample(name: str) -> dict[str, Any]:
    """One of the SDK's own sample payloads."""
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return found


def who(body: dict[str, Any]) -> Any:
    """What Bolt makes of a payload."""
    return AsyncBoltRequest(body=json.dumps(body), mode="socket_mode").context


@pytest.mark.parametrize(
    ("name", "team"),
    [
        ("test_events_org_apps__event_payload", "T111"),
        ("test_events_shared_channels__app_uninstalled_body", "T_INSTALLED"),
        ("test_events_shared_channels__tokens_revoked_body", "T_INSTALLED"),
        ("test_events_token_revocations__event_payload", "E111"),
        ("test_events_shared_channels__app_mention_body", "T_INSTALLED"),
    ],
)
def test_whose_event_it_is(name: str, team: str) -> None:
    """The team that installed the bot, not the message's own; the organisation where Slack names no team."""
    body = sample(name)

    assert payloads.event(body, who(body)).team == team


@pytest.mark.parametrize(
    ("name", "team", "user_team"),
    [
        ("test_view_submission__connect_channel_payload", "T-installed-workspace", "T-other-side"),
        ("test_view_submission__body", "T111", "T111"),
        ("test_view_submission__response_url_payload_body", "T111", "T111"),
    ],
)
def test_whose_submission_it_is(name: str, team: str, user_team: str) -> None:
    """With Slack Connect the payload's team is the other company's, and the person's stays to be refused by."""
    body = sample(name)
    submission = payloads.submission(body, who(body))

    assert (submission.team, submission.user_team) == (team, user_team)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("test_block_actions__body", payloads.click),
        ("test_block_suggestion__body", payloads.typing),
        ("test_shortcut__global_shortcut_body", payloads.shortcut),
        ("test_shortcut__message_shortcut_body", payloads.shortcut),
    ],
)
def test_every_sample_is_read(name: str, read: Any) -> None:
    """Each of the SDK's samples becomes a value of its team and its person."""
    body = sample(name)
    incoming = read(body, who(body))

    assert (incoming.team, incoming.user) == ("T111", "W111")


@pytest.mark.parametrize("flag", ["true", "false"])
def test_a_slash_form_of_an_organisation(flag: str) -> None:
    """The form carries "true" or "false" as text and a real team: the team is the tenant either way."""
    form = {"command": "/crm", "text": "", "team_id": "T111", "user_id": "W111", "is_enterprise_install": flag}
    form["enterprise_id"] = "E111"

    assert payloads.command(form, who(form)).team == "T111"


@pytest.fixture
async def both(town: Street) -> Street:
    """Acme and Globex, each connected to its own CRM; Olga's team is in one shared channel."""
    for team in (ACME, GLOBEX):
        await town.install(team)
        await town.connect(team)
    bot_user = town.slack.installation(ACME).bot_user
    town.slack.state.set_member(SHARED, bot_user, present=True)
    return town


async def test_a_third_team_cannot_confirm(both: Street) -> None:
    """Olga sees the card in the shared channel; her click is refused in words and nothing is written."""
    message = both.slack.say(ANA, SHARED, "Contoso asks for an offer")
    await both.open_form("save_as_note", user=ANA, channel=SHARED, ts=message.ts)
    view = both.slack.modal(ANA)
    assert view is not None
    await both.slack.submit(view, {"Title": "Offer"})
    card = await both.card(channel=SHARED, thread=message.ts)
    both.maton.forget_log()

    await both.slack.click(card, "Confirm", user=OLGA)
    await both.told(OLGA, "another company")
    await both.quiet()

    assert both.crm_requests() == []
    await both.slack.click(card, "Confirm", user=ANA)
    await both.shows(card, "Created note: Offer")


async def test_an_outsiders_command_reads_nothing(both: Street) -> None:
    """A command in a shared channel by somebody from outside is refused in words."""
    both.maton.forget_log()
    await both.slack.command(OLGA, SHARED, "/crm contoso")
    await both.told(OLGA, "another company")

    assert both.crm_requests() == []


async def test_another_teams_ids_open_nothing(both: Street) -> None:
    """A proposal's, a list's and a connection's ids, replayed from another team, fail closed."""
    await both.save_note(user=ANA)
    (proposal,) = await both.bot.store.proposals.open_of(TeamId(ACME), UserId(ANA))
    listing = await both.ask("/crm companies", user=ANA)
    next_page = next(
        element["value"]
        for block in listing.blocks
        for element in block.get("elements", [])
        if element.get("action_id") == ids.LIST_NEXT
    )
    answer = await both.ask("/crm companies", user=HANA, channel=GLOBEX_SALES)
    both.maton.forget_log()

    for action_id, value in (
        (ids.PROPOSAL_CONFIRM, button_value(proposal)),
        (ids.PROPOSAL_CANCEL, button_value(proposal)),
        (ids.PROPOSAL_UNDO, proposal.id),
        (ids.LIST_NEXT, next_page),
    ):
        await press(both, answer, action_id, value, user=HANA)
    await both.quiet()

    assert both.crm_requests() == []
    assert [each.id for each in await both.bot.store.proposals.open_of(TeamId(ACME), UserId(ANA))] == [proposal.id]
    assert not any("Contoso" in text_of(each) for each in both.slack.ephemerals(HANA)[1:])


async def press(town: Street, message: Any, action_id: str, value: str, *, user: str) -> None:
    """Send a click that no client would: another button's value on a message of one's own."""
    from bot.sandbox.slack import payloads as shapes

    action = {"type": "button", "action_id": action_id, "block_id": "b", "value": value}
    payload = shapes.click_on_message(town.slack.state, town.slack.url, user=user, message=message, action=action)
    answer = await town.slack.delivery.send("interactive", payload)
    assert answer.ok


STEPS = ("/crm contoso", "/crm companies", "/crm deals", "/crm members", "/crm status", "/crm pending")


@pytest.mark.parametrize("seed", range(3))
async def test_interleaved_teams_stay_apart(both: Street, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever two teams do at once, no request and no message of one carries anything of the other."""
    random = Random(seed)
    both.maton.forget_log()
    held = {each.team_id: each.connection_id for each in await both.bot.store.connections.all()}
    people = [(ANA, SALES), (BEN, SALES), (HANA, GLOBEX_SALES), (GUS, GLOBEX_SALES)]
    for _ in range(14):
        user, channel = random.choice(people)
        assert (await both.slack.command(user, channel, random.choice(STEPS))).ok
    await both.quiet()

    carried = {each.connection_id for each in both.crm_requests()}
    assert carried <= set(held.values())
    for team, other in ((ACME, GLOBEX), (GLOBEX, ACME)):
        said = shown_to(both, team)
        assert other not in said
        assert held[TeamId(other)] not in said
        assert f"@{'globex' if team == ACME else 'acme'}.example" not in said
    assert not any("@acme.example" in record.getMessage() for record in caplog.records if record.name.startswith("bot"))


def shown_to(town: Street, team: str) -> str:
    """Everything that the people of a team can see of the bot, and all that was sent with the team's token."""
    state = town.slack.state
    people = {user.id for user in state.users.values() if user.team == team}
    seen = [each for each in [*state.ephemeral.values(), *state.posted.values()] if each.only_for in people]
    shown = [(each.text, list(each.blocks)) for each in seen if each.bot_id]
    return json.dumps([shown, [each.args for each in town.slack.calls if each.team == team]], default=str)


def test_a_connection_shows_no_id() -> None:
    """Printing one, as in a traceback, gives away neither its id nor its link."""
    shown = repr(Connection(id=ConnectionId("c0ffee"), status="PENDING", connect_url="https://connect.maton.ai/?s=1"))

    assert "c0ffee" not in shown
    assert "connect.maton.ai" not in shown
