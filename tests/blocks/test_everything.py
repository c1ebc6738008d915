"""Rules over everything the bot can say, with believable and with hostile words."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from bot.blocks import ids
from bot.blocks.primitives import Message, View, escape
from bot.sandbox.slack.blocks import check_message, check_view

from blocks_catalogue import messages, views  # isort: skip
from second_opinion import as_message, as_view  # isort: skip

HOSTILE = [
    "<!channel> <@U0ANA0001> <https://evil.example|click>",
    "*bold* _it_ ~no~ `code` :smile: @here #general",
    "x" * 3_000,
    "&lt;!here&gt; &amp;",
    "\u202egnirts\u202c \u200f",
    "👩‍👩‍👧‍👦" * 60,
    "\n\n\n",
    " ",
    "",
    '{"type":"button"}',
]
IDS = {value for name, value in vars(ids).items() if name.isupper()}
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def walk(part: Any) -> Iterator[dict[str, Any]]:
    """Every dictionary in there."""
    if isinstance(part, dict):
        yield part
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from walk(each)


def wrong_with(everything: dict[str, Message], all_views: dict[str, View]) -> dict[str, list[str]]:
    found = {name: check_message(said.blocks) for name, said in everything.items()}
    found |= {name: check_view(view) for name, view in all_views.items()}
    return {name: problems for name, problems in found.items() if problems}


@pytest.mark.parametrize("name", sorted(messages()))
def test_messages_look_like_this(name: str, snapshot: SnapshotAssertion) -> None:
    """A picture of each message, for review and for Block Kit Builder."""
    said = messages()[name]

    assert {"text": said.text, "blocks": said.blocks} == snapshot(extension_class=JSONSnapshotExtension)


@pytest.mark.parametrize("name", sorted(views()))
def test_views_look_like_this(name: str, snapshot: SnapshotAssertion) -> None:
    """A picture of each view."""
    assert views()[name] == snapshot(extension_class=JSONSnapshotExtension)


def test_slack_takes_everything() -> None:
    """No message and no view breaks a limit of Block Kit."""
    assert wrong_with(messages(), views()) == {}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_slack_takes_hostile_words(text: str) -> None:
    """Long, empty, injected, right-to-left and emoji texts break no limit."""
    assert wrong_with(messages(lambda _: text), views(lambda _: text)) == {}


@pytest.mark.parametrize("text", [None, *HOSTILE], ids=range(len(HOSTILE) + 1))
def test_an_independent_checker_agrees(text: str | None) -> None:
    """slackblocks, which knows nothing of our checker, finds no fault either."""
    words = str if text is None else lambda _: text

    for said in messages(words).values():
        as_message(said)
    for view in views(words).values():
        as_view(view)


@SLOW
@given(st.text(max_size=200), st.integers(1, 40))
def test_slack_takes_any_words(text: str, times: int) -> None:
    """Whatever text the CRM or a person brings, Slack takes the message."""
    assert wrong_with(messages(lambda _: text * times), views(lambda _: text * times)) == {}


@pytest.mark.parametrize("text", HOSTILE[:2])
def test_foreign_words_are_never_markup(text: str) -> None:
    """Foreign words stand in plain text and rich text leaves only, and mrkdwn holds none of them."""
    for view in views(lambda _: text).values():
        assert all(part.get("type") != "mrkdwn" for part in walk(view))
    for said in messages(lambda _: text).values():
        for part in walk(said.blocks):
            if part.get("type") == "mrkdwn":
                assert text not in part["text"]
                assert "evil.example" not in part["text"]
            assert part.get("type") != "broadcast"
            assert "evil.example" not in str(part.get("url", ""))
            assert part.get("user_id") in (None, "U0ANA0001", "U0BEN0001")
        assert "<!channel>" not in said.text
        assert "<https://evil" not in said.text


def test_every_action_is_known() -> None:
    """Every action id and callback id is one of `bot.blocks.ids`."""
    for part in walk([*(said.blocks for said in messages().values()), *views().values()]):
        assert {part[key] for key in ("action_id", "callback_id") if key in part} <= IDS


def test_every_text_is_the_whole_answer() -> None:
    """What stands in the blocks stands in the text too, so that a screen reader hears all of it."""
    for name, said in messages().items():
        for part in walk(said.blocks):
            if part.get("type") == "text" and part["text"].strip() and len(said.text) < 3_800:
                assert escape(part["text"].strip()) in said.text, name


def test_messages_are_json() -> None:
    """Everything can be sent."""
    json.dumps([said.blocks for said in messages().values()])
