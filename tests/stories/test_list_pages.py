"""Turning the pages of a list: every record once, from any page, after the data has changed and after a restart."""

from dataclasses import replace

import pytest

from bot.app import build
from bot.models import TeamId, UserId
from bot.sandbox.slack import Message, buttons_of, text_of
from bot.sandbox.slack.sample import ACME, ANA, BEN
from tests.house import House, running

LINES = {
    "companies": "companies",
    "companies sort:created": "companies",
    "people": "people",
    "people sort:title-desc": "people",
    "deals stage:any": "opportunities",
    "deals stage:any sort:amount-desc": "opportunities",
    "deals stage:any sort:close": "opportunities",
    "deals stage:any sort:close-desc": "opportunities",
    "tasks owner:anyone status:any": "tasks",
    "notes": "notes",
    'people -name:"o\'neill, x"': "people",
    "people order name.lastName": "people",
}


def shown(page: Message) -> list[str]:
    """The ids of the records on a page, in order."""
    rows = [block["accessory"]["value"] for block in page.blocks if block.get("accessory")]
    return [value.partition(":")[2].partition(" ")[0] for value in rows]


async def turn(home: House, page: Message, label: str, number: int) -> Message:
    """Press Previous or Next, and wait until the list shows that page in its place."""
    await home.slack.click(page, label, user=ANA)
    return await home.shows(page, f"page {number}")


async def to_the_end(home: House, page: Message) -> list[Message]:
    """All pages from this first one on."""
    pages = [page]
    while "Next" in buttons_of(page):
        page = await turn(home, page, "Next", len(pages) + 1)
        pages.append(page)
    return pages


@pytest.mark.parametrize("line", LINES)
async def test_every_record_stands_on_exactly_one_page(home, line):
    """Forward to the end and back to the start: nothing twice, nothing left out, each page the same as before."""
    pages = await to_the_end(home, await home.ask(f"/crm {line}"))
    seen = [shown(page) for page in pages]
    every = [each for page in seen for each in page]

    assert sorted(every) == sorted(each["id"] for each in home.crm.all(LINES[line]))
    page = pages[-1]
    for number in range(len(pages) - 1, 0, -1):
        page = await turn(home, page, "Previous", number)
        assert shown(page) == seen[number - 1]
    assert "Previous" not in buttons_of(page)


@pytest.mark.parametrize("line", ["companies", "deals stage:any", "deals stage:any sort:amount-desc"])
async def test_nothing_is_skipped_when_what_was_seen_is_deleted(home, line):
    """Records of the first page vanish while it is looked at; the next page still begins where this one ended."""
    plural = LINES[line]
    first = await home.ask(f"/crm {line}")
    for gone in shown(first)[2:5]:
        home.crm.remove(plural, gone)

    seen = [each for page in await to_the_end(home, first) for each in shown(page)]

    assert set(seen) >= {each["id"] for each in home.crm.all(plural)}
    assert len(seen) == len(set(seen))


async def test_nothing_comes_twice_when_something_is_added_on_top(home):
    """A new deal stands on top of the newest first, and pushes nothing on to the next page a second time."""
    first = await home.ask("/crm deals stage:any")
    home.crm.add("opportunities", {"name": "Brand new", "createdAt": "2026-11-23T00:00:00.000Z"})

    seen = [each for page in await to_the_end(home, first) for each in shown(page)]

    assert len(seen) == len(set(seen)) == len(home.crm.all("opportunities")) - 1


async def test_a_deleted_mark_repeats_rather_than_skips(one_home):
    """When the very record behind which the next page begins is gone, nothing is missed."""
    first = await one_home.ask("/crm deals stage:any")
    one_home.crm.remove("opportunities", shown(first)[-1])

    seen = [each for page in await to_the_end(one_home, first) for each in shown(page)]

    assert set(seen) >= {each["id"] for each in one_home.crm.all("opportunities")}


async def test_an_emptied_page_leads_back(one_home):
    """A page on which nothing is left says so, and still has its way back."""
    first = await one_home.ask("/crm companies")
    for each in one_home.crm.all("companies"):
        if each["id"] not in shown(first):
            one_home.crm.remove("companies", each["id"])

    await one_home.slack.click(first, "Next", user=ANA)
    empty = await one_home.shows(first, "Nothing is left on page 2")

    await one_home.slack.click(empty, "Previous", user=ANA)
    assert shown(await one_home.shows(empty, "10 in all")) == shown(first)


async def test_pages_turn_after_a_restart(home):
    """A new process on the same database turns the list that the old one had shown, in both directions."""
    second = await turn(home, await home.ask("/crm people"), "Next", 2)
    seen = shown(second)
    async with running(await build(home.bot.settings)) as url:
        home.slack.point_at(f"{url}/slack/events")

        third = await turn(home, second, "Next", 3)
        again = await turn(home, third, "Previous", 2)

        assert not set(shown(third)) & set(seen)
        assert shown(again) == seen


async def test_nobody_turns_somebody_elses_list(one_home):
    """A token is worth nothing in another hand."""
    anas = await one_home.ask("/crm companies")
    bens = await one_home.ask("/crm companies", user=BEN)
    stolen = next(e for b in anas.blocks for e in b.get("elements", []) if e.get("action_id") == "list_next")
    next(e for b in bens.blocks for e in b.get("elements", []) if e.get("action_id") == "list_next")["value"] = stolen[
        "value"
    ]
    one_home.maton.forget_log()

    await one_home.slack.click(bens, "Next", user=BEN)

    told = await one_home.told(BEN, "too old to be turned")
    assert "Run the command again" in text_of(told)
    assert one_home.crm_requests() == []


async def press_done(home: House, page: Message, title: str) -> None:
    """Press Done in the row of that task, as the page now stands."""
    now = home.slack.message(page.channel, page.ts)
    row = next(block for block in now.blocks if block["type"] == "section" and title in block["text"]["text"])
    await home.slack.click(replace(now, blocks=(row,)), "Done", user=ANA)
    await home.quiet()


async def test_a_row_says_that_its_done_is_proposed_and_then_that_it_is_done(one_home):
    """Pressed in the list once and again it is one proposal; confirmed, it stands among what is done."""
    tasks = [one_home.crm.add("tasks", {"title": f"Water {n}", "status": "TODO"}) for n in range(2)]
    page = await one_home.ask("/crm tasks water owner:anyone")

    await press_done(one_home, page, "Water 0")
    said = text_of(await one_home.shows(page, "is proposed"))
    assert "Water 0\nDone is proposed, see its card · Todo" in said
    assert "Water 1\nTodo" in said
    await press_done(one_home, page, "Water 0")
    assert len(await one_home.bot.store.proposals.open_of(TeamId(ACME), UserId(ANA))) == 1
    card = await one_home.private_card()

    await one_home.slack.click(card, "Confirm", user=ANA)
    await one_home.shows(card, "Changed task")
    await press_done(one_home, page, "Water 0")

    await one_home.told(ANA, "“Water 0” is done already.")
    assert buttons_of(await one_home.shows(page, "\nDone\nWater 0\nDone"))[:2] == ["Done", "Show"]
    assert [one_home.crm.get("tasks", each["id"])["status"] for each in tasks] == ["DONE", "TODO"]


async def test_a_list_that_cannot_be_read_anew_stays(one_home):
    """The card is there; the row beside it is as it was."""
    one_home.crm.add("tasks", {"title": "Water them", "status": "TODO"})
    page = await one_home.ask("/crm tasks water owner:anyone")
    one_home.maton.fault("status", path=r"/rest/tasks$", status=400, message="Not for you.", times=None)

    await press_done(one_home, page, "Water them")

    assert await one_home.private_card()
    assert text_of(one_home.slack.message(page.channel, page.ts)) == text_of(page)
    assert [text_of(each) for each in one_home.slack.ephemerals(ANA) if "Not for you" in text_of(each)] == []
