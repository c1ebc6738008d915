"""Confirm and Cancel: each ending that a decision can have, and what everybody is told of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from bot.models import TeamId
from bot.proposal import State
from bot.sandbox.slack import Message, buttons_of, text_of
from bot.sandbox.slack.sample import ACME, ANA, BEN, CLEO, GIL, SALES
from tests.house import House, house


@pytest.fixture
async def home(database_url: str):
    """The house on either database."""
    async with house(database_url) as running:
        yield running


def notes(home: House) -> list[dict[str, Any]]:
    return [each for each in home.crm.all("notes") if each["title"] == "Call with Ada"]


async def edit_card(home: House, company: dict[str, Any], name: str) -> Message:
    """The private card that waits with a company's new name."""
    view = await home.ask_form(f"/crm edit {company['id']}")
    answer = await home.slack.submit(view, {"Name": name})
    assert answer.ok, answer
    await home.quiet()
    return await home.private_card()


def value_of(card: Message) -> str:
    """What the card's Confirm carries."""
    elements = [element for block in card.blocks for element in block.get("elements", [])]
    return next(each["value"] for each in elements if each.get("action_id") == "proposal_confirm")


def id_of(card: Message) -> str:
    return value_of(card).partition(".")[0]


async def change(home: House, card: Message, **columns: Any) -> None:
    """Alter a stored proposal behind the bot's back."""
    names = ", ".join(f"{name} = :{name}" for name in columns)
    statement = text(f"UPDATE proposals SET {names} WHERE id = :id")  # noqa: S608 -- names of our own
    await home.bot.store._database.write(
        lambda connection: connection.execute(statement, {"id": id_of(card), **columns})
    )


async def test_confirm_writes_and_says_who_and_when(home):
    """The confirmed card names who decided, links the record, and offers to undo; its buttons are gone."""
    card = await home.save_note()

    await home.slack.click(card, "Confirm", user=ANA)

    done = await home.shows(card, "Created note")
    assert notes(home)[0]["id"] in text_of(done)
    assert f"onfirmed by @{ANA}" in text_of(done)
    assert "Confirm" not in buttons_of(done)
    assert buttons_of(done)[0] == "Undo"


async def test_cancel_writes_nothing(home):
    """A cancelled card says by whom, has no buttons, and nothing is written."""
    card = await home.save_note()

    await home.slack.click(card, "Cancel", user=ANA)

    cancelled = await home.shows(card, "Cancelled")
    assert buttons_of(cancelled) == []
    assert notes(home) == []


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Object 'note' has an invalid value", "refused"),
        ("Entity performing the request does not have permission", "permission"),
    ],
)
async def test_what_the_crm_refuses_has_failed(home, message, words):
    """A refusal ends the proposal: the card gives the reason, and nobody is left to press again in vain."""
    card = await home.save_note()
    home.maton.fault("status", method="POST", path="/rest/notes", status=400, message=message)

    await home.slack.click(card, "Confirm", user=ANA)

    failed = await home.shows(card, "Failed")
    assert words in text_of(failed)
    assert buttons_of(failed) == ["Propose again"]
    assert notes(home) == []


async def test_a_stale_record_is_asked_about_again(home):
    """Somebody changed the field meanwhile: nothing is written, base, now and proposed are shown, Confirm asks anew."""
    company = home.crm.add("companies", {"name": "Zephyr"})
    card = await edit_card(home, company, "Zephyr Labs")
    home.crm.edit("companies", company["id"], {"name": "Zephyr Ltd"})

    await home.slack.click(card, "Confirm", user=ANA)
    stale = await home.shows(card, "Zephyr Ltd")

    assert all(name in text_of(stale) for name in ("Zephyr", "Zephyr Ltd", "Zephyr Labs"))
    assert home.crm.get("companies", company["id"])["name"] == "Zephyr Ltd"
    await home.slack.click(stale, "Confirm", user=ANA)
    await home.shows(card, "Changed")
    assert home.crm.get("companies", company["id"])["name"] == "Zephyr Labs"


async def test_another_field_may_move_freely(home):
    """A change of a field that the card does not touch is no quarrel, and survives."""
    company = home.crm.add("companies", {"name": "Zephyr", "address": {"addressCity": "Oslo"}})
    card = await edit_card(home, company, "Zephyr Labs")
    home.crm.edit("companies", company["id"], {"address": {"addressCity": "Bergen"}})

    await home.slack.click(card, "Confirm", user=ANA)

    await home.shows(card, "Changed")
    now = home.crm.get("companies", company["id"])
    assert (now["name"], now["address"]["addressCity"]) == ("Zephyr Labs", "Bergen")


async def test_a_record_that_was_deleted_meanwhile_has_failed(home):
    """The record is gone when Confirm comes: nothing is written, and the card says so."""
    company = home.crm.add("companies", {"name": "Zephyr"})
    card = await edit_card(home, company, "Zephyr Labs")
    home.crm.remove("companies", company["id"])

    await home.slack.click(card, "Confirm", user=ANA)

    await home.shows(card, "no such")


async def test_eight_clicks_in_the_same_moment_write_once(home):
    """Eight Confirms at once make one note; seven people-clicks are told, and every acknowledgement was in time."""
    card = await home.save_note()

    answers = await asyncio.gather(*(home.slack.click(card, "Confirm", user=ANA) for _ in range(8)))

    await home.shows(card, "Created")
    await home.quiet()
    assert all(answer.ok and answer.seconds < 1 for answer in answers)
    assert len(notes(home)) == 1
    told = [each for each in home.slack.ephemerals(ANA) if "already confirmed by you" in text_of(each)]
    assert len(told) == 7


async def test_confirm_and_cancel_in_the_same_moment_have_one_winner(home):
    """Whoever comes first decides; the card and the CRM agree about it, and the other click is answered."""
    card = await home.save_note()

    await asyncio.gather(home.slack.click(card, "Cancel", user=ANA), home.slack.click(card, "Confirm", user=ANA))
    await home.quiet()

    now = text_of(home.slack.message(card.channel, card.ts))
    assert ("Created" in now, len(notes(home))) in ((True, 1), (False, 0))
    assert ("Cancelled" in now) == (notes(home) == [])
    await home.told(ANA, "already")


async def test_somebody_else_may_not_decide(home):
    """A colleague's click changes nothing and is answered in private; the card still waits for its proposer."""
    card = await home.save_note()

    await home.slack.click(card, "Confirm", user=BEN)

    await home.told(BEN, "Only the one who proposed this can decide it.")
    await home.slack.click(card, "Cancel", user=GIL)
    await home.told(GIL, "Guests")
    assert notes(home) == []
    await home.slack.click(card, "Confirm", user=ANA)
    await home.shows(card, "Created")


async def test_a_late_click_learns_what_happened_and_by_whom(home):
    """A click on a card that was decided long ago says who decided and how it ended."""
    card = await home.save_note()
    await home.slack.click(card, "Confirm", user=ANA)
    await home.shows(card, "Created")

    await home.slack.click(card, "Confirm", user=CLEO)

    await home.told(CLEO, f"already confirmed by @{ANA}, and it was written once")
    assert len(notes(home)) == 1


async def test_an_old_version_of_a_card_confirms_nothing(home):
    """A record moved twice: the version that was shown first confirms no later one, and the click is answered."""
    company = home.crm.add("companies", {"name": "Zephyr"})
    card = await edit_card(home, company, "Zephyr Labs")
    home.crm.edit("companies", company["id"], {"name": "Zephyr Ltd"})
    await home.slack.click(card, "Confirm", user=ANA)
    await home.shows(card, "Zephyr Ltd")

    await home.slack.click(card, "Confirm", user=ANA)

    await home.told(ANA, "has been replaced by a newer one")
    assert home.crm.get("companies", company["id"])["name"] == "Zephyr Ltd"


async def test_a_tampered_change_is_refused(home):
    """A stored change that is not the one on the card is never carried out, and the card says why."""
    card = await home.save_note()
    proposal = await home.bot.store.proposals.proposal(TeamId(ACME), id_of(card))
    tampered = msgspec.structs.replace(proposal.change, name="Something else")
    await change(home, card, change=msgspec.json.encode(tampered).decode())

    await home.slack.click(card, "Confirm", user=ANA)

    await home.shows(card, "not the one that the card showed")
    assert home.crm_requests("POST") == []


async def test_a_forged_button_names_nothing(home):
    """A value that no card carries is answered, and decides nothing."""
    card = await home.save_note()
    blocks = msgspec.json.decode(msgspec.json.encode(card.blocks).replace(value_of(card).encode(), b"nonsense"))
    forged = home.slack.state.put(Message(SALES, home.slack.state.new_ts(), card.user, card.text, blocks, team=ACME))

    await home.slack.click(forged, "Confirm", user=ANA)

    await home.told(ANA, "I do not know this card")


async def test_expiry_rewrites_the_card_without_a_click(home):
    """When the time is over the card says so by itself, and what comes later is told."""
    card = await home.save_note()
    gone = int((datetime.now(UTC) - timedelta(seconds=1)).timestamp() * 1000)

    await change(home, card, expires_at=gone, due_at=gone)

    await home.shows(card, "Expired")
    await home.slack.click(card, "Confirm", user=ANA)
    await home.told(ANA, "has expired")
    assert notes(home) == []


async def test_a_click_at_the_moment_of_expiry_is_told_so(home):
    """The time is over and no sweep has come by: the click itself ends the proposal and hears that it has expired."""
    card = await home.save_note()
    for sweeping in home.bot._sweeping:
        sweeping.cancel()
    gone = int((datetime.now(UTC) - timedelta(seconds=1)).timestamp() * 1000)
    await change(home, card, expires_at=gone, due_at=gone)

    await home.slack.click(card, "Confirm", user=ANA)

    await home.told(ANA, "has expired")
    await home.shows(card, "Expired")
    assert notes(home) == []


async def test_a_superseded_card_says_so(home):
    """A newer proposal for the same field replaces the older card, which then confirms nothing."""
    company = home.crm.add("companies", {"name": "Zephyr"})
    older = await edit_card(home, company, "Zephyr Labs")
    newer = await edit_card(home, company, "Zephyr GmbH")
    assert id_of(older) != id_of(newer)

    await home.slack.click(older, "Confirm", user=ANA)

    await home.told(ANA, "was replaced by a newer one")
    replaced = await home.shows(older, "Replaced")
    await home.slack.click(replaced, "Show the newer one", user=ANA)
    await home.quiet()
    assert "Zephyr GmbH" in text_of(await home.private_card())
    assert home.crm.get("companies", company["id"])["name"] == "Zephyr"


async def test_a_private_card_that_was_decided_elsewhere_tells_the_truth_once_it_is_touched(home):
    """Two private copies of one card: the second is out of reach until it is clicked, and then it is rewritten."""
    company = home.crm.add("companies", {"name": "Zephyr"})
    first = await edit_card(home, company, "Zephyr Labs")
    await home.ask("/crm pending")
    second = await home.private_card()
    assert second.ts != first.ts
    await home.slack.click(second, "Confirm", user=ANA)
    await home.shows(second, "Changed")

    await home.slack.click(first, "Cancel", user=ANA)

    await home.told(ANA, "already confirmed by you")
    now = await home.shows(first, "Changed")
    assert "Cancel" not in buttons_of(now)


async def test_a_private_card_whose_response_url_is_used_up_is_told_directly(home):
    """The end of a private card that cannot be rewritten any more arrives as a direct message."""
    company = home.crm.add("companies", {"name": "Zephyr"})
    card = await edit_card(home, company, "Zephyr Labs")
    home.slack.faults.fail("response_url", "expired_url", times=9)

    await home.slack.click(card, "Confirm", user=ANA)

    await home.slack.wait_for(lambda: [each for each in home.slack.dm(ANA) if "Changed" in text_of(each)])
    assert home.crm.get("companies", company["id"])["name"] == "Zephyr Labs"


async def test_a_card_that_its_process_could_not_remember_is_true_after_a_click(home):
    """A card was posted by a process that died before it could note where: the first click makes it known."""
    card = await home.save_note()
    await home.quiet()
    known = await home.bot.store.cards.cards(TeamId(ACME), id_of(card))
    await home.bot.store.cards.drop_card(known[0].id)

    await home.slack.click(card, "Confirm", user=ANA)

    await home.shows(card, "Created")


async def test_what_could_not_be_detached_is_a_remark_and_no_failure(home):
    """The fields of an update are written; a tie that the CRM does not let go of is said beside them."""
    note = home.crm.add("notes", {"title": "Call with Ada"})
    company = next(each for each in home.crm.all("companies") if each["name"] == "Fabrikam")
    column = next(name for name in home.crm.schema.kinds["noteTargets"].fields if name.lower().endswith("companyid"))
    home.crm.add("noteTargets", {"noteId": note["id"], column: company["id"]})
    view = await home.ask_form(f"/crm edit {note['id']}")
    await home.slack.submit(view, {"Title": "Call with Ada Lovelace", "Records": None})
    card = await home.private_card()
    home.maton.fault("status", method="DELETE", path="noteTargets", status=403, message="Forbidden resource")

    await home.slack.click(card, "Confirm", user=ANA)

    await home.shows(card, "could not be detached")
    assert home.crm.get("notes", note["id"])["title"] == "Call with Ada Lovelace"
    proposal = await home.bot.store.proposals.proposal(TeamId(ACME), id_of(card))
    assert proposal.state is State.DONE


async def test_what_moved_is_told_with_names(one_home):
    """A deleted company's owner changed meanwhile: the card names both owners, not their ids."""
    company = next(each for each in one_home.crm.all("companies") if each["name"] == "Fabrikam")
    dana, emil = (each["id"] for each in one_home.crm.all("workspaceMembers")[:2])
    one_home.crm.edit("companies", company["id"], {"accountOwnerId": dana})
    await one_home.slack.command(ANA, SALES, "/crm delete company Fabrikam")
    card = await one_home.private_card()
    one_home.crm.edit("companies", company["id"], {"accountOwnerId": emil})

    await one_home.slack.click(card, "Confirm", user=ANA)
    stale = text_of(await one_home.shows(card, "was changed meanwhile"))

    assert "Owner: was Dana Weiss, is now Emil Novak\n" in stale
    assert not any(each in stale for each in (dana, emil))
