"""The log says what was done, and never a name, an address, a text or a secret."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot import logs
from bot.sandbox.slack.sample import ACME, ANA, CLEO, GLOBEX
from tests.teams.street import KEY, Street, street

SECRETS = {
    "xoxb-1234-abcd": "xoxb-1234-abcd",
    "xoxe.xoxb-1-abc": "xoxe.xoxb-1-abc",
    "xapp-1-A1-2-b": "xapp-1-A1-2-b",
    "Bearer maton-key-1": "maton-key-1",
    "https://hooks.slack.com/actions/T1/2/abc": "hooks.slack.com",
    "https://connect.maton.ai/?session_token=s3cret": "s3cret",
}


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_masked_wherever_they_come_from(secret: str) -> None:
    """Also in the text of an exception that nobody foresaw."""
    assert SECRETS[secret] not in logs.masked(f"failed with {secret}, sorry")


@pytest.fixture(params=["text", "json"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Everything that the bot logs, down to debug, in both styles."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines() if request.param == "json" else logs.TextLines())
    logger = logging.getLogger("bot")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(before)


async def test_a_day_leaves_no_names_in_the_log(sqlite_url: str, written: io.StringIO) -> None:
    """Installing, connecting, looking up, writing, failing and leaving: not one of all the names stands in the log."""
    async with street(sqlite_url) as town:
        await a_day(town)
        forbidden = never_logged(town)
    text = written.getvalue()

    assert text
    assert {each for each in forbidden if each in text} == set()
    assert "installed" in text


async def a_day(town: Street) -> None:
    """A few stories, some of which end badly."""
    for team in (ACME, GLOBEX):
        await town.install(team)
    await town.connect(ACME)
    await town.ask("/crm contoso", user=ANA)
    card = await town.save_note(user=ANA, title="Secret plans")
    await town.slack.click(card, "Confirm", user=ANA)
    await town.shows(card, "Created")
    town.maton.fault("expired", path="/twenty/", times=2)
    await town.ask("/crm contoso", user=ANA)
    town.maton.fault("status", status=503, path="/twenty/", times=2)
    await town.ask("/crm people mia", user=ANA)
    town.slack.faults.fail("users.info", "internal_error", times=2)
    await town.ask("/crm settings", user=CLEO)
    await town.slack.uninstall(ACME)
    await town.quiet()


def never_logged(town: Street) -> set[str]:
    """Names, addresses, texts, tokens, keys, links and response_urls of all that happened."""
    world, state = town.slack.state.world, town.slack.state
    people = {part for user in world.users for part in (user.real_name, user.email) if part}
    secrets = {*state.installations, KEY, world.client_secret, town.bot.settings.maton_api_key}
    words = {"Secret plans", "Contoso", "contoso", "Budget is approved"}
    return {*people, *secrets, *words, *state.response_urls, "session_token"}


def test_lines_carry_what_an_operator_searches_for() -> None:
    """Team and reference stand in a text line, and are keys of their own in JSON; the trace belongs to the line."""
    record = logging.LogRecord("bot.x", logging.ERROR, __file__, 1, "broke", None, None)
    record.team, record.reference = "T1", "abcd1234"
    line = json.loads(logs.JsonLines().format(record))

    assert (line["team"], line["reference"], line["level"]) == ("T1", "abcd1234", "error")
    assert logs.TextLines().format(record).endswith("bot.x: broke team=T1 reference=abcd1234")
