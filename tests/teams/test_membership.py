"""A CRM member is whoever has the same, confirmed email address in Slack; nobody else is ever matched."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.models import Profile, TeamId, UserId
from bot.sandbox.slack import labels_of, text_of
from bot.sandbox.slack.sample import ACME, ANA, CALL_NOTES, SALES
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
    """Ana proposes; then her address is another, and neither the form that is open nor a new one leads to a card."""
    await home.bot.store.settings.save(
        TeamId(ACME), TeamSettings(require_members=True), by=UserId(ANA), now=datetime.now(UTC)
    )
    await home.save_note(user=ANA)
    view = await home.open_form("save_as_note", user=ANA)
    await home.quiet()
    view = home.slack.modal(ANA) or view

    users = home.slack.state.users
    users[ANA] = replace(users[ANA], email="ana@elsewhere.example")
    home.bot.teams.people.forget(TeamId(ACME))
    await home.slack.submit(view, {"Title": "Another"})
    told = await home.told(ANA, "only CRM members")
    assert "email address" in text_of(told)
    await home.slack.message_shortcut("save_as_note", ANA, SALES, CALL_NOTES)
    await home.quiet()
    form = home.slack.modal(ANA)
    assert form is not None
    assert "only CRM members write to the CRM" in text_of(form)
    assert labels_of(form) == []
