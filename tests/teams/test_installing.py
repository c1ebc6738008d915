"""Two workspaces install the bot through Slack's consent page; nothing else gets in."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.sandbox.slack.sample import ACME, CLEO, GLOBEX, GUS
from tests.teams.street import KEY, Street, get, new_browser


async def test_two_workspaces_install(town: Street, sqlite_url: str) -> None:
    """Each gets a page and a direct message that say what to do next, and answers by its own token from then on."""
    for team, admin in ((ACME, CLEO), (GLOBEX, GUS)):
        page = await town.install(team)

        assert page.status == 200
        assert "/crm connect" in page.text
        await town.told(admin, "One step is left")
    await town.ask("/crm help", user=CLEO)
    teams = {call.team for call in town.slack.calls_of("chat.postMessage")}
    assert teams == {ACME, GLOBEX}
    await town.quiet()
    assert tokens_in_files(town, sqlite_url) == set()


def tokens_in_files(town: Street, sqlite_url: str) -> set[str]:
    """The tokens that stand in clear in the database, its log and its shared memory."""
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    stored = b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))
    secrets = {*town.slack.state.installations, KEY, town.bot.settings.slack_client_secret}
    return {secret for secret in secrets if secret.encode() in stored}


async def test_no_request_asks_slack_who_the_bot_is(town: Street) -> None:
    """The identity comes from the install: no `auth.test`, however many requests."""
    await town.install(ACME)
    for _ in range(3):
        await town.ask("/crm help", user=CLEO)

    assert not town.slack.calls_of("auth.test")


async def test_a_cancelled_install_changes_nothing(town: Street) -> None:
    """Cancel on Slack's page leads to a page that says so and how to begin again."""
    async with new_browser() as browser:
        consent = await town.consent(browser)
        page = await get(browser, redirect(town, consent, error="access_denied"))

    assert page.status == 200
    assert "Nothing was installed" in page.text
    assert await town.bot.store.installations.tenants() == ()


async def test_a_redirect_works_once(town: Street) -> None:
    """The address that Slack sent a browser to is worthless afterwards, in that browser too."""
    async with new_browser() as browser:
        consent = await town.consent(browser)
        code = town.slack.grant(ACME, by=CLEO)
        back = redirect(town, consent, code=code)
        cookies = {cookie.key: cookie.value for cookie in browser.cookie_jar}
        assert (await get(browser, back)).status == 200
    async with aiohttp.ClientSession(cookies=cookies) as thief:
        again = await get(thief, back)

    assert again.status == 400
    assert "not good any more" in again.text


@pytest.mark.parametrize("forgery", ["another browser", "invented", "none"])
async def test_a_forged_redirect_is_refused(town: Street, forgery: str) -> None:
    """A state that this browser did not begin installs nothing, and burns nobody's."""
    async with new_browser() as browser, new_browser() as stranger:
        consent = await town.consent(browser)
        code = town.slack.grant(ACME, by=CLEO)
        state = {"another browser": state_of(consent), "invented": "x" * 43, "none": ""}[forgery]
        forged = f"{town.url}/slack/oauth_redirect?code={code}&state={state}"

        assert (await get(stranger, forged)).status == 400
        assert await town.bot.store.installations.tenants() == ()
        assert (await get(browser, redirect(town, consent, code=code))).status == 200


async def test_a_cookie_of_no_characters_is_no_error(town: Street) -> None:
    """Anybody may send any bytes; they are refused like any other forgery."""
    address = urlsplit(town.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(b"GET /slack/oauth_redirect?state=x HTTP/1.1\r\nHost: x\r\nCookie: crm-bot-install=\xff\r\n\r\n")

    assert b" 400 " in await reader.readline()
    writer.close()


async def test_a_code_that_slack_refuses_installs_nothing(town: Street) -> None:
    """A wrong code leads to a page that says so."""
    async with new_browser() as browser:
        consent = await town.consent(browser)
        page = await get(browser, redirect(town, consent, code="invented"))

    assert page.status == 502
    assert await town.bot.store.installations.tenants() == ()


async def test_a_team_without_the_bot_is_not_served(town: Street) -> None:
    """Before it is installed, nothing of a team is answered with another team's token."""
    await town.install(ACME)

    assert await town.bot.tokens.authorize(GLOBEX, "") is None


def state_of(consent: str) -> str:
    """The state in a consent page's address."""
    return consent.split("state=")[1].split("&")[0]


def redirect(town: Street, consent: str, **query: str) -> str:
    """Where Slack's page would send the browser."""
    extra = "".join(f"&{name}={value}" for name, value in query.items())
    return f"{town.url}/slack/oauth_redirect?state={state_of(consent)}{extra}"
