"""The README says what the code says."""

import re
from pathlib import Path

import pytest

from bot.language.commands import markdown_table
from bot.language.spoken import EXAMPLES
from bot.manifest import scopes_table

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize(("section", "table"), [("commands", markdown_table()), ("scopes", scopes_table())])
def test_tables_come_from_the_code(section, table):
    """The tables of commands and scopes are those that help and the manifest are made of."""
    found = re.search(rf"<!-- {section}:.*?-->\n(.*?)\n<!-- /{section} -->", README, re.DOTALL)

    assert found
    assert found[1] == table


@pytest.mark.parametrize("said", EXAMPLES)
def test_lists_as_one_says_them_are_those_of_help(said):
    """The README gives the examples that help gives."""
    assert f"`{said}`" in README


def test_links_lead_somewhere():
    """Every relative link and picture of the README and of the pages beside it is there."""
    for page in (ROOT / "README.md", ROOT / "bot/sandbox/README.md", *(ROOT / ".docs").glob("*.md")):
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
