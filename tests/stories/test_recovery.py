"""What becomes of a confirmed write when answers are lost, processes die, and Slack or the CRM are away."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock, Mock

import msgspec
import pytest
from databases import life_of

from bot.errands import Errands
from bot.listeners.inbox import GIVEN_UP_AFTER, LEASE, Inbox, Pressed
from bot.listeners.payloads import Click
from bot.models import TeamId, UserId
from bot.proposal import Proposal, State, What
from bot.sandbox.slack import Message, buttons_of, text_of
from bot.sandbox.slack.sample import ACME, ANA, BEN
from bot.sandbox.twenty import FakeCRM
from bot.store.sealing import Unreadable
from tests.faults.street import Street, street
from tests.house import bind

NOTES = r"/rest/notes"


@pytest.fixture
async def road(database_url: str) -> AsyncIterator[Street]:
    """One bot in a hurry, on either database."""
    async with street(database_url) as here:
        yield here


def notes(road: Street, title: str = "Call with Ada") -> list[dict[str, Any]]:
    return [each for each in road.crm.all("notes") if each["title"] == title]


def creates(road: Street) -> int:
    """How many creates of a note reached the gateway."""
    return len(road.maton.requests("POST", NOTES + "$"))


async def proposal_of(road: Street, card: Message) -> Proposal:
    """The proposal behind a card that still waits."""
    value = next(
        element["value"]
        for block in card.blocks
        for element in block.get("elements", [])
        if element.get("action_id") == "proposal_confirm"
    )
    found = await road.bot.store.proposals.proposal(TeamId(ACME), value.partition(".")[0])
    assert found
    return found


async def history(road: Street, proposal: Proposal) -> list[What]:
    return [event.what for event in await life_of(road.bot.store, proposal)]


async def until(fact: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait for something that Slack does not announce."""
    async with asyncio.timeout(seconds):
        while not fact():  # noqa: ASYNC110 -- nothing announces what is waited for here
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("fault", "posts"), [("lost_before", 2), ("lost_after", 1), ("empty", 1), ("badjson", 1)])
async def test_a_lost_answer_is_looked_up_at_once(road, fault, posts):
    """One read tells whether the note is there; only if it is not, it is sent again, and no card says "not known"."""
    card = await road.save_note()
    proposal = await proposal_of(road, card)
    road.maton.fault(fault, method="POST", path=NOTES)

    await road.slack.click(card, "Confirm", user=ANA)

    await road.shows(card, "Created")
    assert len(notes(road)) == 1
    assert creates(road) == posts
    assert await history(road, proposal) == [What.PROPOSED, What.CONFIRMED, What.DONE]


async def test_an_unknown_outcome_is_said_and_then_settled_as_done(road):
    """While the CRM is away the card says that it is not known; once it answers again the card says the truth."""
    card = await road.save_note()
    proposal = await proposal_of(road, card)
    road.maton.fault("lost_after", method="POST", path=NOTES)
    away = road.maton.fault("status", method="GET", path=NOTES, status=503, times=None)

    await road.slack.click(card, "Confirm", user=ANA)
    await road.shows(card, "Not known yet")
    away.remove()

    done = await road.shows(card, "Created")
    assert (len(notes(road)), creates(road)) == (1, 1)
    assert buttons_of(done)[0] == "Undo"
    assert (await history(road, proposal))[-2:] == [What.UNKNOWN, What.DONE]


async def test_an_unknown_outcome_is_settled_as_failed(road):
    """What never arrived and is then refused has failed, and the card says why."""
    card = await road.save_note()
    road.maton.fault("lost_before", method="POST", path=NOTES)
    away = road.maton.fault("status", method="GET", path=NOTES, status=503, times=None)

    await road.slack.click(card, "Confirm", user=ANA)
    await road.shows(card, "Not known yet")
    road.crm.denied.add(("POST", "note"))
    away.remove()

    failed = await road.shows(card, "Failed")
    assert "permission" in text_of(failed)
    assert notes(road) == []


async def test_a_commit_that_comes_after_the_client_gave_up_makes_no_second_note(road):
    """The CRM holds a create back until the bot has made the note anew: the late one meets the same id."""
    card = await road.save_note()
    late = road.maton.fault("stalled_commit", method="POST", path=NOTES, seconds=60)

    await road.slack.click(card, "Confirm", user=ANA)
    await road.shows(card, "Created")
    late.release()
    await road.maton.settled()

    assert len(notes(road)) == 1


async def test_a_slow_write_is_said_on_the_card(road):
    """A write that takes long shows that it is being written, and then how it ended."""
    card = await road.save_note()
    slow = road.maton.fault("delay", method="POST", path=NOTES)

    await road.slack.click(card, "Confirm", user=ANA)
    await road.shows(card, "Writing…")
    slow.release()

    await road.shows(card, "Created")


async def test_a_slow_slack_disturbs_no_write(road):
    """The card that says "writing" cannot be shown; the write goes on and its end is shown."""
    card = await road.save_note()
    slow = road.maton.fault("delay", method="POST", path=NOTES, seconds=0.4)
    road.slack.faults.fail("chat.update", "internal_error")

    await road.slack.click(card, "Confirm", user=ANA)

    await road.shows(card, "Created")
    assert slow.hits == creates(road) == 1


async def test_killed_between_claim_and_write(road):
    """A process dies with the confirmed write not sent yet; the next one writes it, once."""
    card = await road.save_note()
    hanging = road.maton.fault("hang", method="POST", path=NOTES)
    await road.slack.click(card, "Confirm", user=ANA)
    await until(lambda: hanging.hits)

    await road.kill(road.processes[0])
    await road.start()

    await road.shows(card, "Created")
    assert len(notes(road)) == 1


async def test_killed_between_write_and_its_end(road):
    """A process dies after the CRM has written and before the store knows; the next one reads it back and says so."""
    card = await road.save_note()
    process = road.processes[0]
    end = road.maton.on_change(lambda event: process.cut_off() if notes(road) else None)
    await road.slack.click(card, "Confirm", user=ANA)
    await until(lambda: notes(road))
    end()

    await road.kill(process)
    await road.start()

    await road.shows(card, "Created")
    assert (len(notes(road)), creates(road)) == (1, 1)


async def test_killed_with_the_write_on_the_wire(road):
    """The write is committed only after its process died and another took it up: one note."""
    card = await road.save_note()
    stalled = road.maton.fault("stalled_commit", method="POST", path=NOTES, seconds=60)
    await road.slack.click(card, "Confirm", user=ANA)
    await until(lambda: stalled.hits)

    await road.kill(road.processes[0])
    await road.start()
    await road.shows(card, "Created")
    stalled.release()
    await road.maton.settled()

    assert len(notes(road)) == 1


async def test_killed_before_the_card_could_tell(road):
    """The end is stored and Slack takes no update when the process dies; the next one rewrites the card."""
    card = await road.save_note()
    proposal = await proposal_of(road, card)
    road.slack.faults.fail("chat.update", "internal_error", times=3)
    await road.slack.click(card, "Confirm", user=ANA)
    await until(lambda: road.slack.calls_of("chat.update"))
    assert (await road.bot.store.proposals.proposal(proposal.team_id, proposal.id)).state is State.DONE

    await road.kill(road.processes[0])
    await road.start()

    await road.shows(card, "Created")


async def test_stopping_finishes_the_write(road):
    """SIGTERM with a write on the wire: it ends, the card says so, and only then the process goes."""
    card = await road.save_note()
    slow = road.maton.fault("delay", method="POST", path=NOTES, seconds=0.3)
    await road.slack.click(card, "Confirm", user=ANA)
    await until(lambda: slow.hits)

    await road.stop(road.processes[0])

    assert "Created" in text_of(road.slack.message(card.channel, card.ts))
    assert len(notes(road)) == 1


async def test_a_long_write_keeps_its_lease(database_url):
    """A write that takes several leases is not taken up by the other process meanwhile."""
    async with street(database_url, bots=2) as road:
        card = await road.save_note()
        proposal = await proposal_of(road, card)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("bot.crm.maton.WRITE_TIMEOUT", 10.0)
            slow = road.maton.fault("delay", method="POST", path=NOTES, seconds=2.0)
            await road.slack.click(card, "Confirm", user=ANA)
            await road.shows(card, "Created")

        assert slow.hits == creates(road) == 1
        assert (await road.bot.store.proposals.proposal(proposal.team_id, proposal.id)).attempts == 1


async def test_a_card_is_rewritten_when_slack_is_back(road):
    """Slack takes no update for a while; the card is tried again until it tells the truth."""
    card = await road.save_note()
    road.slack.faults.fail("chat.update", "internal_error", times=6)

    await road.slack.click(card, "Confirm", user=ANA)

    await road.shows(card, "Created")


async def test_a_rate_limit_is_waited_out_and_not_reported(road):
    """A create that is refused by a limit was not executed, so it is sent again, and once it is taken that is all."""
    card = await road.save_note()
    road.maton.fault("status", method="POST", path=NOTES, status=429, retry_after=0.1, times=2)

    await road.slack.click(card, "Confirm", user=ANA)

    await road.shows(card, "Created")
    assert len(notes(road)) == 1


async def test_a_write_that_surely_never_left_may_be_confirmed_again(road):
    """Where the CRM cannot be reached nothing was written: the card says why and Confirm works again."""
    card = await road.save_note()
    away = road.maton.fault("html", method="POST", path=NOTES, status=403, times=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(road.bot.teams.crm_of(road.connection_id)._gateway, "_budget", 0.3)
        await road.slack.click(card, "Confirm", user=ANA)
        again = await road.shows(card, "nothing was written")
    away.remove()

    await road.slack.click(again, "Confirm", user=ANA)

    await road.shows(card, "Created")
    assert len(notes(road)) == 1


async def test_a_late_acknowledged_click_is_answered_by_another_process(road):
    """A process acknowledges a click that it has not decided yet and dies; the click is decided all the same."""
    card = await road.save_note()
    road.bot.teams.people.forget(ACME)
    road.slack.faults.delay("users.info", 30.0, times=1)
    answer = await road.slack.click(card, "Confirm", user=ANA)
    assert answer.ok
    assert notes(road) == []

    await road.kill(road.processes[0])
    await road.start()

    await road.shows(card, "Created")
    assert len(notes(road)) == 1


async def test_a_late_acknowledged_form_gets_its_card_from_another_process(road):
    """A process closes the form before its card stands and dies; the card comes all the same, once."""
    view = await road.open_form("save_as_note", user=ANA)
    road.slack.faults.delay("chat.postMessage", 30.0, times=1)
    answer = await road.slack.submit(view, {"Title": "Call with Ada"})
    assert answer.ok

    await road.kill(road.processes[0])
    await road.start()

    card = await road.card()
    await road.slack.click(card, "Confirm", user=ANA)
    await road.shows(card, "Created")
    assert len(notes(road)) == 1


@pytest.mark.parametrize("bots", [1, 2])
async def test_a_form_that_takes_long_is_answered_once(database_url, bots):
    """While its own process still works on it, neither that process nor another takes it up: there is one card."""
    async with street(database_url, bots=bots) as road:
        view = await road.open_form("save_as_note", user=ANA)
        road.slack.faults.delay("chat.postMessage", 3.0, times=1)
        assert (await road.slack.submit(view, {"Title": "Call with Ada"})).ok

        await road.card()
        await asyncio.gather(*(each.bot.errands.drain(seconds=10) for each in road.processes))

        assert len([call for call in road.slack.calls_of("chat.postMessage") if "Call with Ada" in str(call.args)]) == 1


async def test_a_form_whose_lease_lapsed_is_left_to_the_process_that_works_on_it(road):
    """A process that could renew nothing for a while goes on with what it began, and does not begin it again."""
    view = await road.open_form("save_as_note", user=ANA)
    road.slack.faults.delay("chat.postMessage", 3.0, times=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(road.bot.store.inbox, "renew_click", AsyncMock(side_effect=OSError("the database is away")))
        assert (await road.slack.submit(view, {"Title": "Call with Ada"})).ok
        await road.card()
        await road.quiet()

    assert len([call for call in road.slack.calls_of("chat.postMessage") if "Call with Ada" in str(call.args)]) == 1


async def test_what_another_version_of_the_bot_left_holds_up_no_other_click(store):
    """A payload that this version cannot read stays for a process that can; the click beside it is answered."""
    left, answered = datetime.now(UTC) - timedelta(minutes=2), []
    click = Click(team=TeamId(ACME), user=UserId(ANA), action_id="list_next", value="1")
    for payload in (b'{"type":"Shake"}', msgspec.json.encode(click)):
        await store.inbox.remember_click(TeamId(ACME), payload.decode(), owner="dead", now=left, lease=LEASE)
    errands = Errands()
    inbox = Inbox(store, errands, owner="alive", now=lambda: datetime.now(UTC))

    def answer(pressed: Pressed) -> asyncio.Task[None]:
        answered.append(pressed)
        return errands.start(asyncio.sleep(0))

    await inbox.answer_what_was_left(answer)
    await errands.drain(seconds=10)

    assert answered == [click]
    (kept,) = await store.inbox.take_unanswered("other", datetime.now(UTC) + timedelta(minutes=1), lease=LEASE)
    assert "Shake" in kept.payload


async def test_what_no_key_opens_is_left_to_a_process_that_has_the_key(store, caplog):
    """While keys are being changed another process has it; when none has, it is given up like what breaks each time."""
    left = datetime.now(UTC) - timedelta(minutes=2)
    await store.inbox.remember_click(TeamId(ACME), "sealed", owner="dead", now=left, lease=LEASE)
    clock = left
    inbox = Inbox(store, Errands(), owner="alive", now=lambda: clock)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.inbox._sealing, "open", Mock(side_effect=Unreadable("its key is gone")))
        for _ in range(GIVEN_UP_AFTER):
            clock += timedelta(minutes=1)
            await inbox.answer_what_was_left(Mock(side_effect=AssertionError("nothing can be answered")))
        assert "could not be answered" not in caplog.text
        clock += timedelta(minutes=1)
        await inbox.answer_what_was_left(Mock(side_effect=AssertionError("nothing can be answered")))

    assert "could not be answered" in caplog.text
    assert await store.inbox.take_unanswered("other", clock + timedelta(minutes=1), lease=LEASE) == ()


async def test_a_form_that_nobody_could_be_told_about_stays_open(road, monkeypatch):
    """Slack takes neither the card nor a sentence: the form is not acknowledged, and nothing that was typed is lost."""
    monkeypatch.setattr("bot.listeners.front.ANSWERED_WITHIN", 2.0)  # also on a machine that has just much to do
    view = await road.open_form("save_as_note", user=ANA)
    for method in ("response_url", "chat.postEphemeral", "chat.postMessage"):
        road.slack.faults.fail(method, "internal_error", times=9)

    answer = await road.slack.submit(view, {"Title": "Call with Ada"})

    assert not answer.ok
    assert road.slack.modal(ANA) is not None


async def test_a_click_that_nobody_could_be_told_about_is_slacks_to_answer(road, monkeypatch):
    """Slack takes no sentence of the bot's; so the click is not acknowledged, and Slack shows that it failed."""
    monkeypatch.setattr("bot.listeners.front.ANSWERED_WITHIN", 2.0)  # also on a machine that has just much to do
    card = await road.save_note()
    for method in ("response_url", "chat.postEphemeral", "chat.postMessage"):
        road.slack.faults.fail(method, "internal_error", times=9)

    answer = await road.slack.click(card, "Confirm", user=BEN)

    assert not answer.ok
    assert road.slack.troubles[-1].user == BEN


async def test_a_change_is_carried_out_in_no_other_crm(road):
    """The team is bound to another CRM between Confirm and the write: nothing goes there, and the card says so."""
    card = await road.save_note()
    other = FakeCRM(name="Other")
    elsewhere = road.maton.connect(other)
    hanging = road.maton.fault("hang", method="POST", path=NOTES)
    await road.slack.click(card, "Confirm", user=ANA)
    await until(lambda: hanging.hits)

    await bind(road.bot, ACME, elsewhere, crm_name="Other")
    await road.kill(road.processes[0])
    await road.start()

    failed = await road.shows(card, "Failed")
    assert "has left that CRM" in text_of(failed)
    assert other.all("notes") == []
    assert notes(road) == []


async def test_what_another_crm_holds_is_not_taken_back_here(road):
    """Undo after the team was bound to another CRM is refused; a delete must not come back in the wrong place."""
    company = road.crm.add("companies", {"name": "Zephyr"})
    await road.slack.command(ANA, "C0SALES01", f"/crm delete company {company['id']}")
    card = await road.private_card()
    await road.slack.click(card, "Confirm", user=ANA)
    done = await road.shows(card, "Deleted")
    other = FakeCRM(name="Other")

    await bind(road.bot, ACME, road.maton.connect(other), crm_name="Other")
    road.bot.teams.forget(TeamId(ACME))
    await road.slack.click(done, "Undo", user=ANA)

    await road.told(ANA, "another CRM")
    assert other.all("companies") == []


async def test_a_form_that_stayed_open_and_was_changed_makes_a_card_of_its_own(road):
    """Slack lost the first answer: what is sent then is proposed as it was sent, beside what waits already."""
    view = await road.ask_form("/crm new company Zephyr", user=ANA)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(road.slack, "_apply", lambda *_: None)
        await road.slack.submit(view, {"City": "Potsdam"})
    await road.quiet()
    first = await road.private_card()
    await road.slack.click(first, "Confirm", user=ANA)
    await road.shows(first, "Created company")

    await road.slack.submit(view, {"City": "Berlin"})
    await road.quiet()
    second = await road.private_card()
    assert "Berlin" in text_of(second)
    await road.slack.click(second, "Confirm", user=ANA)
    await road.shows(second, "Created company")

    made = [each for each in road.crm.all("companies") if each["name"] == "Zephyr"]
    assert sorted(each["address"]["addressCity"] for each in made) == ["Berlin", "Potsdam"]
