"""Lists, searches, choices and record cards: what stands in them, and which button leads where."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from bot.blocks import connecting, home, ids, lists, records
from bot.blocks.primitives import Block, Message
from bot.models import Choice, Found, Kind, Listing, Record, RecordCard, Ref, When

from blocks_catalogue import messages  # isort: skip
from blocks_samples import ANA, NOW, URL, VIEWER, Samples, an_id  # isort: skip

SAMPLES = Samples()


def buttons(said: Message) -> list[tuple[str, str, str]]:
    """Each button as its text, action and value."""
    rows = [block.get("elements", [block.get("accessory")]) for block in said.blocks if block["type"] != "rich_text"]
    pressed = [each for row in rows for each in row if each and each["type"] == "button"]
    return [(each["text"]["text"], each["action_id"], each.get("value", "")) for each in pressed]


def menu(said: Message) -> Block:
    rows = [block["elements"] for block in said.blocks if block["type"] == "actions"]
    return next(each for row in rows for each in row if each["type"] == "overflow")


def tasks(*records: Record) -> str:
    listing = Listing(title="Tasks", kind=Kind.TASK, records=records)
    return lists.listing(listing, VIEWER, NOW).text


def test_a_page_leads_on_and_back() -> None:
    """Previous and Next carry the tokens of their pages, and the total is said."""
    said = messages()["list deals"]

    assert buttons(said)[-2:] == [
        ("Previous", ids.LIST_PREVIOUS, "page-token-1"),
        ("Next", ids.LIST_NEXT, "page-token-3"),
    ]
    assert "41 in all, page 2" in said.text
    assert "Together: EUR 99,000, USD 5" in said.text


def test_an_only_page_has_no_paging() -> None:
    """Without other pages there are no paging buttons and no page number."""
    said = messages()["list tasks"]

    assert {text for text, _, _ in buttons(said)} == {"Done"}
    assert "page" not in said.text


@pytest.mark.parametrize(
    ("due", "group"),
    [
        (When(NOW - timedelta(minutes=1)), "Overdue"),
        (When(NOW + timedelta(minutes=1)), "Today"),
        (When(NOW.replace(hour=21, minute=59)), "Today"),  # one minute to midnight in Berlin
        (When(NOW.replace(hour=22, minute=0)), "Later"),
        (When(NOW.replace(hour=12, minute=0), all_day=True), "Today"),
        (When(NOW.replace(day=2, hour=12, minute=0), all_day=True), "Later"),
        (When(NOW.replace(month=3, day=31, hour=12, minute=0), all_day=True), "Overdue"),
        (None, "Without a date"),
    ],
)
def test_tasks_are_grouped_by_the_readers_day(due: When | None, group: str) -> None:
    """Overdue, today and later are told by the reader's clock and calendar."""
    task = replace(SAMPLES.task, values={**SAMPLES.task.values, "due": due})

    assert f"\n{group}\n" in tasks(task)


@pytest.mark.parametrize(
    ("stage", "close", "marked"),
    [
        ("MEETING", NOW - timedelta(days=1), True),
        ("MEETING", NOW, False),
        ("MEETING", NOW + timedelta(days=1), False),
        ("CUSTOMER", NOW - timedelta(days=1), False),
    ],
)
def test_an_open_deal_whose_close_date_has_passed_says_so(stage: str, close: datetime, marked: bool) -> None:
    """In words, in a list and in what was found, and in the place where the list has it."""
    close_date = When(close.replace(hour=12, minute=0), all_day=True)
    deal = replace(SAMPLES.deal, values={**SAMPLES.deal.values, "stage": Choice(stage), "close_date": close_date})
    listed = lists.listing(Listing(title="Deals", kind=Kind.DEAL, records=(deal,)), VIEWER, NOW)
    found = lists.found(Found(words="acme", records={Kind.DEAL: (deal,)}, totals={}), VIEWER, NOW, command="/crm")

    for said in (listed.text, found.text):
        assert (f"\nOverdue · {Choice(stage)} · " in said) == marked
        assert said.count("Overdue") == marked


def test_a_card_says_what_is_overdue() -> None:
    """At its own date, and of the open deals and tasks around it."""
    was = When(NOW - timedelta(days=1))
    deal = replace(SAMPLES.deal, values={**SAMPLES.deal.values, "close_date": was})
    task = replace(SAMPLES.task, values={**SAMPLES.task.values, "due": was})
    around = records.card(RecordCard(record=SAMPLES.company, deals=(deal,), tasks=(task,)), VIEWER, NOW).text

    assert "Close date: Tue 31 Mar 2026, 11:30 (overdue)\n" in records.card(RecordCard(record=deal), VIEWER, NOW).text
    assert around.count(" · Overdue · ") == 2


def test_home_says_which_task_is_overdue() -> None:
    """There no heading says it."""
    late, later = (replace(SAMPLES.task, values={"due": When(NOW + timedelta(hours=n))}) for n in (-1, 1))
    standing = connecting.Standing(is_bound=True)
    said = str(home.home(home.Home(standing=standing, tasks=(late, later)), NOW, command="/crm"))

    assert said.count("Overdue · Due ") == 1


def test_a_done_task_is_not_done_again() -> None:
    """A finished task stands apart and has no Done button."""
    task = replace(SAMPLES.task, values={**SAMPLES.task.values, "status": Choice("DONE")})

    assert "\nDone\n" in tasks(task)
    assert "Done" not in [text for text, _, _ in buttons(records.card(RecordCard(record=task), VIEWER, NOW))]


def test_tasks_of_one_name_are_told_apart_in_the_menu() -> None:
    """By what they are for: in the little room of a menu that stands before whose they are."""
    long = replace(SAMPLES.task, values={**SAMPLES.task.values, "assignee": Ref(Kind.MEMBER, an_id(9), "Ana " * 20)})
    said = lists.listing(Listing(title="Tasks", kind=Kind.TASK, records=(long,)), VIEWER, NOW)

    assert "For Acme Inc" in said.blocks[-1]["elements"][0]["options"][0]["description"]["text"]


def test_a_notes_line_shows_its_words_and_no_marks() -> None:
    """In a list and on a company's card; the note's own card shows the text as it was written."""
    note = replace(
        SAMPLES.note, values={**SAMPLES.note.values, "text": "They compare **three** [vendors](https://x.example)"}
    )
    listed = lists.listing(Listing(title="Notes", kind=Kind.NOTE, records=(note,)), VIEWER, NOW).text
    company = records.card(RecordCard(record=SAMPLES.company, notes=(note,)), VIEWER, NOW).text

    assert "They compare three vendors" in listed
    assert "They compare three vendors" in company
    assert "**three**" in records.card(RecordCard(record=note), VIEWER, NOW).text


def test_a_members_card_says_not_who_made_the_member() -> None:
    """A member is a colleague, and no record that somebody keeps."""
    member = Record(kind=Kind.MEMBER, id=an_id(7), name="Ana Lima", values={}, created_by="Slack bot", updated_at=NOW)

    assert records.card(RecordCard(record=member), VIEWER, NOW).text.split("\n")[1] == "Member"


def test_an_empty_answer_has_a_next_step() -> None:
    """Nothing found is never the end: the nearest command, how to find more, and where all commands are."""
    said = lists.found(Found(words="hlep", records={}, totals={}), VIEWER, NOW, command="/deal", nearest="help")

    assert "Nothing found for “hlep”." in said.text
    assert "Did you mean “/deal help”?" in said.text
    assert said.text.endswith(" All commands: /deal help")


def test_a_search_shows_all_kinds_and_how_many_there_are() -> None:
    """Companies, people and deals at once, each with the number of all matches."""
    said = messages()["found"].text

    assert [line for line in said.split("\n") if line.endswith(")")] == [
        "Companies (5 of 12)",
        "People (2)",
        "Deals (1)",
    ]


def test_several_matches_are_a_choice() -> None:
    """One button each, leading where the command wanted to go, and never more than ten."""
    pressed = buttons(messages()["which one"])

    assert len(pressed) == lists.CHOICES
    assert pressed[0] == ("Edit", ids.RECORD_EDIT, f"company:{an_id(1)}")


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (SAMPLES.company, ["Add note", "Add task", "Edit", "Open in Twenty"]),
        (SAMPLES.person, ["Add note", "Add task", "Edit", "Open in Twenty"]),
        (SAMPLES.deal, ["Add note", "Add task", "Edit", "Open in Twenty"]),
        (SAMPLES.note, ["Edit", "Open in Twenty"]),
        (SAMPLES.task, ["Done", "Edit", "Open in Twenty"]),
        (SAMPLES.member, ["Open in Twenty"]),
    ],
    ids=lambda value: str(value.kind) if isinstance(value, Record) else "",
)
def test_a_card_has_its_buttons(record: Record, expected: list[str]) -> None:
    """Each kind offers what makes sense for it; members are read only."""
    said = records.card(RecordCard(record=record, url=URL), VIEWER, NOW)

    assert [text for text, _, _ in buttons(said)] == expected


def test_more_holds_the_rest() -> None:
    """Notes, tasks, Share to channel, History and Delete, each naming the record."""
    said = records.card(RecordCard(record=SAMPLES.deal), VIEWER, NOW)
    options = {each["text"]["text"]: ids.read_more(each["value"]) for each in menu(said)["options"]}

    assert set(options) == {"All notes", "All tasks", "Share to channel", "History", "Delete"}
    assert {ref.id for _, ref in options.values()} == {SAMPLES.deal.id}


def test_a_shared_card_says_by_whom_and_can_be_taken_back() -> None:
    """In a channel the card names its sharer; taken back, nothing of the record is left."""
    said = messages()["card shared"]

    assert f"<@{ANA}> shared this" in said.text
    assert "Make private again" in [text for text, _, _ in buttons(said)]
    assert "Acme" not in messages()["card unshared"].text


def test_a_card_is_about_as_tall_however_much_there_is() -> None:
    """Fifty notes take as much room as four, and are counted."""
    few, many = (
        records.card(RecordCard(record=SAMPLES.company, notes=(SAMPLES.note,) * n), VIEWER, NOW).text for n in (4, 50)
    )

    assert few.count("\n") == many.count("\n")
    assert "Last notes (50)" in many
    assert "and 47 more" in many
