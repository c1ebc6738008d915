"""From a message: a form at once, its text whole, its records suggested, its card where it belongs."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.blocks import ids
from bot.sandbox.slack import Message, buttons_of, labels_of, text_of
from bot.sandbox.slack.forms import values_of
from bot.sandbox.slack.sample import ACME, ANA, BEN, CALL_NOTES, CLEO, GREETING, PRIVATE, RANDOM, SALES
from bot.sandbox.slack.state import View
from tests.house import House, bind

PRIMARY = {"primaryEmail": "ben@acme.example", "additionalEmails": []}


async def test_the_form_is_filled_in_from_the_message(one_home):
    """Title from the first line, the text as Markdown, and a field for records."""
    view = await one_home.open_form("save_as_note")

    assert {"Title", "Text", "Records"} <= set(labels_of(view))
    assert "Title" in text_of(view)


async def test_a_form_opens_while_the_crm_hangs(one_home):
    """A CRM that answers nothing keeps no form from opening, and the acknowledgement takes under a second."""
    one_home.maton.fault("hang", times=None)

    answer = await one_home.slack.message_shortcut("save_as_note", ANA, SALES, CALL_NOTES)
    view = await one_home.slack.wait_for(lambda: one_home._ready(ANA))

    assert answer.seconds < 1
    assert "Records" in labels_of(view)
    one_home.maton.clear_faults()


async def test_the_note_says_who_said_it_where_and_how_to_get_back(home):
    """Author, channel, time and permalink go into the note's text."""
    card = await home.save_note()

    await home.slack.click(card, "Confirm", user=ANA)
    await home.shows(card, "Created")

    note = next(each for each in home.crm.all("notes") if each["title"] == "Call with Ada")
    text = note.get("body") or note["bodyV2"]["markdown"]
    assert "#sales" in text
    assert "acme.slack.com/archives/" in text


async def test_an_unknown_timezone_keeps_no_message_from_being_saved(one_home):
    """A zone that this machine does not know is UTC, and the note says so."""
    users = one_home.slack.state.users
    users[ANA] = replace(users[ANA], tz="Mars/Olympus")

    card = await one_home.save_note()

    assert "on 3 March 2026 at 09:35 (UTC)" in text_of(card)


async def test_an_authors_name_is_no_markup(one_home):
    """Stars and brackets in a name reach the note as they are, and mark nothing there."""
    users = one_home.slack.state.users
    users[ANA] = replace(users[ANA], real_name="*Ana* <b>Silva")

    card = await one_home.save_note()
    await one_home.slack.click(card, "Confirm", user=ANA)
    await one_home.shows(card, "Created")

    note = next(each for each in one_home.crm.all("notes") if each["title"] == "Call with Ada")
    assert r"Said by \*Ana\* \<b>Silva in #sales on 3 March 2026" in note["bodyV2"]["markdown"]


async def test_a_message_becomes_a_task_with_its_due_date_and_assignee(home):
    """Create CRM task: due and assignee as chosen, tied to its records."""
    view = await home.open_form("create_task")
    answer = await home.slack.submit(
        view, {"Title": "Send the offer", "Due": 1_800_000_000, "Assignee": "Ben Okafor", "Records": ["Contoso"]}
    )
    assert answer.ok

    card = await home.card()
    assert "Send the offer" in text_of(card)
    await home.slack.click(card, "Confirm", user=ANA)
    await home.shows(card, "Created")

    task = next(each for each in home.crm.all("tasks") if each["title"] == "Send the offer")
    assert task["dueAt"].startswith("2027-01-15T08:00")
    assert task["assigneeId"]


async def test_a_task_is_due_when_its_message_says(one_home):
    """Days count from the message's own, in the asker's timezone; title and text stay as they were said."""
    said = await asked(one_home, "Can you call Ada in 3 days? She is in Lisbon", ago=timedelta(days=2))

    view = await one_home.open_form("create_task", ts=said.ts)

    due, zone = element(view, "due")["initial_date_time"], ZoneInfo(one_home.slack.state.users[ANA].tz)
    day = datetime.fromtimestamp(float(said.ts), zone).date() + timedelta(days=3)
    assert datetime.fromtimestamp(due, zone) == datetime.combine(day, time(9), zone)
    assert element(view, "title")["initial_value"] == "Can you call Ada in 3 days? She is in Lisbon"


@pytest.mark.parametrize("typed", ["Call Ada tomorrow 3pm", "Call Ada in 10 days or in 11 days"])
async def test_a_date_that_is_over_or_one_of_several_is_not_suggested(one_home, typed):
    """Last week's tomorrow is no time to do anything, and which of two dates is meant only people know."""
    said = await asked(one_home, typed, ago=timedelta(days=7))

    view = await one_home.open_form("create_task", ts=said.ts)

    assert "initial_date_time" not in element(view, "due")


async def test_a_task_from_a_message_is_suggested_to_whoever_makes_it(one_home):
    """Who of the CRM the asker is takes a request, so the next form begins with it; what is cleared stays cleared."""
    first = await one_home.open_form("create_task")
    await one_home.quiet()
    assert element(one_home.slack.modal(ANA), "assignee")["initial_option"]["text"]["text"] == "Ana Lopez"
    await one_home.slack.close(first)

    view = await one_home.open_form("create_task")
    assert values_of(view)["assignee"][ids.SUGGEST_MEMBER]["selected_option"]["text"]["text"] == "Ana Lopez"
    await one_home.slack.submit(view, {"Assignee": None})

    assert "assigned to nobody" in text_of(await one_home.card())


async def test_who_is_no_member_any_more_is_suggested_no_second_time(one_home):
    """What the last form learned counts for the next one, also that the CRM knows the asker no more."""
    users = one_home.slack.state.users

    async def asks() -> str:
        view = await one_home.open_form("create_task")
        await one_home.quiet()
        await one_home.slack.close(view)
        return element(view, "assignee").get("initial_option", {}).get("text", {}).get("text", "")

    assert await asks() == "Ana Lopez"
    users[ANA] = replace(users[ANA], email="ana@elsewhere.example")
    one_home.bot.teams.people.forget(ACME)
    await asks()

    assert await asks() == ""


async def test_whose_address_a_message_holds_is_ticked_from_the_start(one_home):
    """In a list that comes with the answer of the CRM: a field that is open already takes no first value."""
    person = next(each for each in one_home.crm.all("people") if each["emails"]["primaryEmail"])
    said = one_home.slack.say(BEN, SALES, f"Please write to {person['emails']['primaryEmail']}")
    await one_home.open_form("save_as_note", ts=said.ts)
    await one_home.quiet()

    await one_home.slack.submit(one_home.slack.modal(ANA), {})

    card = text_of(await one_home.card(thread=said.ts))
    assert f"{person['name']['firstName']} {person['name']['lastName']}" in card.partition("Attached to")[2]


async def asked(home: House, typed: str, *, ago: timedelta) -> Message:
    """A message of some days ago."""
    now = home.slack.say(BEN, SALES, typed)
    return home.slack.state.put(replace(now, ts=f"{float(now.ts) - ago.total_seconds():.6f}"))


async def looked_up(home: House, ts: str) -> View:
    """What Look up in CRM answers to Ana about the message."""
    await home.slack.message_shortcut("look_up", ANA, SALES, ts)
    await home.quiet()
    return home.slack.modal(ANA)


def element(view: View, block_id: str) -> dict[str, Any]:
    """A field's input."""
    return next(block["element"] for block in view.blocks if block.get("block_id") == block_id)


async def test_ties_are_made_or_named(home):
    """Where the CRM takes ties there is one per record; elsewhere the text names the records, and the card says so."""
    card = await home.save_note(records=["Contoso", "Litware"])
    said = text_of(card)

    await home.slack.click(card, "Confirm", user=ANA)
    await home.shows(card, "Created")

    note = next(each for each in home.crm.all("notes") if each["title"] == "Call with Ada")
    if home.crm.profile == "documented":
        assert "no ties" in said
        assert "Contoso" in note["body"]
    else:
        assert len([each for each in home.crm.all("noteTargets") if each["noteId"] == note["id"]]) == 2


@pytest.mark.parametrize("channel", [RANDOM, PRIVATE])
async def test_a_card_comes_privately_where_the_bot_may_not_post(one_home, channel):
    """In a channel without the bot the card is private, and Confirm still writes once."""
    said = one_home.slack.say(ANA, channel, "Call Contoso about the renewal")
    view = await one_home.open_form("save_as_note", channel=channel, ts=said.ts)
    await one_home.slack.submit(view, {"Title": "Renewal"})
    card = await one_home.private_card()

    await one_home.slack.click(card, "Confirm", user=ANA)
    await one_home.told(ANA, "Created")

    assert [each["title"] for each in one_home.crm.all("notes")].count("Renewal") == 1


async def test_a_message_that_was_saved_says_so(one_home):
    """The second save of a message says that there is a note already."""
    card = await one_home.save_note()
    await one_home.slack.click(card, "Confirm", user=ANA)
    await one_home.shows(card, "Created")

    view = await one_home.open_form("save_as_note", user=BEN)

    assert "Already saved from this message" in text_of(view)


async def test_what_was_typed_is_kept_when_the_card_cannot_be_made(one_home):
    """A team that lost its connection while the form was open gets its words back with one button."""
    view = await one_home.open_form("save_as_note")
    await one_home.quiet()
    await one_home.bot.store.connections.unbind(ACME, one_home.now(), doomed=False)
    one_home.forget_teams()

    await one_home.slack.submit(view, {"Title": "Do not lose me"})

    told = await one_home.told(ANA, "What you typed is kept")
    assert "Open the form again" in buttons_of(told)


async def test_a_ticked_thread_is_still_ticked_in_the_form_that_is_opened_again(one_home):
    """No card could be made; the form comes back with Whole thread as it was, and the note has the thread."""
    one_home.slack.grant_scopes(ACME, "channels:history")
    await one_home.open_form("save_as_note")
    await one_home.quiet()
    view = one_home.slack.modal(ANA)
    await one_home.bot.store.connections.unbind(ACME, one_home.now(), doomed=False)
    one_home.forget_teams()
    await one_home.slack.submit(view, {"Title": "Kept", "Whole thread": ["Save every message of the thread"]})
    told = await one_home.told(ANA, "What you typed is kept")
    await bind(one_home.bot, ACME, one_home.connection_id)
    one_home.forget_teams()

    await one_home.slack.click(told, "Open the form again", user=ANA)
    again = await one_home.slack.wait_for(lambda: one_home._ready(ANA))
    await one_home.slack.submit(again, {})

    assert "The whole thread:" in text_of(await one_home.card())


async def test_records_are_suggested_from_the_message_and_the_channel(one_home):
    """Names in the message, and what was last used in the channel, can be ticked."""
    said = one_home.slack.say(ANA, SALES, "Contoso wants the same terms as Litware")
    await one_home.open_form("save_as_note", ts=said.ts)
    await one_home.quiet()

    view = one_home.slack.modal(ANA)
    assert {"Contoso", "Litware"} <= set(text_of(view).split("\n"))
    await one_home.slack.submit(view, {"Suggested records": ["Contoso"]})
    card = await one_home.card(thread=said.ts)
    assert "Attached to" in text_of(card)
    assert "Contoso" in text_of(card)


async def test_the_whole_thread_is_saved_where_slack_lets_it_be_read(one_home):
    """With the optional scope the thread's messages follow, each with its author; without it nobody is offered it."""
    view = await one_home.open_form("save_as_note")
    await one_home.quiet()
    assert "Whole thread" not in labels_of(one_home.slack.modal(ANA))
    await one_home.slack.close(view)
    one_home.slack.grant_scopes(ACME, "channels:history")

    await one_home.open_form("save_as_note")
    await one_home.quiet()
    view = one_home.slack.modal(ANA)
    await one_home.slack.submit(view, {"Title": "Thread", "Whole thread": ["Save every message of the thread"]})
    card = await one_home.card()
    await one_home.slack.click(card, "Confirm", user=ANA)
    await one_home.shows(card, "Created")

    note = next(each for each in one_home.crm.all("notes") if each["title"] == "Thread")
    replies = one_home.slack.thread(SALES, CALL_NOTES)[1:]
    assert "**Ben Okafor**" in note["bodyV2"]["markdown"] or "**Cleo" in note["bodyV2"]["markdown"], replies


async def test_look_up_shows_what_the_message_is_about(home):
    """Look up in CRM answers in a modal with cards and their buttons."""
    said = home.slack.say(ANA, SALES, "Any news from Contoso?")

    view = await looked_up(home, said.ts)
    assert "Contoso" in text_of(view)
    assert "Add note" in buttons_of(view)


async def test_a_dead_link_leaves_the_rest_of_the_answer(home):
    """A record that is gone is said to be so, below the cards of those that are there."""
    gone = "20202020-0000-4000-8000-00000000dead"
    company = next(each for each in home.crm.all("companies") if each["name"] == "Litware")
    links = [f"https://acme.twenty.com/object/company/{each}" for each in (gone, company["id"])]
    said = home.slack.say(ANA, SALES, f"Is {links[0]} the same as {links[1]}?")

    view = await looked_up(home, said.ts)
    assert "Litware" in text_of(view)
    assert "Add note" in buttons_of(view)
    assert f"Not shown: company {gone}. The CRM has no such record" in text_of(view)


async def test_nobody_known_is_said_in_words(one_home):
    """A message about nobody the CRM knows says so."""
    said = one_home.slack.say(CLEO, SALES, "lunch, anybody?")
    users = one_home.slack.state.users
    users[CLEO] = replace(users[CLEO], email="cleo@elsewhere.example")

    assert "Nobody and nothing in this message is known" in text_of(await looked_up(one_home, said.ts))


async def test_an_unknown_address_can_be_made_a_record_of(one_home):
    """One button for each that the CRM does not have, and none for members or the pages that are linked to."""
    text = "Zoe, zoe.quill@zephyr.example, and ben@acme.example of https://zephyr.example, see https://x.example/a/b"
    said = one_home.slack.say(ANA, SALES, f"{text} and contoso.example")
    view = await looked_up(one_home, said.ts)
    assert "zoe.quill@zephyr.example is not in the CRM." in text_of(view)
    assert "zephyr.example is not in the CRM." in text_of(view)
    assert [each for each in buttons_of(view) if each.startswith("New ")] == ["New person", "New company"]

    await one_home.slack.click(view, "New person", user=ANA)
    form = await one_home.slack.wait_for(lambda: one_home._ready(ANA))

    values = {each["block_id"]: each["element"].get("initial_value") for each in form.blocks if "element" in each}
    assert (values["name"], values["email"]) == ("Zoe Quill", "zoe.quill@zephyr.example")


async def test_an_author_who_works_with_the_crm_is_named_as_a_member(home):
    """Ben is no person in the CRM; that he is a member of it is said, beside whom the message is about."""
    view = text_of(await looked_up(home, GREETING))
    assert "Written by Ben Okafor, a member of this CRM" in view
    assert "Nobody and nothing else in this message is known to the CRM." in view

    home.crm.add("people", {"name": {"firstName": "Ben", "lastName": "Okafor"}, "emails": PRIMARY})
    assert "a member of this CRM" not in text_of(await looked_up(home, GREETING))


async def test_what_is_pressed_in_the_answer_goes_on_over_it(one_home):
    """Edit in the modal lays the form over it; Delete puts its card where the message stands."""
    said = one_home.slack.say(ANA, SALES, "Any news from Contoso?")
    found = await looked_up(one_home, said.ts)

    await one_home.slack.click(found, "Edit", user=ANA)
    form = await one_home.slack.wait_for(lambda: one_home._ready(ANA))
    assert form.id != found.id
    await one_home.slack.close(form)
    assert one_home.slack.modal(ANA).id == found.id

    await one_home.slack.click(found, "Delete", user=ANA)
    card = await one_home.slack.wait_for(lambda: one_home._waiting(one_home.slack.ephemerals(ANA, SALES)))
    assert "Delete company" in text_of(card)


async def test_a_message_longer_than_an_input_is_kept_whole(home):
    """9,000 characters do not fit into the form; left empty, the text stays as it is and reaches the CRM whole."""
    said = home.slack.say(ANA, SALES, "Minutes " + "word " * 1_800)
    view = await home.open_form("save_as_note", ts=said.ts)
    await home.slack.submit(view, {"Title": "Long minutes"})
    card = await home.card(thread=said.ts)
    await home.slack.click(card, "Confirm", user=ANA)
    await home.shows(card, "Created")

    note = next(each for each in home.crm.all("notes") if each["title"] == "Long minutes")
    text = note.get("body") or note["bodyV2"]["markdown"]
    assert text.count("word") == 1_800


async def test_a_card_tells_times_in_its_proposers_timezone(one_home):
    """`tomorrow 3pm` in Berlin reads 15:00 in the card's text, which is all that a screen reader gets."""
    view = await one_home.ask_form("/crm new task Call Ada tomorrow 3pm")
    await one_home.slack.submit(view, {})
    card = await one_home.private_card()

    assert "15:00" in card.text


async def test_a_kept_form_can_be_opened_again_after_what_came_of_it_was_cancelled(one_home):
    """Each opening is a form of its own: what is submitted then is a card that waits, not the one that is over."""
    view = await one_home.open_form("save_as_note")
    await one_home.quiet()
    await one_home.bot.store.connections.unbind(ACME, one_home.now(), doomed=False)
    one_home.forget_teams()
    await one_home.slack.submit(view, {"Title": "Kept"})
    told = await one_home.told(ANA, "What you typed is kept")
    await bind(one_home.bot, ACME, one_home.connection_id)
    one_home.forget_teams()
    for title in ("First try", "Second try"):
        await one_home.slack.click(told, "Open the form again", user=ANA)
        await one_home.slack.submit(await one_home.slack.wait_for(lambda: one_home._ready(ANA)), {"Title": title})
        await one_home.quiet()
        card = await one_home.card()
        assert title in text_of(card)
        await one_home.slack.click(card, "Cancel", user=ANA)
        await one_home.quiet()
