"""The environment becomes one value, and every mistake in it is named at once."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from bot.settings import Misconfigured, Settings, read, ready_to_serve

ROOT = Path(__file__).parents[1]


def test_everything_missing_is_said_at_once():
    """An empty environment names the Maton key, the bot token and the signing secret together."""
    with pytest.raises(Misconfigured) as error:
        ready_to_serve(read({}, dotenv=None))

    assert [problem.split()[0] for problem in error.value.problems] == [
        "MATON_API_KEY",
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
    ]


def test_many_workspaces_name_what_they_lack():
    """A client id alone asks for everything that OAuth needs."""
    with pytest.raises(Misconfigured) as error:
        ready_to_serve(read({"MATON_API_KEY": "k", "SLACK_CLIENT_ID": "1.2", "SLACK_BOT_TOKEN": "xoxb-1"}, dotenv=None))

    assert [problem.split()[0] for problem in error.value.problems] == [
        "SLACK_CLIENT_SECRET",
        "SLACK_SIGNING_SECRET",
        "PUBLIC_URL",
        "ENCRYPTION_KEY",
        "SLACK_BOT_TOKEN",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MATON_API_URL", "api.maton.ai"),
        ("PUBLIC_URL", "https://crm-bot.example.com/?a=b"),
        ("MATON_CONNECT_HOST", "https://connect.maton.ai/x"),
        ("SLACK_BOT_TOKEN", "xoxp-1"),
        ("SLACK_APP_TOKEN", "xoxb-1"),
        ("SLACK_COMMAND", "crm"),
        ("DATABASE_URL", "mysql://x"),
        ("ENCRYPTION_KEY", "secret"),
        ("PORT", "http"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("RETENTION_DAYS", "0"),
    ],
)
def test_a_wrong_value_names_its_variable_and_not_itself_if_secret(name, value):
    """Each wrong value is one sentence that begins with the variable's name and never repeats a secret."""
    with pytest.raises(Misconfigured) as error:
        read({name: value}, dotenv=None)

    assert [problem.split()[0] for problem in error.value.problems] == [name]
    assert value not in str(error.value)


def test_the_environment_wins_over_the_file(tmp_path):
    """A value in .env is used unless the environment has its own."""
    file = tmp_path / ".env"
    file.write_text("PORT=4000\nHOST=0.0.0.0\n")

    settings = read({"PORT": "5000"}, dotenv=file)

    assert (settings.host, settings.port) == ("0.0.0.0", 5000)  # noqa: S104 - read from a file, nothing listens


def test_no_secret_in_the_repr():
    """Printing the settings shows neither keys nor tokens."""
    assert "xoxb" not in repr(Settings(slack_bot_token="xoxb-1", maton_api_key="key"))


def test_the_example_explains_every_variable():
    """`.env.example` lists exactly the variables that the settings read, each under a comment."""
    source = (ROOT / "bot" / "settings.py").read_text()
    read_here = set(re.findall(r'reader\.\w+\(\s*"([A-Z_]+)"', source))
    example = (ROOT / ".env.example").read_text()

    assert set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)) == read_here
    assert len(read_here) == len(fields(Settings))
