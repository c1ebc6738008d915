"""What Prometheus reads: counts and times of what was done, no names and no ids."""

import aiohttp

from bot.sandbox.slack.sample import ACME, ANA
from tests.house import House, house


async def test_a_story_is_counted(sqlite_url: str) -> None:
    """Commands by how they ended, times, CRM requests by outcome, proposals by state, and what runs now."""
    async with house(sqlite_url) as home:
        await home.ask("/crm contoso", user=ANA)
        card = await home.save_note(user=ANA)
        await home.slack.click(card, "Confirm", user=ANA)
        await home.shows(card, "Created")
        await home.save_note(user=ANA)
        await home.quiet()
        text = await scraped(home)

    for wanted in (
        'crm_bot_stories_total{outcome="ok",story="command"} 1.0',
        'crm_bot_crm_seconds_count{method="GET",outcome="ok"}',
        'crm_bot_proposals_total{state="done"} 1.0',
        "crm_bot_acknowledgement_seconds_count",
        "crm_bot_answer_seconds_count",
        "crm_bot_errands ",
        'crm_bot_open_proposals{state="pending"} 1.0',
        'crm_bot_open_proposals{state="executing"} 0.0',
    ):
        assert wanted in text
    for forbidden in (ACME, ANA, home.connection_id, "Call with Ada", "contoso"):
        assert forbidden not in text


async def scraped(home: House) -> str:
    """What /metrics says."""
    async with aiohttp.ClientSession() as session, session.get(f"{home.url}/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        return await answer.text()


async def test_without_its_database_it_is_measured_all_the_same(sqlite_url: str) -> None:
    """What is not known is left out; everything else is told."""
    async with house(sqlite_url) as home:
        await home.bot.store.close()
        home.bot.store.proposals._database = None
        text = await scraped(home)
    assert "crm_bot_errands " in text
    assert "crm_bot_open_proposals{" not in text
