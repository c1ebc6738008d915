"""The house keeps its shape: arrows go one way, and each outside thing is known in one room."""

import ast
import re
from graphlib import TopologicalSorter
from itertools import pairwise, takewhile
from pathlib import Path

import pytest

BOT = Path(__file__).parents[1] / "bot"
FLOORS = (
    {"__main__"},
    {"serving", "operating", "checking"},
    {"app"},
    {"tenancy"},
    {"listeners", "web"},
    {"proposals", "teams", "slack"},
    {"policy", "manifest", "blocks"},
    {"store", "crm"},
    {"language"},
    {
        "answers",
        "proposal",
        "team_settings",
        "changes",
        "queries",
        "fields",
        "models",
        "errors",
        "errands",
        "beside",
        "wire",
        "keys",
        "remembered",
        "metrics",
        "settings",
        "logs",
    },
)
"""From the top down; a room imports from its own floor or from below."""

STRANGERS = {"blocks": {"crm", "store"}, "policy": {"crm", "store"}, "crm": {"store"}, "store": {"crm"}}
"""Rooms that know nothing of each other, though an arrow would go down or stay level."""

KNOWN_ONLY_TO = {
    "slack_bolt": {"app", "serving", "web", "listeners", "slack", "teams"},
    "slack_sdk": {"slack", "listeners", "proposals", "teams", "tenancy", "checking"},
    "httpx": {"crm", "app", "tenancy"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "os": {"__main__"},
}


def room(path: Path) -> str:
    """The part of the house a file belongs to."""
    return path.relative_to(BOT).parts[0].removesuffix(".py")


def module(path: Path) -> str:
    """The dotted name a file is imported by."""
    return ".".join(("bot", *path.relative_to(BOT).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {module(path): path for path in sorted(BOT.rglob("*.py"))}


def imports(path: Path) -> set[str]:
    """The modules a file imports, dotted."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            found |= inside or {node.module}
    return found


FILES = [path for path in sorted(BOT.rglob("*.py")) if room(path) not in ("sandbox", "__init__")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(BOT)))
def test_arrows_go_down(path):
    """No file imports from a floor above its own, and nothing but the command line knows the sandbox."""
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    ours = {each.split(".")[1] for each in imports(path) if each.startswith("bot.")}

    upward = {name for name in ours - {"sandbox"} if floor[name] < floor[room(path)]}

    assert not upward
    assert "sandbox" not in ours or room(path) == "__main__"


def test_no_files_import_each_other_in_a_circle():
    """Each file can be read after those it stands on; what is imported for its types alone counts as well."""
    below = {name: imports(path) & MODULES.keys() for name, path in MODULES.items()}

    assert len(list(TopologicalSorter(below).static_order())) == len(MODULES)


def test_the_map_shows_the_floors():
    """The README's map names every room once, in the order of their floors."""
    floor = {name: number for number, names in enumerate(FLOORS) for name in names}
    readme = (BOT.parent / "README.md").read_text()
    drawn = re.search(r"<!-- map:.*?```text\n(.*?)```", readme, re.DOTALL)[1].splitlines()
    rows = [list(takewhile(floor.__contains__, (word.rstrip("/") for word in line.split()))) for line in drawn]

    assert sorted(name for row in rows for name in row) == sorted(floor)
    heights = [[floor[name] for name in row] for row in rows if row]
    assert all(max(above) <= min(below) for above, below in pairwise(heights))


@pytest.mark.parametrize("name", STRANGERS)
def test_what_is_shown_and_decided_is_given(name):
    """Messages and the policy are made of plain values: neither asks the CRM or the store, nor these each other."""
    for path in FILES:
        ours = {each.split(".")[1] for each in imports(path) if each.startswith("bot.")}
        assert room(path) != name or not ours & STRANGERS[name], path


@pytest.mark.parametrize("library", KNOWN_ONLY_TO)
def test_each_outside_thing_is_known_in_few_rooms(library):
    """SQL is the store's, HTTP the CRM client's, Slack's SDK the edge's, the environment the command line's."""
    knowing = {room(path) for path in FILES if library in {each.split(".")[0] for each in imports(path)}}

    assert knowing <= KNOWN_ONLY_TO[library]


def test_the_fakes_know_nothing_of_the_bot():
    """Fake Slack and fake Twenty import nothing of the bot, so that others can use them."""
    for path in [*(BOT / "sandbox" / "slack").rglob("*.py"), *(BOT / "sandbox" / "twenty").rglob("*.py")]:
        assert not {each for each in imports(path) if each.startswith("bot.") and not each.startswith("bot.sandbox")}
