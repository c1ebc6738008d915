"""Whatever people, processes, Slack and the CRM do: once confirmed, once written, and every card and click is true.

The long profile by hand: `HYPOTHESIS_PROFILE=long pytest tests/faults/test_life.py`.
"""

import asyncio
import os
import shutil
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest
from databases import PostgreSQLServer
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from bot.sandbox.slack.sample import ANA, BEN, CLEO, GIL
from tests.faults.ledger import Ledger
from tests.faults.life import Life
from tests.faults.street import street

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"

PROFILE = settings(
    max_examples=200 if LONG else 8,
    stateful_step_count=40 if LONG else 22,
    derandomize=not LONG,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),  # an example takes a second and has a clock in it: shrinking would only wander
    print_blob=True,
)

DICE = st.integers(0, 2**16).map(Random)
CROWDS = st.lists(st.sampled_from([ANA, BEN, CLEO, GIL]), max_size=3).map(lambda others: [ANA, *others])
WRITES, READS = ("POST", "PATCH", "DELETE"), ("GET",)
FAULTS = st.sampled_from(
    [
        *(("lost_before", {"method": method}) for method in WRITES),
        *(("lost_after", {"method": method}) for method in WRITES),
        *(("stalled_commit", {"method": method, "seconds": 0.9}) for method in WRITES),
        *(("hang", {"method": method}) for method in WRITES),
        ("status", {"status": 429, "retry_after": 0.1}),
        ("status", {"status": 429, "retry_after": 0.1, "method": "POST"}),
        ("status", {"status": 502}),
        ("status", {"status": 500, "method": "PATCH"}),
        ("status", {"status": 503, "method": "GET", "times": 4}),
        ("delay", {"seconds": 0.3}),
        ("empty", {"method": "POST"}),
        ("badjson", {"method": "PATCH"}),
        ("html", {"method": "POST"}),
    ]
)
SLACK_FAULTS = st.sampled_from(
    [
        ("fail", "chat.update", {"error": "internal_error", "times": 2}),
        ("lose_answer", "chat.update", {}),
        ("lose_answer", "chat.postMessage", {}),
        ("ratelimit", "chat.update", {"retry_after": 0}),
        ("fail", "response_url", {"error": "internal_error"}),
        ("fail", "chat.postEphemeral", {"error": "internal_error"}),
        ("delay", "users.info", {"seconds": 0.5, "times": 1}),
    ]
)


class Town(RuleBasedStateMachine):
    """Rules are what may happen next; the check is at the end, when everything has come to rest."""

    fresh_url: ClassVar[Callable[[], str]]
    most_bots: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.life: Life

    def do(self, act: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(act)

    @initialize(profile=st.sampled_from(["current", "base", "documented"]))
    def move_in(self, profile: str) -> None:
        road = self.do(
            self.stack.enter_async_context(street(type(self).fresh_url(), bots=self.most_bots, profile=profile))
        )
        self.life = Life(road, Ledger(road.crm))
        self.do(self.life.save_note())

    @rule()
    def save_note(self) -> None:
        self.do(self.life.save_note())

    @rule()
    def create_company(self) -> None:
        self.do(self.life.create_company())

    @rule(dice=DICE)
    def rename(self, dice: Random) -> None:
        self.do(self.life.rename(dice))

    @rule(dice=DICE)
    def delete(self, dice: Random) -> None:
        self.do(self.life.delete(dice))

    @rule(dice=DICE)
    def done(self, dice: Random) -> None:
        self.do(self.life.done(dice))

    @rule(dice=DICE)
    def undo(self, dice: Random) -> None:
        self.do(self.life.undo(dice))

    @rule(people=CROWDS, dice=DICE)
    def confirm(self, people: list[str], dice: Random) -> None:
        self.do(self.life.press("Confirm", people, dice))

    @rule(people=CROWDS, dice=DICE, fault=FAULTS)
    def confirm_in_trouble(self, people: list[str], dice: Random, fault: tuple[str, dict[str, Any]]) -> None:
        self.crm_trouble(fault)
        self.do(self.life.press("Confirm", people, dice))

    @rule(people=CROWDS, dice=DICE, fault=FAULTS, dies_after=st.integers(0, 40))
    def die_while_confirming(
        self, people: list[str], dice: Random, fault: tuple[str, dict[str, Any]], dies_after: int
    ) -> None:
        self.crm_trouble(fault)
        self.do(self.life.press_in_trouble(people, dice, dies_after=dies_after / 1000))

    @rule(people=CROWDS, dice=DICE)
    def cancel(self, people: list[str], dice: Random) -> None:
        self.do(self.life.press("Cancel", people, dice))

    @rule(dice=DICE)
    def edit_behind(self, dice: Random) -> None:
        # A write that a CRM holds back for longer than the bot waits, and commits after somebody else's edit, undoes
        # that edit: no client can prevent it. So what is held back is let go before anybody else edits.
        self.let_go()
        self.do(self.life.edit_behind(dice))

    @rule(dice=DICE)
    def delete_behind(self, dice: Random) -> None:
        self.let_go()
        self.do(self.life.delete_behind(dice))

    @rule(fault=FAULTS)
    def crm_trouble(self, fault: tuple[str, dict[str, Any]]) -> None:
        name, how = fault
        self.life.road.maton.fault(name, path=r"/rest/(companies|notes|tasks)", **how)

    @rule(fault=SLACK_FAULTS)
    def slack_trouble(self, fault: tuple[str, str, dict[str, Any]]) -> None:
        name, method, how = fault
        getattr(self.life.road.slack.faults, name)(method, **how)

    @rule(dice=DICE)
    def kill(self, dice: Random) -> None:
        self.do(self.life.road.kill(dice.choice(self.life.road.processes)))
        if not self.life.road.processes:
            self.do(self.life.road.start())

    @precondition(lambda self: len(self.life.road.processes) < self.most_bots)
    @rule()
    def start(self) -> None:
        self.do(self.life.road.start())

    def let_go(self) -> None:
        for fault in self.life.road.maton.faults:
            fault.release()
        self.do(self.life.road.maton.settled())

    def teardown(self) -> None:
        try:
            if hasattr(self, "life"):
                found = self.do(self.life.quarrels())
                assert not found, "\n".join(found)
        finally:
            self.do(self.stack.aclose())
            self.runner.close()


def test_one_bot_on_sqlite(migrated_file: Path, tmp_path: Path) -> None:
    """One process that dies and comes back, on a file."""
    numbers = iter(range(10_000))

    def fresh_url() -> str:
        file = tmp_path / f"town_{next(numbers)}.sqlite3"
        shutil.copy(migrated_file, file)
        return f"sqlite:///{file}"

    run_state_machine_as_test(_town(fresh_url, most_bots=1), settings=PROFILE)


def test_two_bots_on_postgresql(postgresql_server: PostgreSQLServer) -> None:
    """Two processes that die and come back, on one PostgreSQL."""
    run_state_machine_as_test(_town(postgresql_server.new_database, most_bots=2), settings=PROFILE)


def _town(url: Callable[[], str], *, most_bots: int) -> type[Town]:
    return type("Town", (Town,), {"fresh_url": staticmethod(url), "most_bots": most_bots})


pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
