"""Two people: what one proposes, another has to confirm, once the team's admin asked for it."""

from typing import Any

import pytest
from browser_door import HOW
from test_first_minute import save_note, thread

expect: Any = getattr(pytest.importorskip("playwright.sync_api", reason=HOW), "expect", None)
Page = Any


def act_as(page: Page, person: str, user: str) -> None:
    """Sit down as somebody else."""
    page.get_by_role("link", name=person).click()
    expect(page.locator("#head")).to_have_attribute("data-user", user)


def test_another_person_has_to_confirm(page: Page) -> None:
    """Cleo names Ben as approver; Ana's own Confirm is refused in words, Ben's writes the note."""
    act_as(page, "Cleo admin", "U0CLEO001")
    page.locator("#say").fill("/crm settings")
    page.locator("#say").press("Enter")
    form = page.get_by_role("dialog")
    form.get_by_role("radio", name="Named approvers").check()
    form.get_by_role("combobox", name="Approvers").fill("ben")
    form.get_by_role("option", name="Ben Okafor").click()
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()

    act_as(page, "Ana member", "U0ANA0001")
    save_note(page)
    thread(page).get_by_role("button", name="Confirm").click()
    expect(page.locator(".line.private").last).to_contain_text("Only the approvers")
    assert page.locator("#curtain .rows li", has_text="Call with Contoso").count() == 0

    act_as(page, "Ben approver", "U0BEN0001")
    page.get_by_role("complementary", name="Thread").get_by_role("button", name="Confirm").click()
    expect(page.locator("#curtain .rows > li", has_text="Call with Contoso")).to_be_visible()
    expect(page.get_by_role("complementary", name="Thread")).to_contain_text("Ben Okafor")


def test_connecting_a_workspace(page: Page) -> None:
    """In Hooli nobody has connected a CRM: its admin does, confirms what was found, and looks something up."""
    page.get_by_role("link", name="Hooli").click()
    expect(page.locator("#head")).to_have_attribute("data-team", "T0HOOLI01")
    page.locator("#say").fill("/crm connect")
    page.locator("#say").press("Enter")
    link = page.locator(".line.private a.btn").last
    with page.context.expect_page() as opened:
        link.click()
    maton = opened.value
    maton.get_by_role("button", name="Hooli's workspace").click()
    expect(maton.locator("h1")).to_have_text("Connected")
    maton.close()
    page.get_by_role("button", name="Check now").last.click()
    page.get_by_role("button", name="Confirm this CRM").click(timeout=20_000)
    expect(page.locator("#messages")).to_contain_text("Connected to")
    expect(page.locator("#curtain .chips")).to_contain_text("Companies")
