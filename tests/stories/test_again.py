"""A card that failed or expired leads back: to the form with everything in it, or to a fresh card."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.models import TeamId
from bot.sandbox.slack import Message, buttons_of, text_of
from bot.sandbox.slack.sample import ACME, ANA, PRIVATE, SALES
from bot.sandbox.twenty import FakeCRM
from bot.store.tables import proposals
from bot.team_settings import Approval, Rule, TeamSettings
from tests.house import House, bind


async def expired(home: House) -> Message:
    """The card that says that its time is over; a private one, which nothing can rewrite, is a direct message."""
    gone = datetime.now(UTC) - timedelta(seconds=1)
    await home.bot.store._database.write(
        lambda connection: connection.execute(proposals.update().values(expires_at=gone, due_at=gone))
    )
    return await home.slack.wait_for(lambda: next(iter(over(home)), None))


def over(home: House) -> list[Message]:
    """The expired cards."""
    return [each for each in (*home.slack.messages(SALES), *home.slack.dm(ANA)) if "Expired" in text_of(each)]


async def again(home: House, card: Message) -> None:
    """Press the button, and let everything happen that follows."""
    await home.slack.click(card, "Propose again", user=ANA)
    await home.quiet()


def values_in(home: House) -> dict[str, object]:
    """The texts in Ana's open form."""
    view = home.slack.modal(ANA)
    assert view
    return {block["block_id"]: block["element"].get("initial_value") for block in view.blocks if "element" in block}


def records_in(home: House) -> list[str]:
    """The records that are chosen in Ana's open form."""
    view = home.slack.modal(ANA)
    assert view
    (chosen,) = [block["element"] for block in view.blocks if block["block_id"] == "records"]
    return [option["text"]["text"] for option in chosen.get("initial_options", ())]


async def test_a_failed_create_is_put_right_in_its_form(one_home):
    """Everything typed is there again; what is proposed then is a new record, and from the same message."""
    view = await one_home.open_form("save_as_note")
    await one_home.slack.submit(view, {"Title": "Call with Ada", "Records": ["Contoso"]})
    card = await one_home.card()
    one_home.maton.fault("status", method="POST", path="/rest/notes", status=400, message="has an invalid value")
    await one_home.slack.click(card, "Confirm", user=ANA)

    await again(one_home, await one_home.shows(card, "Failed"))

    kept = values_in(one_home)
    assert kept["title"] == "Call with Ada"
    view = one_home.slack.modal(ANA)
    assert view
    await one_home.slack.submit(view, {"Title": "Call with Ada Lovelace"})
    second = await one_home.card()
    await one_home.slack.click(second, "Confirm", user=ANA)
    done = text_of(await one_home.shows(second, "Created note"))
    (note,) = [each for each in one_home.crm.all("notes") if each["title"] == "Call with Ada Lovelace"]
    assert note["id"] in done
    assert "Attached to: Contoso" in done
    assert note["bodyV2"]["markdown"].count("Open in Slack") == 1
    (saved,) = await one_home.bot.store.proposals.saved_from(TeamId(ACME), SALES, card.thread_ts or "")
    assert saved.change.record_id == note["id"]


async def test_an_expired_change_is_proposed_on_the_record_as_it_is_now(one_home):
    """The form holds what was wanted, on top of what others wrote meanwhile."""
    company = one_home.crm.add("companies", {"name": "Zephyr"})
    view = await one_home.ask_form(f"/crm edit {company['id']}")
    await one_home.slack.submit(view, {"City": "Potsdam"})
    await one_home.quiet()
    card = await expired(one_home)
    one_home.crm.edit("companies", company["id"], {"name": "Zephyr Ltd"})

    await again(one_home, card)

    assert {"name": "Zephyr Ltd", "city": "Potsdam"}.items() <= values_in(one_home).items()


async def test_a_note_that_was_to_belong_to_nothing_is_proposed_so_again(one_home):
    """That all its records were taken out is part of what was typed."""
    note = one_home.crm.add("notes", {"title": "Zephyr call"})
    (company, *_) = one_home.crm.all("companies")
    one_home.crm.add("noteTargets", {"noteId": note["id"], "targetCompanyId": company["id"]})
    view = await one_home.ask_form(f"/crm edit {note['id']}")
    await one_home.slack.submit(view, {"Title": "Zephyr call, at last", "Records": None})
    await one_home.quiet()

    await again(one_home, await expired(one_home))

    assert values_in(one_home)["title"] == "Zephyr call, at last"
    assert records_in(one_home) == []


async def test_an_expired_delete_is_a_card_again(one_home):
    """What has no form is proposed at once."""
    one_home.crm.add("companies", {"name": "Zephyr"})
    await one_home.slack.command(ANA, SALES, "/crm delete company Zephyr")
    await one_home.private_card()
    card = await expired(one_home)

    await again(one_home, card)

    second = await one_home.private_card()
    assert text_of(second).startswith("Delete company: Zephyr?")
    assert buttons_of(second) == ["Confirm", "Cancel"]


@pytest.mark.parametrize("wanted", ["edit", "delete"])
async def test_what_was_deleted_here_can_be_brought_back_first(one_home, wanted):
    """Its record is gone: who deleted it, and the Undo of that; once it is back, the first card has its form again."""
    company = one_home.crm.add("companies", {"name": "Zephyr"})
    card = await ended(one_home, wanted, company["id"])
    deletion = await one_home.ask(f"/crm delete {company['id']}")
    await one_home.slack.click(deletion, "Confirm", user=ANA)
    await one_home.shows(deletion, "Deleted company")

    await again(one_home, card)

    told = await one_home.told(ANA, "is not in the CRM any more")
    assert f"confirmed by @{ANA}" in text_of(told)
    assert buttons_of(told) == ["Undo", "History"]
    await one_home.slack.click(told, "Undo", user=ANA)
    await one_home.told(ANA, "Restore company: Zephyr?")


@pytest.mark.parametrize("wanted", ["edit", "delete"])
async def test_what_was_deleted_elsewhere_has_its_history(one_home, wanted):
    """Nobody deleted it here, so there is nothing to undo; what happened to it before can be read."""
    company = one_home.crm.add("companies", {"name": "Zephyr"})
    card = await ended(one_home, wanted, company["id"])
    one_home.crm.remove("companies", company["id"])

    await again(one_home, card)

    told = await one_home.told(ANA, "is not in the CRM any more")
    assert buttons_of(told) == ["History"]
    await one_home.slack.click(told, "History", user=ANA)
    await one_home.told(ANA, "What happened to “Zephyr”")
    form = one_home.slack.modal(ANA)
    assert form is None or "Behind this form" in text_of(form)


async def test_an_undo_of_what_is_gone_meanwhile_leads_to_its_history(one_home):
    """Nothing is left to take back, which is no dead end either."""
    card = await one_home.save_note()
    await one_home.slack.click(card, "Confirm", user=ANA)
    done = await one_home.shows(card, "Created note")
    await one_home.slack.click(done, "Undo", user=ANA)
    await one_home.quiet()
    undo = await expired(one_home)
    (note,) = [each for each in one_home.crm.all("notes") if each["title"] == "Call with Ada"]
    one_home.crm.remove("notes", note["id"])

    await again(one_home, undo)

    assert buttons_of(await one_home.told(ANA, "is not in the CRM any more")) == ["History"]


async def ended(home: House, wanted: str, company: str) -> Message:
    """The expired card of a change or a delete."""
    if wanted == "edit":
        await home.slack.submit(await home.ask_form(f"/crm edit {company}"), {"City": "Potsdam"})
    else:
        await home.slack.command(ANA, SALES, f"/crm delete {company}")
    await home.private_card()
    return await expired(home)


async def test_an_expired_undo_is_proposed_again(one_home):
    """As long as nothing else stands in its way."""
    card = await one_home.save_note()
    await one_home.slack.click(card, "Confirm", user=ANA)
    await one_home.slack.click(await one_home.shows(card, "Created note"), "Undo", user=ANA)
    await one_home.quiet()
    undo = await expired(one_home)

    await again(one_home, undo)

    assert "to undo an earlier change" in text_of(await one_home.private_card())


async def test_what_another_crm_held_is_not_proposed_to_this_one(one_home):
    """The workspace was bound to another CRM since: said so, and nothing is filled in."""
    await one_home.save_note()
    card = await expired(one_home)
    await bind(one_home.bot, ACME, one_home.maton.connect(FakeCRM(name="Other")), crm_name="Other")
    one_home.forget_teams()

    await again(one_home, card)

    view = one_home.slack.modal(ANA)
    assert view
    assert "proposed for another CRM" in text_of(view)


async def test_a_direct_message_is_not_taken_for_the_channel(one_home):
    """Where somebody else decides and the bot is no member, the card that is proposed anew is in nobody's sight."""
    settings = TeamSettings(rules=(Rule(approval=Approval.ANOTHER),))
    await one_home.settle(settings)
    view = await one_home.ask_form("/crm new company", channel=PRIVATE)
    await one_home.slack.submit(view, {"Name": "Zephyr"})
    await one_home.quiet()

    await again(one_home, await expired(one_home))
    view = one_home.slack.modal(ANA)
    assert view
    await one_home.slack.submit(view, {"Name": "Zephyr"})
    await one_home.quiet()

    await one_home.told(ANA, "here nobody else sees its card")


async def test_a_delete_for_others_stands_again_where_they_see_it(one_home):
    """Its end was told by direct message; proposed again there it is shown in its channel, as the first time."""
    settings = TeamSettings(rules=(Rule(approval=Approval.ANOTHER),))
    await one_home.settle(settings)
    one_home.crm.add("companies", {"name": "Zephyr"})
    await one_home.slack.command(ANA, SALES, "/crm delete company Zephyr")
    await one_home.quiet()
    one_home.slack.faults.fail("chat.update", "message_not_found", times=1)
    await expired(one_home)
    (told,) = [each for each in one_home.slack.dm(ANA) if "Expired" in text_of(each)]

    await again(one_home, told)

    waiting = [each for each in one_home.slack.messages(SALES) if text_of(each).startswith("Delete company: Zephyr?")]
    assert len(waiting) == 2
