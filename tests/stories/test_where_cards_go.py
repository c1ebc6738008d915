"""Where a card stands: where its deciders see it, else as settled; and one click that is made twice makes one card."""

import asyncio
from datetime import timedelta

import pytest
from house import House

from bot.listeners import decide
from bot.models import TeamId, UserId
from bot.sandbox.slack import Message, buttons_of, text_of
from bot.sandbox.slack.sample import ACME, ANA, BEN, CLEO, PRIVATE, RANDOM, SALES
from bot.store.tables import cards as placed
from bot.team_settings import Approval, CardPlacing, Rule, TeamSettings

ANOTHER = TeamSettings(rules=(Rule(approval=Approval.ANOTHER),))
CLEO_DECIDES = TeamSettings(rules=(Rule(approval=Approval.NAMED, users=(UserId(CLEO),)),))


async def propose(home: House, *, channel: str) -> None:
    """Ana proposes in a channel that a task is done."""
    home.crm.add("tasks", {"title": "Water the plants", "status": "TODO"})
    await home.slack.command(ANA, channel, "/crm done water the plants")
    await home.quiet()


def cards(messages: list[Message]) -> list[Message]:
    """Those that can be confirmed."""
    return [each for each in messages if "Confirm" in buttons_of(each)]


async def test_a_card_for_others_stands_in_the_channel_though_the_bot_is_no_member(one_home):
    """Everybody sees it there, somebody else confirms it there, and there it says how it ended."""
    await one_home.settle(ANOTHER)
    await propose(one_home, channel=RANDOM)
    (card,) = cards(one_home.slack.messages(RANDOM))
    assert cards(one_home.slack.ephemerals(ANA)) == []

    await one_home.slack.click(card, "Confirm", user=BEN)

    now = await one_home.shows(card, "Changed task")
    assert "Undo" in buttons_of(now)
    assert [each["status"] for each in one_home.crm.all("tasks") if each["title"] == "Water the plants"] == ["DONE"]


async def test_each_click_brings_a_way_to_rewrite_such_a_card(one_home, monkeypatch):
    """A response_url lives for half an hour: the one of an early click must not be the only one at the end."""
    await one_home.settle(ANOTHER)
    await propose(one_home, channel=PRIVATE)
    (card,) = cards(one_home.slack.messages(PRIVATE))
    with monkeypatch.context() as early:
        early.setattr(decide, "RESPONSE_URL_LIVES", timedelta(hours=-1))
        await one_home.slack.click(card, "Confirm", user=ANA)
        await one_home.told(ANA, "somebody other than the proposer")

    await one_home.slack.click(card, "Confirm", user=BEN)

    await one_home.shows(card, "Changed task")


async def test_a_card_for_others_that_only_its_proposer_sees_says_what_to_do(one_home):
    """In the direct message with the bot nobody else reads it: asked for again in a channel it stands there."""
    await one_home.settle(ANOTHER)
    await propose(one_home, channel=one_home.slack.dm_channel(ANA))
    await one_home.told(ANA, "Invite me to a channel with /invite, then ask for it there with /crm pending.")
    assert len(cards(one_home.slack.ephemerals(ANA))) == 1

    await one_home.slack.command(ANA, SALES, "/crm pending")
    await one_home.quiet()

    assert len(cards(one_home.slack.messages(SALES))) == 1


async def test_what_is_pending_is_shown_to_those_who_decide_it(one_home):
    """A card that stands nowhere public is issued again for everybody; once it does, again for the asker alone."""
    await one_home.settle(ANOTHER)
    await propose(one_home, channel=RANDOM)

    await one_home.slack.command(ANA, SALES, "/crm pending")
    await one_home.quiet()
    public = cards(one_home.slack.messages(RANDOM)) + cards(one_home.slack.messages(SALES))
    assert len(public) == 2

    await one_home.slack.command(ANA, SALES, "/crm pending")
    await one_home.quiet()

    assert len(cards(one_home.slack.messages(SALES))) == 1
    assert len(cards(one_home.slack.ephemerals(ANA))) == 1


async def test_named_approvers_get_the_card_wherever_it_stands(one_home):
    """Cleo need not read the channel: she decides in her direct message, and the channel's card says so."""
    await one_home.settle(CLEO_DECIDES)
    await propose(one_home, channel=SALES)
    (there,) = cards(one_home.slack.messages(SALES))
    (hers,) = cards(one_home.slack.dm(CLEO))

    await one_home.slack.click(hers, "Confirm", user=CLEO)

    await one_home.shows(there, "Changed task")
    await one_home.shows(hers, "Changed task")


async def test_an_approver_who_cannot_be_reached_keeps_it_from_no_other(one_home):
    """One of the named has left Slack: the card stands, the others have theirs, and nobody reads of a failure."""
    left = UserId("U0LEFT0001")
    rule = Rule(approval=Approval.NAMED, users=(left, UserId(CLEO)))
    await one_home.settle(TeamSettings(rules=(rule,)))

    await propose(one_home, channel=SALES)

    assert len(cards(one_home.slack.messages(SALES))) == 1
    assert len(cards(one_home.slack.dm(CLEO))) == 1
    assert one_home.slack.ephemerals(ANA) == []


async def test_cards_go_to_the_direct_message_where_that_is_settled(one_home):
    """From a command and from a message alike, and nowhere else."""
    await one_home.settle(TeamSettings(card_place=CardPlacing.DM))
    await propose(one_home, channel=SALES)
    view = await one_home.open_form("save_as_note")
    await one_home.slack.submit(view, {"Title": "Call with Ada"})
    await one_home.quiet()

    assert [text_of(each).split("?")[0] for each in cards(one_home.slack.dm(ANA))] == [
        "Change task: Water the plants",
        "Create note: Call with Ada",
    ]
    assert cards(one_home.slack.messages(SALES)) == cards(one_home.slack.ephemerals(ANA)) == []


@pytest.mark.parametrize("clicks", [2, 5])
async def test_a_button_pressed_twice_makes_one_proposal(one_home, clicks):
    """Each click gets a card, all are cards of one proposal, and it can be confirmed on any of them."""
    task = one_home.crm.add("tasks", {"title": "Water the plants", "status": "TODO"})
    answer = await one_home.ask(f"/crm {task['id']}")
    await asyncio.gather(*(one_home.slack.click(answer, "Done", user=ANA) for _ in range(clicks)))
    await one_home.quiet()
    shown = cards(one_home.slack.ephemerals(ANA))
    assert len(await one_home.bot.store.proposals.open_of(TeamId(ACME), UserId(ANA))) == 1
    assert len(shown) == clicks

    await one_home.slack.click(shown[0], "Confirm", user=ANA)

    await one_home.shows(shown[0], "Changed task")
    assert one_home.crm.get("tasks", task["id"])["status"] == "DONE"


@pytest.mark.parametrize("where", ["channel", "direct message"])
async def test_who_decides_is_shown_the_card_alone(one_home, where):
    """Ben asked what waits for him: he gets a card of his own, and nobody else is shown what he looks at."""
    await one_home.settle(ANOTHER)
    await propose(one_home, channel=one_home.slack.dm_channel(ANA))
    asked_in = RANDOM if where == "channel" else one_home.slack.dm_channel(BEN)
    waiting = await one_home.ask("/crm pending", user=BEN, channel=asked_in)

    await one_home.slack.click(waiting, "Show", user=BEN)
    await one_home.quiet()

    assert len(cards(one_home.slack.ephemerals(BEN))) == 1
    assert cards(one_home.slack.messages(asked_in)) == []
    assert not any("Somebody other than you" in text_of(each) for each in one_home.slack.ephemerals(BEN))


async def test_a_card_that_was_replaced_leads_everybody_to_the_newer_one_privately(one_home):
    """Also when that is decided already: then it is nobody's to be asked in the channel again."""
    await one_home.settle(ANOTHER)
    company = one_home.crm.add("companies", {"name": "Zephyr"})
    for city in ("Potsdam", "Paris"):
        view = await one_home.ask_form(f"/crm edit {company['id']}")
        await one_home.slack.submit(view, {"City": city})
        await one_home.quiet()
    (newer,) = cards(one_home.slack.messages(SALES))
    await one_home.slack.click(newer, "Cancel", user=ANA)
    await one_home.quiet()
    (older,) = [each for each in one_home.slack.messages(SALES) if "Replaced" in text_of(each)]
    await one_home.bot.store._database.write(lambda connection: connection.execute(placed.delete()))
    before = len(one_home.slack.messages(SALES))

    await one_home.slack.click(older, "Show the newer one", user=BEN)
    await one_home.quiet()

    assert len(one_home.slack.messages(SALES)) == before
    assert "Cancelled" in text_of(one_home.slack.ephemerals(BEN)[-1])


async def test_what_was_made_from_a_message_is_shown_in_its_channel_only(one_home):
    """Its text is for whoever reads that channel: asked for elsewhere, its proposer sees it there alone."""
    await one_home.settle(ANOTHER)
    view = await one_home.open_form("save_as_note", channel=SALES)
    one_home.slack.faults.fail("chat.postMessage", "not_in_channel", times=1)
    one_home.slack.faults.fail("response_url", "expired_url", times=1)
    await one_home.slack.submit(view, {"Title": "Call with Ada"})
    await one_home.quiet()
    await one_home.told(ANA, "Invite me to the channel of that message with /invite")

    await one_home.slack.command(ANA, RANDOM, "/crm pending")
    await one_home.quiet()

    assert cards(one_home.slack.messages(RANDOM)) == []
    assert len(cards(one_home.slack.messages(SALES))) == 1
    assert len(cards(one_home.slack.ephemerals(ANA, RANDOM))) == 1


@pytest.mark.parametrize(
    ("pressed", "words"),
    [("Confirm", "confirmed what you proposed. Changed task: Water the plants."), ("Cancel", "nothing was written")],
)
async def test_the_proposer_hears_what_somebody_else_decided(one_home, pressed, words):
    """In a direct message, once: Slack notifies nobody of a card that was rewritten."""
    await one_home.settle(CLEO_DECIDES)
    await propose(one_home, channel=SALES)
    (hers,) = cards(one_home.slack.dm(CLEO))

    await one_home.slack.click(hers, pressed, user=CLEO)
    await one_home.quiet()

    (told,) = one_home.slack.dm(ANA)
    assert f"@{CLEO}" in text_of(told)
    assert words in text_of(told)


async def test_who_decides_alone_is_told_nothing_else(one_home):
    """The card that the proposer has just pressed says it."""
    await propose(one_home, channel=SALES)
    (card,) = cards(one_home.slack.ephemerals(ANA))

    await one_home.slack.click(card, "Confirm", user=ANA)
    await one_home.quiet()

    assert one_home.slack.dm(ANA) == []


async def test_a_waiting_card_that_is_rewritten_still_offers_what_is_there_already(one_home, monkeypatch):
    """An admin settles anew who decides: the card says so, and what it may double stands on it as before."""
    monkeypatch.setattr("bot.store.settings.REREAD_WITHIN", timedelta(0))
    await one_home.settle(ANOTHER)
    view = await one_home.ask_form("/crm new company", channel=SALES)
    await one_home.slack.submit(view, {"Name": "Contoso GmbH", "Domain": "contoso.example"})
    await one_home.quiet()
    (card,) = cards(one_home.slack.messages(SALES))
    assert "Use existing" in buttons_of(card)

    await one_home.settle(CLEO_DECIDES)

    now = await one_home.shows(card, f"To be decided by @{CLEO}")
    assert "Use existing" in buttons_of(now)


@pytest.mark.parametrize("pressed", [0, 1])
@pytest.mark.parametrize(("button", "ended"), [("Confirm", "Changed task"), ("Cancel", "Cancelled")])
async def test_a_card_whose_place_slack_did_not_tell_works_like_any(one_home, pressed, button, ended):
    """Slack posted it and its answer was lost, so there are two: each decides, and each tells the end when clicked."""
    await one_home.settle(ANOTHER)
    one_home.slack.faults.lose_answer("chat.postMessage")
    await propose(one_home, channel=SALES)
    both = cards(one_home.slack.messages(SALES))
    assert len(both) == 2

    await one_home.slack.click(both[pressed], button, user=BEN)
    await one_home.shows(both[pressed], ended)
    await one_home.slack.click(both[1 - pressed], button, user=BEN)

    await one_home.shows(both[1 - pressed], ended)
    await one_home.told(BEN, "by you")
