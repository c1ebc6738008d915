"""Fifteen writes: create, update and delete of every record type, each by a card, each undone, in every dialect."""

from dataclasses import replace
from typing import Any

import pytest

from bot.models import TeamId, UserId
from bot.sandbox.slack import Message, buttons_of, labels_of, text_of
from bot.sandbox.slack.sample import ACME, ANA
from bot.sandbox.slack.state import View
from tests.house import House

CREATES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "company": ("companies", "Zephyr Labs", {"Name": "Zephyr Labs", "Domain": "zephyr.example"}),
    "person": ("people", "Zoe Quill", {"Name": "Zoe Quill", "Email": "Zoe@Quill.example", "Phone": "+44 20 7946 0958"}),
    "deal": ("opportunities", "Zephyr pilot", {"Name": "Zephyr pilot", "Amount": "12.5k EUR", "Company": "Contoso"}),
    "note": ("notes", "Zephyr call", {"Title": "Zephyr call", "Text": "They are *keen*", "Records": ["Contoso"]}),
    "task": ("tasks", "Ring Zephyr", {"Title": "Ring Zephyr", "Assignee": "Ben Okafor"}),
}
EDITS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "company": ("companies", "Fabrikam", {"City": "Potsdam"}, "Potsdam"),
    "person": ("people", "Ada Lovelace", {"Job title": "Countess"}, "Countess"),
    "deal": ("opportunities", "Fabrikam renewal", {"Amount": "41,000 EUR"}, "41000000000"),
    "note": ("notes", "Once only", {"Text": "Changed words"}, "Changed words"),
    "task": ("tasks", "Once only", {"Title": "Once and for all"}, "Once and for all"),
}


def named(record: dict[str, Any]) -> str:
    """What a raw record is called."""
    name = record.get("title") or record.get("name") or ""
    return f"{name['firstName']} {name['lastName']}" if isinstance(name, dict) else name


def find(home: House, plural: str, name: str) -> dict[str, Any] | None:
    """The raw record of this name, if there is exactly one."""
    found = [each for each in home.crm.all(plural) if named(each) == name]
    assert len(found) <= 1, found
    return found[0] if found else None


async def confirm(home: House, card: Message, words: str) -> Message:
    """Press Confirm on a private card and wait for what this very card says then."""
    await home.slack.click(card, "Confirm", user=ANA)
    return await home.shows(card, words)


async def proposed(home: House, typed: str, answers: dict[str, Any]) -> Message:
    """Open a form by command, fill it in, and wait for the card."""
    view = await home.ask_form(typed)
    answer = await home.slack.submit(view, answers)
    assert answer.ok, answer
    assert not view.errors, view.errors
    return await home.private_card()


@pytest.mark.parametrize("kind", CREATES)
async def test_a_create_is_shown_written_and_taken_back(home, kind):
    """The card shows every field and the new id; after Confirm the record has exactly those; Undo trashes it."""
    plural, name, answers = CREATES[kind]
    card = await proposed(home, f"/crm new {kind}", answers)
    assert find(home, plural, name) is None, "nothing is written before Confirm"
    assert all(label in text_of(card) for label in answers if label != "Records")

    done = await confirm(home, card, f"Created {kind}")
    record = find(home, plural, name)
    assert record
    assert record["id"] in text_of(done)

    await home.slack.click(done, "Undo", user=ANA)
    undo = await home.private_card()
    assert f"Delete {kind}" in text_of(undo)
    await confirm(home, undo, f"Deleted {kind}")
    assert find(home, plural, name) is None
    assert bool([each for each in home.crm.trash(plural) if each["id"] == record["id"]]) == (
        home.crm.profile != "documented"
    )


@pytest.mark.parametrize("kind", EDITS)
async def test_an_update_is_shown_as_a_difference_and_taken_back(home, kind):
    """The card shows old and new; only the touched field changes; Undo gives the old value back."""
    plural, name, answers, expected = EDITS[kind]
    if kind in ("note", "task"):
        home.crm.add(plural, {"title": name})
    before = find(home, plural, name)
    if kind == "company" and "address" not in before:
        pytest.fail("the fake knows no address")

    card = await proposed(home, f"/crm edit {kind} {name}", answers)
    assert "→" in text_of(card)
    done = await confirm(home, card, f"Changed {kind}")
    after = home.crm.get(plural, before["id"])
    assert expected in str(after)

    await home.slack.click(done, "Undo", user=ANA)
    await confirm(home, await home.private_card(), "Changed")
    back = home.crm.get(plural, before["id"])
    moved = {key for key in before if back.get(key) != before[key]}
    assert moved <= {"updatedAt", "updatedBy", "searchVector", "bodyV2", "body"}, moved


@pytest.mark.parametrize("kind", EDITS)
async def test_a_delete_shows_the_whole_record_says_where_it_went_and_is_taken_back(home, kind):
    """The card shows the record; the outcome says trash or gone; Undo brings it back with the same id."""
    plural, name, _, _ = EDITS[kind]
    if kind in ("note", "task"):
        home.crm.add(plural, {"title": name})
    record = find(home, plural, name)

    await home.slack.command(ANA, "C0SALES01", f"/crm delete {kind} {name}")
    card = await home.private_card()
    assert record["id"] in text_of(card)
    done = await confirm(home, card, f"Deleted {kind}")
    assert ("gone for good" in text_of(done)) == (home.crm.profile == "documented")
    assert find(home, plural, name) is None

    await home.slack.click(done, "Undo", user=ANA)
    await confirm(home, await home.private_card(), f"Restored {kind}")
    assert find(home, plural, name)["id"] == record["id"]


async def test_done_completes_a_task(home):
    """`/crm done` goes straight to the card, and the task is DONE after Confirm."""
    task = home.crm.add("tasks", {"title": "Water the plants", "status": "TODO"})

    await home.slack.command(ANA, "C0SALES01", "/crm done water the plants")
    await confirm(home, await home.private_card(), "Changed task")

    assert home.crm.get("tasks", task["id"])["status"] == "DONE"


async def test_several_matches_are_a_choice_and_never_a_guess(one_home):
    """Two tasks of one name: the asker chooses, and nothing is proposed before."""
    one_home.crm.add("tasks", {"title": "Twin"})
    one_home.crm.add("tasks", {"title": "Twin"})

    answer = await one_home.ask("/crm done twin")

    assert buttons_of(answer) == ["Done", "Done"]
    assert not one_home.crm_requests("PATCH")


async def test_words_after_the_command_fill_in_the_form(one_home):
    """`new task Call Ada tomorrow 3pm` opens with the title without the date, and the date set."""
    view = await one_home.ask_form("/crm new task Call Ada tomorrow 3pm")

    title = next(block for block in view.blocks if block.get("block_id") == "title")
    due = next(block for block in view.blocks if block.get("block_id") == "due")
    assert title["element"]["initial_value"] == "Call Ada"
    assert due["element"]["initial_date_time"] > 0


@pytest.mark.parametrize(
    ("typed", "assignee"),
    [("Call Ada", "Ana Lopez"), ("Call Ada @ben", "Ben Okafor"), ("Call Ada assignee:nobody-known", None)],
)
async def test_a_new_task_is_suggested_to_whoever_asks_for_it(one_home, typed, assignee):
    """Unless the words say whose it is, or try to."""
    view = await one_home.ask_form(f"/crm new task {typed}")

    assert assignee_in(view) == assignee


async def test_a_task_on_a_record_is_suggested_to_whoever_adds_it(one_home):
    """Add task fills in the assignee, too."""
    shown = await one_home.ask("/crm show company Fabrikam")
    await one_home.slack.click(shown, "Add task", user=ANA)
    await one_home.quiet()

    assert assignee_in(one_home.slack.modal(ANA)) == "Ana Lopez"


def assignee_in(view: View) -> str | None:
    """Who is chosen in a task's form."""
    field = next(block for block in view.blocks if block.get("block_id") == "assignee")
    chosen = field["element"].get("initial_option")
    return chosen["text"]["text"] if chosen else None


async def test_whoever_is_no_member_is_suggested_no_task(one_home):
    """Nobody of this CRM has Ana's address: her form has no assignee, and nothing is said about it."""
    people = one_home.slack.state.users
    people[ANA] = replace(people[ANA], email="ana@elsewhere.example")

    view = await one_home.ask_form("/crm new task Call Ada")

    assert "not a member" not in text_of(view)
    assert "assigned to nobody" in text_of(await proposed(one_home, "/crm new task Call Ada", {}))


@pytest.mark.parametrize(
    ("typed", "title", "records"),
    [
        ("add note to contoso", "", ["Contoso"]),
        ("create note for Fabrikam: they are keen", "they are keen", ["Fabrikam"]),
        ("new task Send the offer to Contoso tomorrow", "Send the offer to Contoso", ["Contoso"]),
        ("add task Call Ada about deal Fabrikam renewal", "Call Ada about deal Fabrikam renewal", ["Fabrikam renewal"]),
        ("new task Send it to me", "Send it to me", []),
        ("new note for nobody", "for nobody", []),
        ("new task Change it to @", "Change it to @", []),
    ],
)
async def test_the_record_that_a_title_speaks_of_is_attached(one_home, typed, title, records):
    """`me` is not Acme; what the CRM does not have stays in the title, and nothing is said about it."""
    view = await one_home.ask_form(f"/crm {typed}")

    inputs = {block["block_id"]: block["element"] for block in view.blocks if block.get("type") == "input"}
    assert inputs["title"].get("initial_value", "") == title
    assert [each["text"]["text"] for each in inputs["records"].get("initial_options", [])] == records
    assert "choose one" not in text_of(view)


async def test_a_form_opens_although_the_record_of_its_title_cannot_be_looked_up(one_home, monkeypatch):
    """What was typed is in it; the record can be chosen there."""
    monkeypatch.setattr("bot.proposals.in_time.CHECKED_WITHIN", 0.2)
    one_home.maton.fault("status", method="GET", path="/rest/companies", status=503, times=None)

    view = await one_home.ask_form("/crm new note Budget call for Contoso")

    title = next(block["element"] for block in view.blocks if block.get("block_id") == "title")
    assert title["initial_value"] == "Budget call for Contoso"


async def test_several_records_that_a_title_speaks_of_are_asked_about(one_home):
    """None of them is guessed; the title stays as it was typed."""
    one_home.crm.add("companies", {"name": "Zephyr Labs"})
    one_home.crm.add("companies", {"name": "Zephyr Works"})

    view = await one_home.ask_form("/crm new note for zephyr")

    assert "Records: several match “zephyr”; choose one below." in text_of(view)
    records = next(block["element"] for block in view.blocks if block.get("block_id") == "records")
    assert "initial_options" not in records


async def test_a_last_name_may_be_typed_first(one_home):
    """`Lovelace, Adax` in the form is Adax Lovelace on the card and in the CRM."""
    card = await proposed(one_home, "/crm new person", {"Name": "Lovelace, Adax"})
    assert "Adax Lovelace" in text_of(card)

    await confirm(one_home, card, "Created person")

    names = [each["name"] for each in one_home.crm.all("people")]
    assert {"firstName": "Adax", "lastName": "Lovelace"} in names


async def test_additional_emails_and_phones_survive_an_edit(home):
    """A new primary email keeps the additional ones: composites are written whole (twenty.md section 4.2)."""
    emails = {"primaryEmail": "first@x.example", "additionalEmails": ["second@x.example"]}
    person = home.crm.add("people", {"name": {"firstName": "Many", "lastName": "Mails"}, "emails": emails})

    card = await proposed(home, "/crm edit person Many Mails", {"Email": "third@x.example"})
    await confirm(home, card, "Changed person")

    kept = home.crm.get("people", person["id"])["emails"]
    assert kept["primaryEmail"] == "third@x.example"
    assert kept["additionalEmails"] == ["second@x.example"]


async def test_a_likely_duplicate_is_shown_and_can_be_used_instead(one_home):
    """A company with a known domain: the card names the existing one, and Use existing drops the proposal."""
    card = await proposed(one_home, "/crm new company", {"Name": "Contoso GmbH", "Domain": "contoso.example"})
    assert "perhaps the same" in text_of(card)

    await one_home.slack.click(card, "Use existing", user=ANA)
    await one_home.told(ANA, "Cancelled")

    assert not one_home.crm_requests("POST")


async def test_other_peoples_undecided_proposals_are_shown(one_home):
    """Two people propose the same company: the second card says that the first is waiting."""
    await proposed(one_home, "/crm new company", {"Name": "Same Idea"})
    view = await one_home.ask_form("/crm new company", user="U0BEN0001")
    await one_home.slack.submit(view, {"Name": "same idea"})

    card = await one_home.private_card("U0BEN0001")

    assert "Also waiting" in text_of(card)


async def test_a_form_says_at_the_field_what_is_wrong(one_home):
    """A mistyped email and an amount that is none stay in the form with a sentence each."""
    view = await one_home.ask_form("/crm new person")
    await one_home.slack.submit(view, {"Name": "Zoe", "Phone": "call me"})
    assert view.errors["phone"] == "This is not a phone number: write it like +1 555 0100."
    await one_home.slack.close(view)

    view = await one_home.ask_form("/crm new deal")
    await one_home.slack.submit(view, {"Name": "Big", "Amount": "a lot"})
    assert view.errors["amount"] == "This is not an amount: write it like 12,500 EUR or €12.5k."
    await one_home.slack.submit(view, {"Amount": "12 XYZ"})
    assert "“XYZ” is no currency" in view.errors["amount"]
    assert "three letters, such as EUR" in view.errors["amount"]
    assert "Name" in labels_of(view)


async def test_an_untouched_edit_proposes_nothing(one_home):
    """Submitting an edit form as it was says that nothing was changed."""
    view = await one_home.ask_form("/crm edit company Fabrikam")
    await one_home.slack.submit(view, {})

    await one_home.told(ANA, "Nothing was changed")


async def test_a_newer_proposal_takes_the_place_of_an_older_one(one_home):
    """The same person proposes the same field again: the first card says that it was replaced."""
    await proposed(one_home, "/crm edit company Fabrikam", {"City": "Potsdam"})
    await proposed(one_home, "/crm edit company Fabrikam", {"City": "Leipzig"})

    await one_home.told(ANA, "Replaced")


async def test_an_undo_names_the_people_it_puts_back_and_is_proposed_once(one_home):
    """No id stands where a name belongs, and who presses Undo again is shown the card that waits."""
    card = await proposed(one_home, "/crm edit company Fabrikam", {"Owner": "Ana Lopez"})
    done = await confirm(one_home, card, "Changed company")
    await one_home.slack.click(done, "Undo", user=ANA)
    undo = text_of(await one_home.private_card())
    assert "Owner: Ana Lopez → " in undo
    assert "member " not in undo

    await one_home.slack.click(done, "Undo", user=ANA)
    await one_home.quiet()

    assert [text_of(each) for each in one_home.slack.ephemerals(ANA) if "to undo" in text_of(each)] == [undo, undo]
    assert len(await one_home.bot.store.proposals.open_of(TeamId(ACME), UserId(ANA))) == 1


async def test_an_undo_is_refused_when_somebody_changed_the_field_since(one_home):
    """Undo of an update refuses with a reason when the field has moved."""
    card = await proposed(one_home, "/crm edit company Fabrikam", {"City": "Potsdam"})
    done = await confirm(one_home, card, "Changed company")
    company = find(one_home, "companies", "Fabrikam")
    one_home.crm.edit("companies", company["id"], {"address": {**company["address"], "addressCity": "Jena"}})

    await one_home.slack.click(done, "Undo", user=ANA)

    await one_home.told(ANA, "changed by somebody else since")


async def test_a_tie_that_is_refused_hinders_no_other(one_home):
    """The note is attached to the second record although the CRM refuses the first, and the card claims no more."""
    _, second = (one_home.crm.add("companies", {"name": name}) for name in ("Zephyr", "Yonder"))
    view = await one_home.ask_form("/crm new note Quarterly call")
    one_home.maton.fault("status", method="POST", path="/noteTargets", status=400, message="No such target.")
    await one_home.slack.submit(view, {"Records": ["Zephyr", "Yonder"]})
    await one_home.quiet()

    done = await confirm(one_home, await one_home.private_card(), "Created note")

    note = find(one_home, "notes", "Quarterly call")
    (tie,) = [each for each in one_home.crm.all("noteTargets") if each["noteId"] == note["id"]]
    assert second["id"] in tie.values()
    assert "It could not be attached to Zephyr" in text_of(done)
    assert "Attached to: Yonder" in text_of(done)


async def test_a_text_that_nobody_touched_stays_when_it_has_to_name_records(one_home):
    """The CRM's ties are gone when the change is confirmed: the records are named behind the text that is there."""
    one_home.crm.add("notes", {"title": "Zephyr call", "bodyV2": {"markdown": "They are keen."}})
    card = await proposed(one_home, "/crm edit note Zephyr call", {"Records": ["Contoso"]})
    one_home.maton.fault("status", method="POST", path="/noteTargets", status=404, message="Cannot POST /noteTargets")

    await confirm(one_home, card, "the text names them")

    text = find(one_home, "notes", "Zephyr call")["bodyV2"]["markdown"]
    assert text.startswith("They are keen.")
    assert "Contoso" in text


async def test_an_undo_speaks_of_what_was_done_alone(one_home):
    """A tie that the CRM had refused is not there to be cut."""
    for name in ("Zephyr", "Yonder"):
        one_home.crm.add("companies", {"name": name})
    one_home.crm.add("notes", {"title": "Quarterly call"})
    card = await proposed(one_home, "/crm edit note Quarterly call", {"Records": ["Zephyr", "Yonder"]})
    one_home.maton.fault("status", method="POST", path="/noteTargets", status=400, message="No such target.")
    done = await confirm(one_home, card, "Attached to: Yonder")

    await one_home.slack.click(done, "Undo", user=ANA)
    await one_home.quiet()

    undo = text_of(await one_home.private_card())
    assert "Yonder" in undo
    assert "Zephyr" not in undo


async def test_a_text_that_names_records_is_taken_back_whole(one_home):
    """What was written behind the new text is the bot's own, and nobody else's change since."""
    one_home.crm.add("notes", {"title": "Zephyr call", "bodyV2": {"markdown": "They are keen."}})
    card = await proposed(one_home, "/crm edit note Zephyr call", {"Text": "They signed.", "Records": ["Contoso"]})
    one_home.maton.fault("status", method="POST", path="/noteTargets", status=404, message="Cannot POST /noteTargets")
    done = await confirm(one_home, card, "the text names them")

    await one_home.slack.click(done, "Undo", user=ANA)
    await confirm(one_home, await one_home.private_card(), "Changed note")

    assert find(one_home, "notes", "Zephyr call")["bodyV2"]["markdown"] == "They are keen."


async def test_what_was_taken_back_says_so_on_its_card(one_home):
    """The create's card offers no more what is there no more; an undone delete leads to its record again."""
    view = await one_home.open_form("save_as_note")
    await one_home.slack.submit(view, {"Title": "Call with Ada"})
    made = await confirm(one_home, await one_home.card(), "Created note")
    await one_home.slack.click(made, "Undo", user=ANA)
    await one_home.quiet()
    deleted = await confirm(one_home, await one_home.private_card(), "Deleted note")

    now = await one_home.shows(made, "Taken back: Created note: Call with Ada")
    assert f"Taken back by @{ANA}" in text_of(now)
    assert buttons_of(now) == []
    await one_home.slack.click(made, "Undo", user=ANA)
    await one_home.told(ANA, "taken back already")

    await one_home.slack.click(deleted, "Undo", user=ANA)
    await one_home.quiet()
    await confirm(one_home, await one_home.private_card(), "Restored note")
    now = await one_home.shows(deleted, "Taken back: Deleted note")
    assert buttons_of(now) == ["Show"]
    assert "can be restored" not in text_of(now)


async def test_a_card_says_that_nothing_could_be_looked_up_for_it(one_home, monkeypatch):
    """The CRM does not answer while the form is submitted: nothing is lost, and no doubt is passed over."""
    monkeypatch.setattr("bot.proposals.in_time.CHECKED_WITHIN", 0.2)
    view = await one_home.ask_form("/crm new company Zephyr")
    away = one_home.maton.fault("status", method="GET", path="/rest/companies", status=503, times=None)
    await one_home.slack.submit(view, {})
    card = await one_home.private_card()
    assert "not known whether it has this already" in text_of(card)
    away.remove()

    await confirm(one_home, card, "Created company")
