"""Lists as people say them."""

import pytest

from bot.errors import Misunderstood
from bot.language import intents
from bot.language.intents import Target
from bot.language.spoken import EXAMPLES
from bot.models import Kind
from tests.language.test_commands import read


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("my tasks", "tasks owner:me"),
        ("My Deals", "deals owner:me"),
        ("my companies", "companies owner:me"),
        ("all deals", "deals stage:any"),
        ("all tasks", "tasks owner:anyone status:any"),
        ("all my tasks", "tasks owner:me status:any"),
        ("all people", "people"),
        ("open deals", "deals stage:open"),
        ("open tasks due:today", "tasks status:open due:today"),
        ("overdue tasks", "tasks due:overdue"),
        ("list companies", "companies"),
        ("list deals acme", "deals acme"),
        ("list my  open opportunities", "deals owner:me stage:open"),
        ("show me my deals", "deals owner:me"),
        ("show contacts", "people"),
        ("show me all tasks", "tasks owner:anyone status:any"),
        ("show new deals", "deals stage:new"),
        ("show deals stage:won", "deals stage:won"),
        ("show me companies city:paris", "companies city:paris"),
        ("list workflows", "workflows"),
        ("my deals company:\"Acme  Inc\"", 'deals owner:me company:"Acme  Inc"'),
    ],
)  # fmt: skip
def test_a_list_that_is_said_is_the_command(said: str, command: str) -> None:
    """What is said in front of the list's name narrows or widens it as its qualifier does."""
    asked, meant = read(said), read(command)
    if isinstance(asked, intents.List) and isinstance(meant, intents.List):  # the order of conditions is no matter
        assert asked.query.kind is meant.query.kind
        assert asked.query.words == meant.query.words
        assert set(asked.query.conditions) == set(meant.query.conditions)
        assert asked.mine_if_member == meant.mine_if_member
    else:
        assert asked == meant


@pytest.mark.parametrize("said", EXAMPLES)
def test_every_example_of_help_is_a_list(said: str) -> None:
    """What help gives as an example is understood."""
    assert isinstance(read(said), intents.List)


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("find my tasks", intents.Find("my tasks")),
        ('"my tasks"', intents.Find("my tasks")),
        ("my company", intents.Find("my company")),
        ("open people", intents.Find("open people")),
        ("all workflows", intents.Find("all workflows")),
        ("listing companies", intents.Find("listing companies")),
        ("list", intents.Find("list")),
        ("show deals acme", intents.Show(Target(words="acme", kind=Kind.DEAL))),
        ('show deals 5" disk', intents.Show(Target(words='5" disk', kind=Kind.DEAL))),
        ("show me deal acme", intents.Show(Target(words="acme", kind=Kind.DEAL))),
        ("show me acme", intents.Show(Target(words="acme"))),
        ("done tasks", intents.Done(Target(words="tasks", kind=Kind.TASK))),
    ],
)
def test_what_is_no_list_stays_what_it_was(typed: str, command: intents.Command) -> None:
    """A name is found as it is written, and a command means what it says."""
    assert read(typed) == command


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("my people", "find my people"),
        ("list my notes", "find my notes"),
        ("show me my contacts", "find my contacts"),
        ("My People Group Ltd", "find My People Group Ltd"),
    ],
)
def test_records_without_an_owner_are_nobodys(said: str, line: str) -> None:
    """The answer says so, and how the words themselves are found, all of them: they may be a company's name."""
    with pytest.raises(Misunderstood, match="have no owner in the CRM, so none of them are yours") as refused:
        read(said)
    assert refused.value.line == line
