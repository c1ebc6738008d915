"""Suggestions while typing: few requests, nothing missed, quick words only."""

import asyncio

import pytest
from crm_desk import PROFILES, Desk

from bot.models import LINKABLE, Kind
from bot.sandbox.twenty import FakeCRM, samples


@pytest.mark.parametrize("profile", PROFILES)
async def test_six_keystrokes_cost_at_most_six_requests(desk: Desk) -> None:
    """One after the other, in a CRM of ordinary size: the first answer serves them all."""
    with desk.at_most(6):
        for text in ("o", "o'", "o'b", "o'br", "o'bri", "o'brie"):
            found = await desk.twenty.suggest(text, LINKABLE)
    assert found[0].name == "O'Brien & Sons"


class TestManyRecords:
    """A CRM in which every short beginning matches more than one page."""

    @pytest.fixture
    def crm(self) -> FakeCRM:
        """Hundreds of companies, people and deals."""
        return FakeCRM("current", samples.big(companies=700, people=900, deals=400))

    async def test_quick_keystrokes_cost_at_most_six_requests(self, desk: Desk) -> None:
        """Sent while the former are not answered yet, as Slack does; the last one's answer is complete."""
        target = desk.crm.all("companies")[-1]["name"]
        asks = []
        for end in range(1, 7):
            asks.append(asyncio.create_task(desk.twenty.suggest(target[:end], LINKABLE, limit=500)))
            await asyncio.sleep(0)
        answers = await asyncio.gather(*asks)

        assert len(desk.maton.log) <= 6
        wanted = {each["id"] for each in desk.crm.all("companies") if target[:6].casefold() in each["name"].casefold()}
        if len(wanted) <= 200:
            assert wanted <= {each.id for each in answers[-1]}

    async def test_whoever_pauses_gets_what_they_typed(self, desk: Desk) -> None:
        """A cut-off answer to a beginning is not taken for the answer to the whole."""
        target = desk.crm.all("companies")[-1]
        await desk.twenty.suggest(target["name"][:1], (Kind.COMPANY,))
        found = await desk.twenty.suggest(target["name"], (Kind.COMPANY,))
        assert found[0].id == target["id"]


async def test_members_are_suggested_from_memory(desk: Desk) -> None:
    """One request, whatever is typed."""
    with desk.at_most(1):
        assert (await desk.twenty.suggest("an", (Kind.MEMBER,)))[0].name == "Ana Lopez"
        assert [each.name for each in await desk.twenty.suggest("ben@", (Kind.MEMBER,))] == ["Ben Okafor"]


async def test_nothing_typed_suggests_nothing(desk: Desk) -> None:
    """And asks nobody."""
    with desk.at_most(0):
        assert await desk.twenty.suggest("  ", LINKABLE) == ()


async def test_two_people_typing_share_what_is_asked(desk: Desk) -> None:
    """The same beginning at the same time is one question per kind."""
    await asyncio.gather(*(desk.twenty.suggest("acm", LINKABLE) for _ in range(5)))
    assert len(desk.maton.log) == 3


async def test_a_phone_number_that_is_typed_on_is_found_in_the_end(desk: Desk) -> None:
    """That nobody is called by its beginning says nothing about the whole number."""
    for text in ("+1 415", "+1 415 5", "+1 415 555", "+1 415 555 0043"):
        found = await desk.twenty.suggest(text, LINKABLE)

    assert [each.kind for each in found] == [Kind.PERSON]
    assert "0043" in str(found[0].values["phone"])
