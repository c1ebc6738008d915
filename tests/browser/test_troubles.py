"""What goes wrong, switched on in a real browser; and what hostile people put into a CRM."""

import json
from typing import Any

import pytest
from browser_door import HOW, ask
from test_first_minute import save_note, thread

expect: Any = getattr(pytest.importorskip("playwright.sync_api", reason=HOW), "expect", None)
Page = Any
ANA = "U0ANA0001"


def switch(page: Page, name: str) -> None:
    """Turn a fault on."""
    page.get_by_role("tab", name="Faults").click()
    button = page.get_by_role("switch", name=name)
    button.click()
    expect(button).to_have_attribute("aria-checked", "true")


def command(page: Page, text: str) -> None:
    page.locator("#say").fill(text)
    page.locator("#say").press("Enter")


def test_a_lost_answer_is_settled_and_written_once(page: Page) -> None:
    """The answer to the write gets lost; the bot finds out by itself, and the note is there exactly once."""
    save_note(page)
    switch(page, "Lost answer")
    thread(page).get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("complementary", name="Thread")).to_contain_text("Undo", timeout=30_000)
    page.get_by_role("tab", name="CRM").click()
    expect(page.locator("#curtain .rows > li", has_text="Call with Contoso")).to_have_count(1)
    page.get_by_role("tab", name="Faults").click()
    expect(page.get_by_role("switch", name="Lost answer")).to_have_attribute("aria-checked", "false")


def test_a_double_click_writes_once(page: Page) -> None:
    """Every press is sent twice, and still one note is written."""
    save_note(page)
    switch(page, "Double click")
    thread(page).get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("complementary", name="Thread").get_by_role("button", name="Undo")).to_be_visible()
    page.get_by_role("tab", name="CRM").click()
    expect(page.locator("#curtain .rows > li", has_text="Call with Contoso")).to_have_count(1)


def test_a_killed_bot_is_told_of_and_comes_back(page: Page) -> None:
    """While the bot is down Slack says so; started again, its old card still works."""
    save_note(page)
    page.get_by_role("tab", name="Faults").click()
    page.get_by_role("button", name="Kill the bot").click()
    expect(page.get_by_role("status")).to_contain_text("Bot is down")
    command(page, "/crm northwind")
    expect(page.locator("#toasts")).to_contain_text("not running")
    page.get_by_role("button", name="Start the bot again").click()
    expect(page.get_by_role("status")).to_contain_text("Bot is running", timeout=20_000)
    thread(page).get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("complementary", name="Thread").get_by_role("button", name="Undo")).to_be_visible()


def test_a_busy_crm_gets_a_sentence(page: Page) -> None:
    """A CRM that refuses everything for now is told in words, and nothing breaks."""
    switch(page, "CRM says 429")
    command(page, "/crm northwind")
    expect(page.locator(".line.private")).to_be_visible(timeout=30_000)
    page.get_by_role("tab", name="Requests").click()
    expect(page.locator(".wire .result").first).to_have_text("429")


def test_without_the_bot_in_the_channel_the_card_is_not_lost(page: Page, sandbox: str) -> None:
    """Somebody removed the app from the channel: the card comes all the same, to the proposer alone."""
    switch(page, "Bot not in channel")
    save_note(page)
    seen = json.loads(ask(sandbox, "wait", json.dumps({"user": ANA, "text": "Confirm", "seconds": 10})))
    assert seen["ok"]


HOSTILE = (
    "<script>alert(1)</script>",
    "<!channel> <!here> <#C1|x>",
    "x" * 300,
    "שלום עולם \N{RIGHT-TO-LEFT OVERRIDE}gnp",
)
AWKWARD = ("O'Brien & Sons", "<!channel>", "The Very Long Name Company", "שלום עולם")


def test_hostile_messages_stay_text(page: Page, sandbox: str) -> None:
    """Whatever a message says, it is shown as text, calls nobody, and stays inside its place."""
    for number, text in enumerate(HOSTILE):
        ask(sandbox, "say", json.dumps({"user": ANA, "channel": "C0SALES01", "text": f"hostile{number} {text}"}))
        line = page.locator("#messages .line", has_text=f"hostile{number}")
        expect(line).to_contain_text(f"hostile{number} {text}")
        assert line.locator("script, .loud").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1600


def test_hostile_records_are_found_and_stay_text(page: Page) -> None:
    """Awkward names of the CRM are found literally, shown as they are, and mention nobody."""
    for number, name in enumerate(AWKWARD, start=1):
        command(page, f"/crm companies {name}")
        expect(page.locator(".line.private")).to_have_count(number)
        expect(page.locator(".line.private").last).to_contain_text(name)
    assert page.locator(".line.private").locator(".loud, script").count() == 0
    assert page.evaluate("document.querySelector('#talk').scrollWidth <= document.querySelector('#talk').clientWidth")


def test_a_record_that_changed_meanwhile_is_asked_about_again(page: Page) -> None:
    """Somebody else is quicker in the CRM: nothing is overwritten, the card shows both and asks again."""
    command(page, "/crm edit company Adatum")
    form = page.get_by_role("dialog")
    form.get_by_label("City").fill("Lyon")
    form.get_by_role("button", name="Review").click()
    expect(form).to_be_hidden()
    card = page.locator("#messages .line", has=page.get_by_role("button", name="Confirm"))
    expect(card).to_be_visible()
    page.get_by_role("tab", name="Faults").click()
    page.get_by_role("button", name="Change the record meanwhile").click()
    expect(page.locator("#toasts")).to_contain_text("Somebody else just changed")
    card.get_by_role("button", name="Confirm").click()
    expect(page.locator("#messages")).to_contain_text("Reykjavik")
    expect(page.locator("#messages").get_by_role("button", name="Confirm")).to_be_visible()
