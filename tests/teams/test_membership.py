"""A CRM member is whoever has the same, confirmed email address in Slack; nobody else is ever matched."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.models import Profile, TeamId, UserId
from bot.sandbox.slack import text_of
from bot.sandbox.slack.sample import ACME, ANA
from bot.team_settings import TeamSettings
from bot.teams.membership import may_be_matched
from tests.house import House, house


@pytest.mark.parametrize(
    ("flaw", "expected"),
    [
        ({}, True),
        ({"email": ""}, False),
        ({"is_guest": True}, False),
        ({"is_bot": True}, False),
        ({"is_deleted": True}, False),
    ],
    ids=str,
)
def test_who_may_be_matched(flaw: dict[str, object], expected: bool) -> None:
    """Guests, bots, former users and whoever has no confirmed address are not."""
    profile = Profile(**{"user_id": UserId(ANA), "team": ACME, "email": "ana@acme.example", **flaw})  # type: ignore[arg-type]

    assert may_be_matched(profile) is expected


async def test_members_only(sqlite_url: str) -> None:
    """Where membership is required, a member proposes, and somebody without one is told what to do."""
    async with house(sqlite_url) as home:
        await a_member_and_a_stranger(home)


async def a_member_and_a_stranger(home: House) -> None:
    """Ana proposes; then her address is another, and she cannot."""
    await home.bot.store.settings.save(
        TeamId(ACME), TeamSettings(require_members=True), by=UserId(ANA), now=datetime.now(UTC)
    )
    await home.save_note(user=ANA)

    users = home.slack.state.users
    users[ANA] = replace(users[ANA], email="ana@elsewhere.example")
    home.bot.teams.people.forget(TeamId(ACME))
    view = await home.open_form("save_as_note", user=ANA)
    await home.slack.submit(view, {"Title": "Another"})
    told = await home.told(ANA, "only CRM members")
    assert "email address" in text_of(told)
