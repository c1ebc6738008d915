"""The proposal's card tells exactly what will change, and exactly what happened."""

import pytest
from msgspec.structs import replace

from bot.blocks import ids
from bot.blocks.primitives import Message
from bot.blocks.proposal import NOBODYS_TASK, button_value, card, told_late, told_proposer
from bot.blocks.values import in_words
from bot.changes import Change, FieldChange, Verb
from bot.models import Kind, Ref, When
from bot.proposal import State

from blocks_catalogue import messages  # isort: skip
from blocks_samples import ANA, BEN, a_proposal, an_id, changes, decided  # isort: skip

ENDED = [state for state in State if state is not State.PENDING]


def buttons(said: Message) -> dict[str, str]:
    rows = [block["elements"] for block in said.blocks if block["type"] == "actions"]
    return {each["text"]["text"]: each.get("value", "") for row in rows for each in row}


@pytest.mark.parametrize("change", changes().values(), ids=changes())
def test_a_waiting_card_has_confirm_and_cancel(change) -> None:
    """The buttons read exactly so and carry the opaque value, the same for both."""
    waiting = a_proposal(change)

    assert buttons(card(waiting)) == {"Confirm": button_value(waiting), "Cancel": button_value(waiting)}


@pytest.mark.parametrize("change", changes().values(), ids=changes())
def test_a_card_shows_everything_it_will_do(change) -> None:
    """The record by name and id, and every tie by name and id, can be read in the text alone."""
    said = card(a_proposal(change)).text

    for each in (change.name, change.record_id, *(tie.to.id for tie in (*change.links, *change.unlinks))):
        assert each in said
    assert "Expires" in said


@pytest.mark.parametrize("state", ENDED)
def test_a_decided_card_has_no_decision_left(state: State) -> None:
    """No end of a proposal leaves Confirm or Cancel behind; a done one offers Undo."""
    said = card(decided(changes()["note"], state))

    assert not {"Confirm", "Cancel"} & set(buttons(said))
    assert ("Undo" in buttons(said)) is (state is State.DONE)
    assert an_id(4) in said.text


def test_a_card_that_ended_by_itself_says_when() -> None:
    """Expired or void: nobody decided, and the moment is told all the same."""
    expired = decided(changes()["note"], State.EXPIRED)
    void = replace(decided(changes()["note"], State.CANCELLED), decided_by=None)

    assert f"; it expired {in_words(When(expired.expires_at), 'UTC')}." in card(expired).text
    assert f"; void since {in_words(When(void.decided_at), 'UTC')}." in card(void).text


@pytest.mark.parametrize("state", list(State))
def test_a_late_click_learns_what_happened(state: State) -> None:
    """Whoever comes late is told how it stands; the one who decided is told so."""
    proposal = decided(changes()["note"], state)

    assert "Call with Ada" in told_late(proposal, ANA)
    if state in (State.DONE, State.FAILED, State.CANCELLED):
        assert f"<@{BEN}>" in told_late(proposal, ANA)
        assert "by you" in told_late(proposal, BEN)


def test_an_update_reads_old_and_new() -> None:
    """Each field as `old → new`; where readers' words are equal, what distinguishes them is shown."""
    said = card(a_proposal(changes()["person"])).text

    assert "Job title: Analyst → Chief analyst" in said
    assert f"Company: Acme Inc ({an_id(1)}) → Acme Inc ({an_id(9)})" in said
    assert "(A, https://x.example) → x.example (B, https://x.example)" in said


@pytest.mark.parametrize("length", [2_999, 3_000, 8_999, 9_000])
def test_a_long_text_is_shown_whole(length: int) -> None:
    """A note's text is not shortened before it is confirmed."""
    text = "".join(chr(ord("a") + n % 26) for n in range(length))
    change = replace(changes()["note"], fields=(FieldChange("text", None, text),))

    assert quoted(card(a_proposal(change))) == text


def test_a_decided_card_cuts_no_link() -> None:
    """The summary of a long text ends before a link that does not fit, not within it."""
    text = f"{'They want it. ' * 12}[Open in Slack](https://acme.slack.com/archives/C0SALES01/p1772530500000200)"
    written = (FieldChange("text", None, text),)
    change = Change(verb=Verb.CREATE, kind=Kind.NOTE, record_id=an_id(1), name="Call", fields=written)

    shown = card(decided(change, State.DONE)).text
    assert "They want it.\u2026" in shown
    assert "https://" not in shown


def test_what_does_not_fit_is_counted() -> None:
    """Of a text beyond Slack's limits the card says how much follows."""
    change = replace(changes()["note"], fields=(FieldChange("text", None, "x" * 10_234),))
    said = card(a_proposal(change))

    assert "1,234 more characters follow" in str(said.blocks)
    assert len(quoted(said)) == 9_000


def test_a_stale_card_shows_base_now_and_proposed() -> None:
    """Nothing was written, and the three values stand beside each other before it asks again."""
    said = messages()["proposal stale"]

    assert "was Analyst, is now Clerk, proposed Chief analyst" in said.text
    assert "nothing was written" in said.text
    assert "Confirm" in buttons(said)


def test_a_released_card_says_why_and_asks_again() -> None:
    """A Confirm that came to nothing is told with its reason, and the buttons are still there."""
    said = messages()["proposal released"]

    assert "nothing was written: CRM busy." in said.text
    assert set(buttons(said)) == {"Confirm", "Cancel"}


def test_existing_records_can_be_used_instead() -> None:
    """Each possible duplicate has a button that names the proposal and the record."""
    said = messages()["proposal of note"]
    values = [block["accessory"]["value"] for block in said.blocks if "accessory" in block]

    assert [ids.read_use_existing(value)[0] for value in values] == ["opaque-id-1", "opaque-id-1"]


def test_a_delete_says_where_the_record_went() -> None:
    """The trash and gone for good are told apart."""
    assert "can be restored from there" in messages()["proposal trashed"].text
    assert "gone for good" in messages()["proposal gone"].text


def quoted(said: Message) -> str:
    parts = [part for block in said.blocks if block["type"] == "rich_text" for part in block["elements"]]
    return "".join(leaf["text"] for part in parts if part["type"] == "rich_text_quote" for leaf in part["elements"])


def test_a_task_for_nobody_says_so() -> None:
    """Lists of tasks are of one's own, so it would seem to be lost; an assigned one says nothing."""
    title = FieldChange("title", None, "Call Ada")
    nobodys = Change(verb=Verb.CREATE, kind=Kind.TASK, record_id=an_id(1), name="Call Ada", fields=(title,))
    mine = replace(nobodys, fields=(title, FieldChange("assignee", None, Ref(Kind.MEMBER, an_id(7), "Ana"))))

    assert NOBODYS_TASK in card(a_proposal(nobodys)).text
    assert NOBODYS_TASK not in card(a_proposal(mine)).text


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("Call Ada", "Create task: Call Ada?"),
        ("Call me!", "Create task: Call me!"),
        ("Can you call Ada?", "Create task: Can you call Ada?"),
        ("She said “now!”", "Create task: She said “now!”"),
        ("Read “Emma”", "Create task: Read “Emma”?"),
        ("Party 🎉", "Create task: Party 🎉?"),
        (" two\n lines\n", "Create task: two lines?"),
        ("\n", "Create task: (no name)?"),
    ],
)
def test_a_heading_asks_with_one_mark(name: str, heading: str) -> None:
    """A title that ends a sentence by itself is left to end it."""
    change = Change(verb=Verb.CREATE, kind=Kind.TASK, record_id=an_id(1), name=name)

    assert card(a_proposal(change)).blocks[0]["text"]["text"] == heading


@pytest.mark.parametrize(
    ("name", "end"), [("Call Ada", "Create task: Call Ada."), ("Call me!", "Create task: Call me!")]
)
def test_a_sentence_ends_with_one_mark(name: str, end: str) -> None:
    """So does what the proposer is told."""
    change = Change(verb=Verb.CREATE, kind=Kind.TASK, record_id=an_id(1), name=name)

    assert told_proposer(decided(change, State.CANCELLED)).endswith(end)
