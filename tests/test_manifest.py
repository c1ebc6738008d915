"""The manifest is what Slack accepts, asks for no more than it needs, and is the one that is checked in."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from bot.__main__ import main
from bot.listeners.stories import Stories
from bot.manifest import OPTIONAL_SCOPES, SCOPES, render, scopes_table

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((ROOT / "tests" / "manifest.schema.json").read_text())


@pytest.mark.parametrize("public_url", ["", "https://crm-bot.example.com"])
def test_slack_accepts_it(public_url):
    """Both forms are valid by Slack's own schema, and every shortcut's name fits its 24 characters."""
    manifest = yaml.safe_load(render(public_url=public_url))

    jsonschema.validate(manifest, SCHEMA)
    assert all(len(each["name"]) <= 24 for each in manifest["features"]["shortcuts"])
    assert 175 <= len(manifest["display_information"]["long_description"]) <= 4000


def test_the_checked_in_one_is_the_printed_one():
    """`app_manifest.yml` is the output of `crm-bot manifest --socket-mode`."""
    printed = CliRunner().invoke(main, ["manifest", "--socket-mode"])

    assert printed.exit_code == 0
    assert (ROOT / "app_manifest.yml").read_text() == printed.output


def test_http_names_every_address():
    """For a public address the command, clicks, type-ahead, events and the redirect have theirs."""
    manifest = yaml.safe_load(render(public_url="https://crm-bot.example.com/"))

    events = "https://crm-bot.example.com/slack/events"
    assert manifest["features"]["slash_commands"][0]["url"] == events
    assert manifest["features"]["slash_commands"][0]["should_escape"] is True
    assert manifest["settings"]["interactivity"]["request_url"] == events
    assert manifest["settings"]["interactivity"]["message_menu_options_url"] == events
    assert manifest["settings"]["event_subscriptions"]["request_url"] == events
    assert manifest["oauth_config"]["redirect_urls"] == ["https://crm-bot.example.com/slack/oauth_redirect"]


def test_scopes_are_the_least_and_each_has_its_reason():
    """Four scopes are needed, two are optional, and the README tells why of each."""
    manifest = yaml.safe_load(render())

    assert (
        manifest["oauth_config"]["scopes"]["bot"]
        == list(SCOPES)
        == [
            "commands",
            "chat:write",
            "users:read",
            "users:read.email",
        ]
    )
    assert manifest["oauth_config"]["scopes"]["bot_optional"] == list(OPTIONAL_SCOPES)
    assert scopes_table() in (ROOT / "README.md").read_text()


def test_every_shortcut_of_the_manifest_is_answered():
    """Each callback id that Slack is told of stands in the routing table."""
    manifest = yaml.safe_load(render())
    source = Path(Stories.routes.__code__.co_filename).read_text()

    constants = {"save_as_note": "SAVE_AS_NOTE", "create_task": "CREATE_TASK", "look_up": "LOOK_UP"}
    for each in manifest["features"]["shortcuts"]:
        assert f"ids.{constants[each['callback_id']]}:" in source


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--socket-mode", "--public-url", "https://x.example"],
        ["--public-url", "http://x.example"],
        ["--public-url", "https://"],
        ["--public-url", "https://x.example/?a=b"],
    ],
)
def test_what_makes_no_manifest_is_said(arguments):
    """Neither form, both forms, and an address that Slack would not call are refused in words."""
    answer = CliRunner().invoke(main, ["manifest", *arguments])

    assert answer.exit_code == 2
    assert "https://" in answer.output


def test_a_port_that_is_none_is_said():
    """The sandbox, too, refuses what cannot be a port."""
    answer = CliRunner().invoke(main, ["sandbox", "--port", "99999"])

    assert answer.exit_code == 2
    assert "65535" in answer.output


def test_a_commands_name_that_slack_would_not_take_is_said():
    """As strict as SLACK_COMMAND, which must be the same."""
    answer = CliRunner().invoke(main, ["manifest", "--socket-mode", "--command", "/CRM"])

    assert answer.exit_code == 2
    assert "lower-case" in answer.output
