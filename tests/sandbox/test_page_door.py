"""The sandbox's JSON door: stories without a browser."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.sandbox.page.house import House
from bot.sandbox.page.server import application

ANA, BEN, SALES = "U0ANA0001", "U0BEN0001", "C0SALES01"


class Door:
    """The door of one running sandbox."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def __call__(self, act: str, **body: Any) -> dict[str, Any]:
        async with self.session.post(f"{self.url}/api/{act}", json=body) as answer:
            return await answer.json()

    async def state(self, user: str = ANA, channel: str = SALES) -> dict[str, Any]:
        async with self.session.get(f"{self.url}/api/state", params={"user": user, "channel": channel}) as answer:
            return await answer.json()


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """A sandbox whose bot is ready."""
    house = House()
    await house.open()
    runner = web.AppRunner(application(house), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        assert await house.ready(), house.problem
        async with aiohttp.ClientSession() as session:
            yield Door(session, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()
        await house.close()


async def propose_note(door: Door) -> None:
    """The talk's call notes, up to the card."""
    notes = next(m for m in (await door.state())["messages"] if m["thread"] == m["ts"])
    await door("shortcut", user=ANA, channel=SALES, ts=notes["ts"], callback_id="save_as_note")
    await door("wait", user=ANA, text="Records")
    assert (await door("submit", user=ANA, answers={"Title": "Call", "Records": ["Contoso"]}))["ok"]
    assert (await door("wait", user=ANA, text="Confirm"))["ok"]


async def test_the_whole_story(door: Door) -> None:
    """A script looks a company up, saves a message, confirms, and sees one note more in the CRM."""
    before = (await door.state())["records"]["notes"]
    assert (await door("command", user=ANA, channel=SALES, text="/crm northwind"))["ok"]
    assert (await door("wait", user=ANA, text="Northwind Traders"))["ok"]
    await propose_note(door)
    assert (await door.state())["records"]["notes"] == before
    assert (await door("click", user=ANA, label="Confirm"))["ok"]
    assert (await door("wait", user=ANA, text="Undo"))["ok"]
    seen = await door.state()
    assert seen["records"]["notes"] == before + 1
    assert [each["state"] for each in seen["proposals"]] == ["done"]
    assert seen["guide"] == [True, True, True]
    assert seen["surprises"] == []
    assert set(seen["refused"]) <= {"conversations.replies: missing_scope"}


async def test_another_form_is_no_step_of_the_first_minute(door: Door) -> None:
    """Looking up is ticked off by a search, saving by a form that was opened from a message, and by nothing else."""
    await door("command", user=ANA, channel=SALES, text="/crm help")
    await door("command", user=ANA, channel=SALES, text="/crm new deal Big one 12k EUR")
    await door("wait", user=ANA, text="Close date")
    assert (await door("submit", user=ANA, answers={"Name": "Big one"}))["ok"]

    assert (await door.state())["guide"] == [False, False, False]


async def test_kill_and_start_again(door: Door) -> None:
    """A killed bot is told of as Slack does; started again it goes on, with its old card."""
    await propose_note(door)
    await door("bot", do="kill")
    assert "not running" in (await door("command", user=ANA, channel=SALES, text="/crm acme"))["trouble"]
    assert (await door("bot", do="start"))["health"] == "ready"
    assert (await door("click", user=ANA, label="Confirm"))["ok"]
    assert (await door("wait", user=ANA, text="Undo"))["ok"]


async def test_what_cannot_be_done_is_said(door: Door) -> None:
    """A click on nothing, an unknown act and a missing word are refused with a sentence."""
    assert "sees no 'Confirm'" in (await door("click", user=ANA, label="Confirm"))["problem"]
    assert "missing" in (await door("command", user=ANA))["problem"]
    assert "no switch" in (await door("fault", name="nonsense", on=True))["problem"]
    assert "First propose" in (await door("change", user=ANA))["problem"]


async def test_only_this_page_may_use_the_door(door: Door) -> None:
    """A foreign origin, a foreign host name and a plain form are turned away; nothing foreign may be loaded."""
    url, session = f"{door.url}/api/home", door.session
    async with session.post(url, json={"user": ANA}, headers={"Origin": "https://evil.example"}) as answer:
        assert answer.status == 403
    async with session.post(url, json={"user": ANA}, headers={"Host": "evil.example:3000"}) as answer:
        assert answer.status == 403
    async with session.post(url, data={"user": ANA}) as answer:
        assert answer.status == 415
    async with session.get(door.url) as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_reset_begins_again(door: Door) -> None:
    """After a reset there is nothing of what was done before, and the bot is ready."""
    await propose_note(door)
    assert (await door("reset"))["ok"]
    seen = await door.state()
    assert seen["proposals"] == []
    assert seen["modal"] is None
    assert seen["bot"]["health"] == "ready"
    assert seen["guide"] == [False, False, False]


async def test_the_stream_tells_what_changed(door: Door) -> None:
    """The event stream first tells everything, then only the regions that changed."""
    async with door.session.get(f"{door.url}/stream", params={"as": ANA, "in": SALES}) as stream:
        first = await stream.content.readuntil(b"\n\n")
        await door("say", user=BEN, channel=SALES, text="hello from Ben")
        second = await stream.content.readuntil(b"\n\n")
    assert b'"composer"' in first
    assert b"hello from Ben" in second
    assert b'"composer"' not in second
