"""What each thing that people do costs in requests to the CRM, which allows a hundred a minute (maton.md section 4).

Every house is new, so every cache is cold: what is asked twice within a minute costs less.
"""

import pytest

from bot.sandbox.slack import Message
from bot.sandbox.slack.sample import ANA, BEN
from tests.house import House

LOOKUPS = {
    "/crm find northwind": 3 + 1,  # companies, people, deals; the names of their companies
    "/crm +1 415 555 0043": 3 + 1,  # a phone number is no question of its own
    "/crm ben@acme.example": 3 + 1,  # nobody; then the members
    "/crm companies": 3,  # the list; members and companies for the names in it
    "/crm deals": 3,
    "/crm tasks": 3,  # the members, since they are mine; the list; what its tasks hang on
    "/crm notes": 2,
    "/crm show Northwind Traders": 3 + 6,  # which record is meant; then itself, people, deals, notes, tasks, members
    "/crm who @ben": 4,  # is he a person; the members; what he owns, and the names of its companies
    "/crm show member ben": 3,  # which member is meant; what they own, and the names of its companies
    "/crm help": 0,
    "/crm pending": 0,
    "/crm history": 0,
}


@pytest.mark.parametrize("typed", LOOKUPS)
async def test_a_look_up_costs_few_requests(home: House, typed: str) -> None:
    """At most these, on every dialect."""
    await home.ask(typed)
    await home.quiet()

    assert len(home.crm_requests()) <= LOOKUPS[typed], _paths(home)


async def test_done_in_a_list_costs_four_requests(home: House) -> None:
    """The task, and its page anew."""
    home.crm.add("tasks", {"title": "Water them", "status": "TODO"})
    page = await home.ask("/crm tasks water owner:anyone")
    await home.quiet()
    home.maton.forget_log()

    await home.slack.click(page, "Done", user=ANA)
    await home.quiet()

    assert len(home.crm_requests()) <= 4, _paths(home)


async def test_a_card_costs_six_requests(home: House) -> None:
    """Itself, its people, deals, notes and tasks, and the members' names."""
    company = next(each for each in home.crm.all("companies") if each["name"] == "Northwind Traders")
    await home.ask(f"/crm show company {company['id']}")
    await home.quiet()

    assert len(home.crm_requests()) <= 6, _paths(home)


async def test_a_form_opens_for_four_requests(home: House) -> None:
    """What this CRM has to fill in, and who may be meant by the message."""
    await home.open_form("save_as_note")
    await home.quiet()

    assert len(home.crm_requests()) <= 4, _paths(home)


async def test_a_tasks_form_asks_for_the_members_that_its_card_would_ask_for(home: House) -> None:
    """Four requests and one for the members, who are remembered when the card is made."""
    view = await home.open_form("create_task")
    await home.quiet()
    assert len(home.crm_requests()) <= 5, _paths(home)

    await home.slack.submit(view, {"Title": "Call"})
    await home.card()
    await home.quiet()
    assert [each.path for each in home.crm_requests()].count("/twenty/rest/workspaceMembers") == 1, _paths(home)


async def test_six_quick_keystrokes_cost_six_requests(home: House) -> None:
    """Two rounds at most over companies, people and deals: what was asked first serves what is typed after it."""
    view = await home.open_form("save_as_note")
    await home.quiet()
    home.maton.forget_log()
    for end in range(1, 7):
        await home.slack.suggest(view, "Records", "northw"[:end], user=ANA)

    assert len(home.crm_requests()) <= 6, _paths(home)


async def test_a_note_with_two_records_costs_eight_and_its_confirm_seven(home: House) -> None:
    """Of the seven three are writes: the note and its two ties. A late click costs nothing."""
    view = await home.open_form("save_as_note")
    await home.slack.fill(view, {"Title": "Call", "Records": ["Northwind Traders", "Fabrikam"]})
    await home.quiet()
    home.maton.forget_log()
    answer = await home.slack.submit(view)
    assert answer.ok, answer
    card: Message = await home.card()
    await home.quiet()
    assert len(home.crm_requests()) <= 8, _paths(home)

    home.maton.forget_log()
    await home.slack.click(card, "Confirm", user=ANA)
    await home.shows(card, "Created")
    await home.quiet()
    assert len(home.crm_requests()) <= 7, _paths(home)
    assert sum(each.method != "GET" for each in home.crm_requests()) <= 3, _paths(home)

    home.maton.forget_log()
    await home.slack.click(card, "Confirm", user=BEN)
    await home.quiet()
    assert home.crm_requests() == [], _paths(home)


def _paths(home: House) -> list[str]:
    return [f"{each.method} {each.path} {dict(each.query)}" for each in home.crm_requests()]
