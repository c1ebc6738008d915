"""The rivals do the same job: they ask for the same records, answer the same rows, and of many teams know each."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from bot.blocks import lists
from bot.crm.twenty import Twenty
from bot.models import Viewer
from tests.bench import crm_standin, lookup_road
from tests.bench import slack_standin as slack
from tests.bench.contenders import Contender, by_hand_of_many, listening
from tests.bench.load import Sample, finds_of, in_flight
from tests.bench.rivals import rows

TAG = crm_standin.TAG.decode()


class Listed:
    """A gateway to the bench's CRM, which answers every search with all that it has; keeps what was asked."""

    connection_id = "bench"

    def __init__(self) -> None:
        self.asked: dict[str, dict[str, str]] = {}

    async def get(self, plural: str, *_: Any, params: dict[str, str], **__: Any) -> Any:
        self.asked[plural] = params
        return msgspec.json.decode(crm_standin.listed(plural))


async def test_the_rivals_answer_with_the_same_rows():
    """Line by line as the bot has them, in whatever order, from searches for the same words in the same fields."""
    gateway = Listed()
    ours = lists.found(
        await Twenty(gateway).find(f"acme {TAG}"), Viewer("Europe/Berlin"), datetime.now(UTC), command="/crm"
    )

    words = ["acme", TAG]
    found = [msgspec.json.decode(crm_standin.listed(each))["data"][each] for each in rows.PATHS]
    theirs = rows.answer(words, found)

    assert sorted(theirs["text"].splitlines()) == sorted(ours.text.splitlines())
    assert len(theirs["blocks"]) == len(ours.blocks)
    assert gateway.asked["people"] == rows.asked("people", words)


async def asked(
    contender: Contender, teams: list[int], monkeypatch: pytest.MonkeyPatch, **user: object
) -> tuple[Sample, int]:
    """The load's sample, and how often Slack was asked who somebody is."""
    known = slack._user
    monkeypatch.setattr(slack, "_user", lambda id: known(id) | user)
    async with lookup_road.staged() as stage:
        process = stage.start(contender)
        try:
            await listening(process)
            asking = finds_of(stage.slack, process.port, teams)
            monkeypatch.setattr("tests.bench.load.ANSWERED_WITHIN", 0.3 if user else 15)
            sample = await in_flight(stage.slack, process.port, asking, many=1, seconds=30, at_most=len(teams))
        finally:
            process.end()
        return sample, stage.slack.calls.get("users.info", 0)


async def test_of_many_workspaces_each_person_is_looked_up_once(tmp_path, monkeypatch):
    """Three commands from two teams: all answered, and Slack was asked who is asking twice."""
    sample, lookups = await asked(by_hand_of_many(tmp_path / "many.sqlite3", teams=2), [0, 1, 0], monkeypatch)

    assert (sample.answered, sample.errors, lookups) == (3, [], 2)


async def test_of_many_workspaces_a_guest_reads_nothing(tmp_path, monkeypatch):
    """As with our bot: whom Slack calls restricted gets no answer from the CRM."""
    many = by_hand_of_many(tmp_path / "many.sqlite3", teams=1)
    sample, lookups = await asked(many, [0], monkeypatch, is_restricted=True)

    assert (sample.answered, sample.errors, lookups) == (0, ["TimeoutError"], 1)
