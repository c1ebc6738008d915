"""What comes to the front door: real and forged, connected and not, from members, guests and outsiders."""

import asyncio
import time
from dataclasses import replace

import aiohttp
import pytest

from bot.blocks import ids
from bot.models import Kind, TeamId, UserId
from bot.sandbox.slack import labels_of, pings_of, text_of
from bot.sandbox.slack import payloads as shapes
from bot.sandbox.slack.pressing import find_action
from bot.sandbox.slack.sample import ACME, ANA, BEN, CALL_NOTES, CLEO, GIL, OLGA, OTHER, SALES, SHARED
from bot.team_settings import Effect, Rule, TeamSettings
from tests.house import house

AWKWARD = [
    "O'Brien & Sons",
    '5" disk',
    "a]b",
    "smile :)",
    ")(",
    "100% Pure",
    "under_score",
    "back\\slash",
    "Acme, Inc",
    "<!channel>",
    "Rocket 🚀 Labs",
    "שלום עולם",
]
HOSTILE = [
    'x",id[is]:NOT_NULL,name[ilike]:"',
    'x%"),or(id[is]:NOT_NULL',
    "%",
    "%%%",
    "_",
    "a\nb",
    "'",
    "(((",
    '%"))',
    "or(x[eq]:1)",
    "<@U0BEN0001> & <!here>",
]


@pytest.mark.parametrize("signature", ["forged", "stale", "missing"])
async def test_only_slack_is_answered(one_home, signature):
    """A request that Slack did not sign, or signed long ago, is refused and leads to nothing."""
    answer = await one_home.slack.command(ANA, SALES, "/crm fabrikam", signature=signature)
    clicked = await one_home.slack.message_shortcut("save_as_note", ANA, SALES, CALL_NOTES, signature=signature)

    assert (answer.status, clicked.status) == (401, 401)
    assert one_home.crm_requests() == []
    assert not one_home.slack.ephemerals(ANA)


async def test_a_team_without_a_connection_is_told_how_to_get_one(sqlite_url):
    """Nothing is sent to any CRM, and the answer names the command that connects."""
    async with house(sqlite_url, connected=False) as home:
        for typed in ("/crm fabrikam", "/crm deals", "/crm tasks"):
            assert "/crm connect" in text_of(await home.ask(typed))
        assert home.crm_requests() == []


async def test_every_acknowledgement_is_quick_while_the_crm_hangs(one_home):
    """Commands, shortcuts, clicks and forms are acknowledged within a second whatever the CRM does."""
    card = await one_home.save_note()
    one_home.maton.fault("hang", times=None)

    view = await one_home.open_form("save_as_note", user=BEN)
    answers = [
        await one_home.slack.command(ANA, SALES, "/crm fabrikam"),
        await one_home.slack.message_shortcut("create_task", ANA, SALES, CALL_NOTES),
        await one_home.slack.submit(view, {"Title": "While it hangs"}),
        await one_home.slack.click(card, "Confirm", user=ANA),
    ]

    assert all(each.ok for each in answers)
    assert max(each.seconds for each in answers) < 1
    one_home.maton.clear_faults()
    await one_home.shows(card, "Created")


@pytest.mark.parametrize("user", [GIL, OLGA])
async def test_guests_and_outsiders_are_told_so(one_home, user):
    """A guest or somebody of another company neither reads nor confirms, and hears why."""
    channel = SHARED if user == OLGA else SALES
    said = one_home.slack.say(ANA, channel, "Contoso called")
    view = await one_home.open_form("save_as_note", channel=channel, ts=said.ts)
    await one_home.slack.submit(view, {"Title": "Contoso called"})
    card = await one_home.card(channel=channel, thread=said.ts)
    one_home.maton.forget_log()

    await one_home.slack.click(card, "Confirm", user=user)
    told = await one_home.told(user, "member")
    await one_home.quiet()

    assert one_home.crm_requests("POST") == []
    assert told.only_for == user


async def test_an_unknown_button_is_never_silence(one_home):
    """A button of an older version is answered with a sentence."""
    answer = await one_home.ask("/crm companies")
    for block in answer.blocks:
        for element in [*block.get("elements", []), block.get("accessory") or {}]:
            if element.get("action_id") == ids.LIST_NEXT:
                element["action_id"] = "gone_since"

    await one_home.slack.click(answer, user=ANA, action_id="gone_since")

    await one_home.told(ANA, "older version")


@pytest.mark.parametrize("name", AWKWARD)
async def test_awkward_names_are_found_literally(home, name):
    """Whatever its characters, a company is found by its name, nothing pings anybody, and three requests suffice."""
    answer = await home.ask(f"/crm find {name}")

    assert name in text_of(answer)
    assert not pings_of(answer)
    assert len(home.crm_requests()) <= 4


@pytest.mark.parametrize("words", HOSTILE)
async def test_no_words_change_the_meaning_of_a_filter(home, words):
    """Hostile words find what literally holds them, never everything."""
    answer = await home.ask(f"/crm find {words}")

    told = text_of(answer)
    assert "went wrong" not in told
    assert "Something broke" not in told
    assert "(41)" not in told
    assert not pings_of(answer)
    assert not home.maton.surprises


async def test_thirty_proposals_with_eight_clicks_each_are_thirty_notes(one_home):
    """Eight clicks at once on each of thirty cards write thirty notes, once each."""
    cards = []
    for number in range(30):
        said = one_home.slack.say(ANA, SALES, f"Note {number}")
        view = await one_home.open_form("save_as_note", ts=said.ts)
        await one_home.slack.submit(view, {"Title": f"Thirty {number}"})
        cards.append(await one_home.card(thread=said.ts))

    clicks = [one_home.slack.click(card, "Confirm", user=ANA) for card in cards for _ in range(8)]
    answers = await asyncio.gather(*clicks)
    for card in cards:
        await one_home.shows(card, "Created")

    titles = sorted(each["title"] for each in one_home.crm.all("notes") if each["title"].startswith("Thirty"))
    assert titles == sorted(f"Thirty {number}" for number in range(30))
    assert all(answer.ok for answer in answers)
    assert max(answer.seconds for answer in answers) < 3


async def test_who_became_a_guest_cannot_confirm(one_home):
    """The proposer was made a guest since the card was shown: Confirm writes nothing and says why."""
    card = await one_home.save_note()
    users = one_home.slack.state.users
    users[ANA] = replace(users[ANA], is_restricted=True)

    await one_home.slack.click(card, "Confirm", user=ANA)
    await one_home.told(ANA, "Only full members")

    assert one_home.crm_requests("POST") == []


async def test_a_click_that_names_the_other_companys_team_is_an_outsiders(one_home):
    """With one workspace's token the payload's own team is no proof: only the token says whose the bot is."""
    said = one_home.slack.say(ANA, SHARED, "Contoso called")
    view = await one_home.open_form("save_as_note", channel=SHARED, ts=said.ts)
    await one_home.slack.submit(view, {"Title": "Contoso called"})
    card = await one_home.card(channel=SHARED, thread=said.ts)
    action = find_action(card, "Confirm", action_id=None, choose=None, offered={})
    state = one_home.slack.state
    click = shapes.click_on_message(state, one_home.slack.url, user=OLGA, message=card, action=action)
    click["team"] = {"id": OTHER, "domain": "initech"}

    assert (await one_home.slack.delivery.send("interactive", click)).ok

    await one_home.told(OLGA, "belongs to another company's workspace")


@pytest.mark.parametrize("way", ["/crm new company", "/crm edit company Fabrikam", "Add note", "Edit", "create_task"])
async def test_who_may_not_write_hears_it_before_filling_in_a_form(one_home, way):
    """Every way to a form says in its place that only named people write, and there is nothing to fill in."""
    card = await one_home.ask("/crm show company Fabrikam")
    await one_home.settle(TeamSettings(writers=(UserId(CLEO),)))

    if way.startswith("/"):
        await one_home.slack.command(ANA, SALES, way)
    elif way in ("Add note", "Edit"):
        await one_home.slack.click(card, way, user=ANA)
    else:
        await one_home.slack.message_shortcut(way, ANA, SALES, CALL_NOTES)
    await one_home.quiet()

    form = one_home.slack.modal(ANA)
    assert "only the people whom its admins named" in text_of(form)
    assert labels_of(form) == []
    assert one_home.crm_requests("POST") == []


async def test_what_the_policy_forbids_is_said_before_its_form_is_filled_in(one_home):
    """A rule against new companies leaves the form of a person as it was."""
    await one_home.settle(TeamSettings(rules=(Rule(effect=Effect.DENY, kinds=frozenset({Kind.COMPANY})),)))

    await one_home.slack.command(ANA, SALES, "/crm new company")
    await one_home.quiet()
    assert "policy does not allow it" in text_of(one_home.slack.modal(ANA))
    await one_home.slack.close(one_home.slack.modal(ANA))

    assert "Name" in labels_of(await one_home.ask_form("/crm new person"))


async def test_a_crm_that_hangs_keeps_nobody_from_a_form(one_home):
    """Whether somebody is a member is asked again when the card is made."""
    await one_home.settle(TeamSettings(require_members=True))
    one_home.maton.fault("status", path="/twenty/", status=503, times=None)

    view = await one_home.open_form("save_as_note")
    await one_home.quiet()

    assert "Title" in labels_of(one_home.slack.modal(ANA) or view)


async def test_a_turning_character_turns_nothing_but_itself(one_home):
    """A right-to-left override in a name shows as a mark, so that the card's own words and ids stay readable."""
    view = await one_home.ask_form("/crm new company")
    await one_home.slack.submit(view, {"Name": "Ev\u202eil co"})
    card = await one_home.private_card()

    assert "\u202e" not in text_of(card)
    assert "Ev\ufffdil co" in text_of(card)

    await one_home.slack.click(card, "Cancel", user=ANA)
    await one_home.slack.click(card, "Cancel", user=ANA)
    assert "“Ev\ufffdil co” was already cancelled" in text_of(await one_home.told(ANA, "already cancelled by"))


@pytest.mark.parametrize("body", [b"{", b"payload=%7B", b"payload=", b"[" * 100_000], ids=lambda body: body[:9])
async def test_garbage_is_refused_and_breaks_nothing(one_home, body, caplog):
    """What is no payload of Slack's gets 400 or 401, whoever sends it."""
    kind = "application/json" if body[:1] in b"{[" else "application/x-www-form-urlencoded"
    assert await refused(one_home, body, {"Content-Type": kind}) in (400, 401)
    assert not caplog.records


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Request-Timestamp": "yesterday"},
        {"X-Slack-Request-Timestamp": "9" * 400},
        {"X-Slack-Signature": "v0=é"},
        {"Content-Encoding": "deflate"},
    ],
    ids=["no time", "no such time", "no signature", "not compressed"],
)
async def test_strange_headers_are_refused_and_break_nothing(one_home, headers, caplog):
    """Anybody may send them: the bot makes no error of it, and Bolt none in its log."""
    signed = {"X-Slack-Request-Timestamp": f"{time.time():.0f}", "X-Slack-Signature": "v0=0"}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}

    assert await refused(one_home, b"command=/crm", {**kind, **signed, **headers}) in (400, 401)
    assert [each for each in caplog.records if each.levelname == "ERROR" and each.name != "aiohttp.server"] == []


async def refused(home, body, headers):
    """Send it to the door of Slack's payloads; the status."""
    url = f"{home.url}/slack/events"
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize("due", ["0001-01-01T00:00:00.000Z", "1600-01-01T00:00:00.000Z", "9999-12-31T23:59:59.000Z"])
@pytest.mark.parametrize("user", [ANA, BEN], ids=["east of Greenwich", "west of it"])
async def test_a_date_at_the_end_of_time_is_a_date(one_home, due, user):
    """What imports write for "always" and "never" stands in lists, on cards and in forms, and an edit leaves it."""
    deal = one_home.crm.add("opportunities", {"name": "Old deal", "closeDate": due})
    task = one_home.crm.add("tasks", {"title": "Old task", "status": "TODO", "dueAt": due})
    for asked in (
        "deals sort:created-desc",
        "tasks owner:anyone sort:created-desc",
        f"show {deal['id']}",
        f"show {task['id']}",
    ):
        assert "Old" in text_of(await one_home.ask(f"/crm {asked}", user=user))

    view = await one_home.ask_form(f"/crm edit {task['id']}", user=user)
    assert "Left empty, it stays as it is" in text_of(view)
    await one_home.slack.submit(view, {"Title": "Old chore"})
    card = await one_home.private_card(user)
    await one_home.slack.click(card, "Confirm", user=user)

    await one_home.shows(card, "Changed")
    now = one_home.crm.get("tasks", task["id"])
    assert (now["title"], now["dueAt"]) == ("Old chore", due)


FORGED = [
    (ids.RECORD_SHOW, "company:../../connections"),
    (ids.RECORD_EDIT, "member:{member}"),
    (ids.RECORD_DELETE, "member:{member}"),
    (ids.RECORD_DONE, "company:{company}"),
    (ids.RECORD_ADD_NOTE, "member:{member}"),
    (ids.RECORD_MORE, "delete member:{member}"),
    (ids.RECORD_MORE, "notes task:{company}"),
]


@pytest.mark.parametrize(("pressed", "value"), FORGED, ids=lambda said: said)
async def test_a_forged_button_is_answered_and_leads_nowhere(one_home, pressed, value, caplog):
    """A value of a record that the button is not for, or of none: a sentence, no proposal, no fault in the log."""
    answer = await one_home.ask("/crm companies")
    action = find_action(answer, "Next", action_id=None, choose=None, offered={})
    state = one_home.slack.state
    click = shapes.click_on_message(state, one_home.slack.url, user=ANA, message=answer, action=action)
    member, company = (one_home.crm.all(plural)[0]["id"] for plural in ("workspaceMembers", "companies"))
    click["actions"][0] |= {"action_id": pressed, "value": value.format(member=member, company=company)}

    assert (await one_home.slack.delivery.send("interactive", click)).ok
    await one_home.quiet()

    said = [*one_home.slack.ephemerals(ANA), *filter(None, [one_home.slack.modal(ANA)])]
    assert any("older version of the bot" in text_of(each) for each in said)
    assert not [each for each in caplog.records if each.exc_info]
    assert await one_home.bot.store.proposals.open_of(TeamId(ACME), UserId(ANA)) == ()
