"""The first minute of a newcomer, in a real browser."""

import re
from typing import Any

import pytest
from browser_door import HOW

expect: Any = getattr(pytest.importorskip("playwright.sync_api", reason=HOW), "expect", None)
Page = Any


def save_note(page: Page) -> None:
    """Save the talk's call notes as a note, up to the card."""
    line = page.locator("#messages .line", has_text="Call with Contoso").first
    line.hover()
    line.get_by_label("More actions").click()
    line.get_by_role("button", name="Save as CRM note").click()
    form = page.get_by_role("dialog")
    expect(form.get_by_label("Title")).to_have_value("Call with Contoso")
    form.get_by_role("combobox", name="Records").fill("conto")
    form.get_by_role("option", name="Contoso").first.click()
    expect(form.locator(".picked li")).to_have_count(1)
    form.get_by_role("button", name="Review").click()
    expect(form).to_be_hidden()


def thread(page: Page) -> Any:
    """The thread of the call notes, opened."""
    page.locator("#messages .replies").first.click()
    return page.get_by_role("complementary", name="Thread")


def test_look_up_save_confirm_and_see_it(page: Page) -> None:
    """A newcomer looks a company up, saves a message as a note, presses Confirm, and sees the note in the CRM."""
    page.get_by_role("button", name="Type it for me").click()
    page.keyboard.press("Enter")
    expect(page.locator(".line.private")).to_contain_text("Northwind Traders")
    expect(page.locator(".line.private")).to_contain_text("Only visible to you")

    save_note(page)
    card = thread(page).locator(".line", has=page.get_by_role("button", name="Confirm"))
    expect(card).to_contain_text("Contoso")
    assert page.locator("#curtain .rows li", has_text="Call with Contoso").count() == 0

    card.get_by_role("button", name="Confirm").click()

    note = page.locator("#curtain .rows > li", has_text="Call with Contoso")
    expect(note).to_be_visible()
    expect(note).to_have_class(re.compile("glow"))
    expect(note).to_contain_text("Contoso")
    expect(page.get_by_role("complementary", name="Thread").get_by_role("button", name="Confirm")).to_have_count(0)
    expect(page.locator("#guide")).to_have_attribute("data-done", "3")


@pytest.mark.parametrize("width", [1280, 1024, 760, 390])
def test_in_a_narrow_window_only_the_next_step_is_told_whole(page: Page, width: int) -> None:
    """So that the talk keeps most of the room."""
    page.set_viewport_size({"width": width, "height": 720})

    expect(page.get_by_role("button", name="Type it for me")).to_be_visible()
    expect(page.get_by_role("button", name="Show me the menu")).to_be_hidden()
    assert page.locator("#guide").bounding_box()["height"] < 190


def test_typing_shows_hints_and_remembers(page: Page) -> None:
    """The composer completes commands while typing, and the arrow key brings back what was typed before."""
    say = page.locator("#say")
    say.press_sequentially("/crm fin")
    expect(page.locator("#hints li:visible")).to_contain_text("find may be left out")
    say.fill("")
    say.press_sequentially("/crm com")
    expect(page.locator("#hints li:visible")).to_have_count(1)
    say.press("Tab")
    expect(say).to_have_value("/crm companies ")
    say.press_sequentially("adatum")
    say.press("Enter")
    expect(page.locator(".line.private")).to_contain_text("Adatum")
    expect(say).to_have_value("")
    say.press("ArrowUp")
    expect(say).to_have_value("/crm companies adatum")


def test_a_form_can_be_used_by_keyboard_alone(page: Page) -> None:
    """Focus moves into a form, stays there, Escape closes it, and focus returns to where it was."""
    page.get_by_role("button", name="Show me the menu").click()
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog")
    expect(form.get_by_label("Title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()
    assert page.evaluate("document.activeElement !== document.body")


def test_focus_stays_at_a_card_that_is_pressed_by_keyboard(page: Page) -> None:
    """Confirm goes when the card is rewritten; focus is then on the card, not back at the page's top."""
    save_note(page)
    card = thread(page).locator(".line", has=page.get_by_role("button", name="Confirm"))
    card.get_by_role("button", name="Confirm").focus()
    page.keyboard.press("Enter")

    done = page.get_by_role("complementary", name="Thread").locator(".line", has_text="Created note")
    expect(done).to_be_focused()
    page.keyboard.press("Tab")
    expect(done.get_by_role("button", name="Undo")).to_be_focused()


def test_a_form_tells_what_is_missing(page: Page) -> None:
    """A required field that is left empty gets a sentence beneath it, and the focus."""
    page.get_by_role("button", name="Show me the menu").click()
    page.keyboard.press("Enter")
    title = page.get_by_role("dialog").get_by_label("Title")
    expect(page.get_by_role("dialog")).to_contain_text("Suggested records")
    title.fill("")
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("required")
    expect(title).to_be_focused()


def test_everybody_sees_only_what_is_theirs(page: Page) -> None:
    """What is only visible to one person is not there for another, and a guest has only the guest's channels."""
    page.locator("#say").fill("/crm northwind")
    page.locator("#say").press("Enter")
    expect(page.locator(".line.private")).to_be_visible()
    page.get_by_role("link", name="Ben approver").click()
    expect(page.locator("#head")).to_have_attribute("data-user", "U0BEN0001")
    expect(page.locator(".line.private")).to_have_count(0)
    page.get_by_role("link", name="Gil guest").click()
    expect(page.locator("#side li", has_text="random")).to_have_count(0)


def test_the_page_goes_dark_and_narrow(page: Page) -> None:
    """The page can be switched to dark, and nothing sticks out of a narrow window."""
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(26, 29, 33)"
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("#say")).to_be_visible()
