"""Tokens that expire are renewed before anybody notices, once among all tasks and processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.slack.sample import ACME, ANA
from bot.slack.clients import SlackClients
from bot.slack.installing.grants import NoBotToken, OAuthApp, granted
from bot.slack.oauth import ManyWorkspaces
from tests.teams.street import Street, street

HALF_A_DAY = 43_200


@pytest.mark.parametrize("token_life", [3_600, -60], ids=["soon", "expired"])
async def test_many_requests_renew_once(sqlite_url: str, token_life: int) -> None:
    """However many requests come at once, the refresh token is used once, and the new token is used from then on."""
    async with street(sqlite_url) as town:
        town.slack.state.token_life = token_life
        await town.install(ACME)
        town.slack.state.token_life = HALF_A_DAY
        async with process(town) as one, process(town) as two:
            await asyncio.gather(*(each.authorize(ACME, "") for each in [one, two] * 5))

        refreshed = [call for call in town.slack.calls_of("oauth.v2.access") if "refresh_token" in call.args]
        assert len(refreshed) == 1
        stored = await town.bot.store.installations.find(ACME)
        assert stored is not None
        assert stored.bot_token == refreshed[0].answer["access_token"]
        assert stored.refresh_token == refreshed[0].answer["refresh_token"]


async def test_a_token_that_lasts_is_left_alone(town: Street) -> None:
    """Without rotation nothing is ever renewed."""
    await town.install(ACME)
    await town.ask("/crm help", user=ANA)

    assert len(town.slack.calls_of("oauth.v2.access")) == 1


async def test_a_failed_renewal_keeps_the_token(sqlite_url: str) -> None:
    """Slack's refusal leaves the token that is still good in use."""
    async with street(sqlite_url) as town:
        town.slack.state.token_life = 3_600
        await town.install(ACME)
        before = await town.bot.store.installations.find(ACME)
        town.slack.faults.fail("oauth.v2.access", "internal_error")
        async with process(town) as one:
            identity = await one.authorize(ACME, "")

        assert identity is not None
        assert before is not None
        assert identity.bot_token == before.bot_token


@pytest.mark.parametrize("then", ["gone", "installed anew"])
async def test_an_uninstall_during_a_renewal(sqlite_url: str, then: str) -> None:
    """Slack's late answer brings no install back, and takes nothing from one that was made meanwhile."""
    async with street(sqlite_url) as town:
        town.slack.state.token_life = 3_600
        await town.install(ACME)
        town.slack.faults.delay("oauth.v2.access", 0.5, times=1)
        async with process(town) as one:
            await one.authorize(ACME, "")
            await town.slack.wait_for(lambda: town.slack.calls_of("oauth.v2.access")[1:])
            await town.slack.uninstall(ACME)
            if then == "installed anew":
                await town.install(ACME)
            anew = await town.bot.store.installations.find(ACME)
            await town.quiet()

        assert (anew is None) == (then == "gone")
        assert await town.bot.store.installations.find(ACME) == anew


@pytest.mark.parametrize(
    "answer",
    [{}, {"access_token": "xoxp-1", "token_type": "user", "team": {"id": ACME}}, {"access_token": "xoxb-1"}],
    ids=["empty", "a user's token", "no team"],
)
def test_an_answer_without_a_bot_installs_nothing(answer: dict[str, object]) -> None:
    """What Slack answers is believed only when it holds a bot's token and says where."""
    with pytest.raises(NoBotToken):
        granted(answer, datetime.now(UTC))


def test_an_org_wide_answer() -> None:
    """Slack names no team then; the organisation is the tenant."""
    answer = {
        "access_token": "xoxe.xoxb-1",
        "expires_in": HALF_A_DAY,
        "refresh_token": "xoxe-1",
        "team": None,
        "enterprise": {"id": "E0ORG0001", "name": "Org"},
        "is_enterprise_install": True,
    }
    now = datetime.now(UTC)
    found = granted(answer, now)

    assert found.tenant == "E0ORG0001"
    assert found.token_expires_at == now + timedelta(seconds=HALF_A_DAY)
    assert "xox" not in repr(found)


@asynccontextmanager
async def process(town: Street) -> AsyncIterator[ManyWorkspaces]:
    """Another process on the same store."""
    world = town.slack.state.world
    clients = SlackClients(town.bot.settings.slack_api_url)
    yield ManyWorkspaces(
        store=town.bot.store,
        clients=clients,
        app=OAuthApp(world.client_id, world.client_secret),
        errands=town.bot.errands,
        now=lambda: datetime.now(UTC),
    )
    await town.quiet()
    await clients.close()
