"""The operator's commands: what is checked, and which team talks to which connection."""

import dataclasses
from collections.abc import AsyncIterator

import click
import pytest

from bot import operating
from bot.checking import Line, check_everything
from bot.sandbox.slack import FakeSlack
from bot.sandbox.slack.sample import ACME, ACME_TOKEN, GLOBEX
from bot.sandbox.twenty import FakeCRM, FakeMaton, samples
from bot.settings import Settings
from tests.house import MATON_KEY
from tests.teams.street import KEY


@dataclasses.dataclass
class Desk:
    """An operator's settings, with both other sides."""

    settings: Settings
    slack: FakeSlack
    maton: FakeMaton

    async def checked(self, **changed: object) -> dict[str, Line]:
        """The lines of `crm-bot check` with some settings changed."""
        settings = dataclasses.replace(self.settings, **changed)  # type: ignore[arg-type]
        return {line.what: line for line in await check_everything(settings)}


@pytest.fixture
async def desk(sqlite_url: str) -> AsyncIterator[Desk]:
    """Everything there and right."""
    slack, maton = FakeSlack(), FakeMaton(api_key=MATON_KEY)
    async with slack.serve() as slack_url, maton.serve() as maton_url:
        settings = Settings(
            maton_api_key=MATON_KEY,
            maton_api_url=maton_url,
            slack_bot_token=ACME_TOKEN,
            slack_signing_secret="secret",
            slack_api_url=f"{slack_url}/api/",
            database_url=sqlite_url,
        )
        yield Desk(settings, slack, maton)


async def test_all_is_well(desk: Desk) -> None:
    """Four lines, each ok."""
    lines = await desk.checked()

    assert list(lines) == ["configuration", "database", "Slack", "Maton"]
    assert all(line.ok for line in lines.values()), lines


@pytest.mark.parametrize(
    ("changed", "what", "says"),
    [
        ({"maton_api_key": ""}, "configuration", "MATON_API_KEY is missing"),
        ({"maton_api_key": "wrong"}, "Maton", "MATON_API_KEY"),
        ({"maton_api_url": "http://127.0.0.1:9"}, "Maton", "http://127.0.0.1:9 cannot be reached"),
        ({"slack_bot_token": "xoxb-wrong"}, "Slack", "invalid_auth"),
        ({"slack_bot_token": ""}, "Slack", "SLACK_BOT_TOKEN is missing"),
        ({"slack_api_url": "http://127.0.0.1:9/api/"}, "Slack", "cannot be reached"),
        ({"database_url": "sqlite:////proc/nowhere/x.sqlite3"}, "database", "DATABASE_URL"),
        ({"slack_client_id": "1.2"}, "Slack", "SLACK_CLIENT_SECRET"),
    ],
)
async def test_what_is_wrong_says_what_to_do(desk: Desk, changed: dict[str, str], what: str, says: str) -> None:
    """Each thing that fails names its variable or its cause, and no secret."""
    line = (await desk.checked(**changed))[what]

    assert not line.ok
    assert says in line.says
    assert ACME_TOKEN not in line.says


async def test_many_workspaces_are_checked_by_their_pair(desk: Desk) -> None:
    """Before anybody has installed it there is no token to try; the address to install at is told."""
    many = {
        "slack_client_id": "1.2",
        "slack_client_secret": "s",
        "public_url": "https://crm.example",
        "slack_bot_token": "",
    }
    lines = await desk.checked(**many, encryption_keys=(KEY,))

    assert "https://crm.example/slack/install" in lines["Slack"].says
    assert lines["configuration"].ok


async def test_the_app_level_token_is_tried_too(desk: Desk) -> None:
    """Socket Mode stands and falls with it."""
    right = (await desk.checked(slack_app_token="xapp-sandbox"))["Slack"]
    wrong = (await desk.checked(slack_app_token="xapp-wrong"))["Slack"]

    assert right.ok
    assert "Socket Mode" in right.says
    assert not wrong.ok
    assert "SLACK_APP_TOKEN (invalid_auth)" in wrong.says


async def test_missing_scopes_are_named(desk: Desk) -> None:
    """A token of an older install lacks what a newer version needs."""
    state = desk.slack.state
    state.installations[ACME_TOKEN] = dataclasses.replace(state.installations[ACME_TOKEN], scopes=("commands",))

    assert "users:read.email" in (await desk.checked())["Slack"].says


async def test_a_reseal_needs_a_key(desk: Desk) -> None:
    """Without ENCRYPTION_KEY nothing is said to be encrypted with it."""
    with pytest.raises(click.ClickException, match="ENCRYPTION_KEY is missing"):
        await operating.reseal(desk.settings)
    assert "0 values" in await operating.reseal(dataclasses.replace(desk.settings, encryption_keys=(KEY,)))


async def test_binding_by_hand(desk: Desk) -> None:
    """The operator binds and unbinds; the list says so."""
    connection = desk.maton.connect(FakeCRM())
    assert connection in await operating.bind(desk.settings, ACME, connection)
    assert any(connection in line for line in await operating.list_connections(desk.settings))
    await operating.unbind(desk.settings, ACME)

    assert "No team is connected" in (await operating.list_connections(desk.settings))[0]
    assert desk.maton.connections.listed() != []


async def test_a_binding_by_hand_names_the_crm(desk: Desk) -> None:
    """As one by an admin does, since every card says which CRM it is about; and a CRM that does not answer is said."""
    connection = desk.maton.connect(FakeCRM(records=samples.acme()))
    assert "talks to Twenty (acme.example) by" in await operating.bind(desk.settings, ACME, connection)
    assert "Twenty (acme.example)  ok" in (await operating.list_connections(desk.settings))[0]

    desk.maton.fault("expired", path="/twenty/", times=None)
    assert "its CRM did not answer" in await operating.bind(desk.settings, ACME, connection)


@pytest.mark.parametrize("how", ["unknown", "pending", "taken", "no id"])
async def test_a_wrong_binding_is_refused_in_a_sentence(desk: Desk, how: str) -> None:
    """An id that Maton does not know, that is not ACTIVE, or that another team holds, is never bound."""
    taken = desk.maton.connect(FakeCRM())
    await operating.bind(desk.settings, GLOBEX, taken)
    pending = desk.maton.connections.make("twenty").id
    wanted = {"unknown": "nobody-knows-it", "pending": pending, "taken": taken, "no id": "a\r\nb"}[how]

    with pytest.raises(click.ClickException) as refused:
        await operating.bind(desk.settings, ACME, wanted)
    assert {"unknown": "does not know", "pending": "PENDING", "taken": "another workspace", "no id": "no Maton"}[
        how
    ] in (refused.value.message)
