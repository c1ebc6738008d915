"""The main job, end to end: look up, save a message, confirm the write."""

from bot.sandbox.slack import buttons_of, text_of
from bot.sandbox.slack.sample import ANA


async def test_a_company_is_found_by_its_name(home):
    """`/crm acme` finds what is called so, in private, for three requests and one for names."""
    answer = await home.ask("/crm northwind")

    assert "Northwind Traders" in text_of(answer)
    assert answer.only_for == ANA
    assert len(home.crm_requests()) <= 4


async def test_a_message_becomes_a_note_on_a_company(home):
    """Save as CRM note, Confirm, and the note is in the CRM, tied to its company or naming it."""
    card = await home.save_note(records=["Northwind Traders"])
    home.maton.forget_log()

    await home.slack.click(card, "Confirm", user=ANA)

    done = await home.shows(card, "Created")
    notes = [each for each in home.crm.all("notes") if each["title"] == "Call with Ada"]
    assert len(notes) == 1
    assert buttons_of(done)[0] == "Undo"
    assert len(home.crm_requests()) <= 7


async def test_nothing_is_asked_before_the_form_opens(one_home):
    """The form of a shortcut opens before any request to the CRM."""
    await one_home.open_form("save_as_note")

    assert one_home.crm_requests() == [] or one_home.slack.calls_of("views.open")
