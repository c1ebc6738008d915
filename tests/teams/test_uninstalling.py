"""A team that uninstalls leaves nothing behind, by either event, in any order, twice; a re-install starts clean."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.models import TeamId, UserId
from bot.sandbox.slack import text_of
from bot.sandbox.slack.sample import ACME, ANA, CLEO, GLOBEX
from bot.team_settings import TeamSettings
from tests.house import house
from tests.teams.street import Street, empty_world, street

REVOKED = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOT"]}}
UNINSTALLED = {"type": "app_uninstalled"}
ORG = "E0ORG0001"

closely = pytest.mark.parametrize(
    "seconds", [0, 3, -30], ids=["this second", "just before", "by a clock that is ahead"]
)


@pytest.fixture
async def settled(town: Street) -> Street:
    """Acme and Globex, connected; Acme with settings and a waiting proposal."""
    for team in (ACME, GLOBEX):
        await town.install(team)
        await town.connect(team)
    await town.bot.store.settings.save(
        TeamId(ACME), TeamSettings(currency="EUR"), by=UserId(CLEO), now=datetime.now(UTC)
    )
    await town.save_note(user=ANA)
    await town.quiet()
    return town


async def leaves_nothing(town: Street, team: str) -> None:
    """Wait for what runs, and look everywhere."""
    await town.quiet()
    store, tenant = town.bot.store, TeamId(team)
    assert await store.installations.find(team) is None
    assert await store.connections.connection(tenant) is None
    assert await store.settings.settings(tenant) == TeamSettings()
    assert await store.proposals.open_of(tenant, UserId(ANA)) == ()
    assert {each.crm for each in town.maton.connections.listed()} == {town.crms[GLOBEX]}


@pytest.mark.parametrize(
    "events",
    [
        pytest.param((REVOKED, UNINSTALLED), id="revoked first"),
        pytest.param((UNINSTALLED, REVOKED), id="uninstalled first"),
        pytest.param((UNINSTALLED,), id="only uninstalled"),
        pytest.param((REVOKED,), id="only revoked"),
        pytest.param((UNINSTALLED, REVOKED, UNINSTALLED, REVOKED), id="twice"),
    ],
)
async def test_nothing_is_left(settled: Street, events: tuple[dict[str, object], ...]) -> None:
    """Tokens, mapping, settings, proposals and the Maton connection go; another team keeps all of its own."""
    settled.slack.revoke_token(ACME)
    for event in events:
        assert (await settled.slack.event(ACME, dict(event))).ok

    await leaves_nothing(settled, ACME)
    assert await settled.bot.store.connections.connection(TeamId(GLOBEX)) is not None
    assert not await settled.bot.store.history.of_team(TeamId(ACME))


async def test_a_reinstall_starts_clean(settled: Street) -> None:
    """The team is asked to connect anew, and an event of the old uninstall that comes late takes nothing away."""
    before = int((datetime.now(UTC) - timedelta(minutes=1)).timestamp())
    await settled.slack.uninstall(ACME)
    await leaves_nothing(settled, ACME)
    await settled.install(ACME)

    assert "/crm connect" in text_of(await settled.ask("/crm contoso", user=ANA))
    settled.slack.state.clock = lambda: float(before)
    await settled.slack.event(ACME, dict(UNINSTALLED))
    assert await settled.bot.store.installations.find(ACME) is not None


@closely
async def test_an_uninstall_that_comes_just_after_the_next_install(settled: Street, seconds: int) -> None:
    """Times that close do not tell which was first, but the new install's token does."""
    await settled.slack.uninstall(ACME)
    await leaves_nothing(settled, ACME)
    await settled.install(ACME)
    now = datetime.now(UTC).timestamp()
    settled.slack.state.clock = lambda: now - seconds

    for event in (REVOKED, UNINSTALLED):
        assert (await settled.slack.event(ACME, dict(event))).ok
    assert await settled.bot.store.installations.find(ACME) is not None

    await settled.slack.uninstall(ACME)
    await leaves_nothing(settled, ACME)


async def test_an_uninstall_that_cannot_be_told_from_an_old_one_is_told_again(settled: Street) -> None:
    """Where Slack does not say whether the token lives, the event is not acknowledged, and nothing is lost."""
    settled.slack.revoke_token(ACME)
    settled.slack.faults.fail("auth.test", "internal_error")

    assert not (await settled.slack.event(ACME, dict(UNINSTALLED), retries=0)).ok
    assert await settled.bot.store.installations.find(ACME) is not None
    assert (await settled.slack.event(ACME, dict(UNINSTALLED))).ok
    await leaves_nothing(settled, ACME)


async def test_a_users_token_says_nothing(settled: Street) -> None:
    """tokens_revoked for users only leaves the bot where it is."""
    await settled.slack.event(ACME, {"type": "tokens_revoked", "tokens": {"oauth": [ANA], "bot": []}})
    await settled.quiet()

    assert await settled.bot.store.installations.find(ACME) is not None


async def test_one_workspace_can_uninstall_too(sqlite_url: str) -> None:
    """With a token from the settings, too, the mapping and the connection go."""
    async with house(sqlite_url) as home:
        await home.slack.uninstall(ACME)
        await home.quiet()

        assert await home.bot.store.connections.connection(TeamId(ACME)) is None
        assert home.maton.connections.listed() == []


@pytest.fixture
async def organisation(sqlite_url: str) -> AsyncIterator[Street]:
    """Acme and Globex are one organisation's, which has installed the bot for both."""
    world = empty_world()
    teams = tuple(replace(team, enterprise_id=ORG, enterprise_name="Org") for team in world.teams[:2])
    async with street(sqlite_url, world=replace(world, teams=(*teams, *world.teams[2:]))) as town:
        await town.install_everywhere(ORG, by=CLEO)
        yield town


async def test_an_organisation_uninstalls_with_all_its_teams(organisation: Street) -> None:
    """One install serves a whole organisation; each of its teams has its own CRM, and all go with it."""
    for team in (ACME, GLOBEX):
        await organisation.connect(team)
    assert len(await organisation.bot.store.connections.all()) == 2

    await organisation.slack.uninstall(ACME)
    await organisation.quiet()

    assert await organisation.bot.store.connections.all() == ()
    assert await organisation.bot.store.installations.tenants() == ()
    assert organisation.maton.connections.listed() == []


@closely
async def test_an_organisations_uninstall_that_comes_just_after_its_next_install(
    organisation: Street, seconds: int
) -> None:
    """The new install's token tells which was first, for an organisation as for a workspace."""
    now = datetime.now(UTC).timestamp()
    organisation.slack.state.clock = lambda: now - seconds

    for event in (REVOKED, UNINSTALLED):
        assert (await organisation.slack.event(ACME, dict(event))).ok
    assert await organisation.bot.store.installations.find(ACME, ORG) is not None

    await organisation.slack.uninstall(ACME)
    await organisation.quiet()
    assert await organisation.bot.store.installations.tenants() == ()
