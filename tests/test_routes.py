"""Everything that any block can send back has somebody who answers it."""

from typing import Any

import pytest

from bot.blocks import ids
from bot.listeners.stories import Stories

NOT_ALONE = {"INPUT", "WHOLE_THREAD", "SUGGESTED", "LOOK_UP_VIEW", "MESSAGE_VIEW"}
"""Inputs that only come with their form, and views that cannot be submitted."""


class Anybody:
    """Stands for any story: has whatever method the table names."""

    def __getattr__(self, name: str) -> Any:
        return f"story.{name}"


ROUTES = Stories(**dict.fromkeys(Stories.__struct_fields__, Anybody())).routes()
ANSWERED = {*ROUTES.shortcuts, *ROUTES.clicks, *ROUTES.submissions, *ROUTES.typing}
IDS = {
    name: value
    for name, value in vars(ids).items()
    if name.isupper() and isinstance(value, str) and not name.startswith("MORE_") and name not in NOT_ALONE
}


@pytest.mark.parametrize("name", IDS)
def test_every_id_has_a_listener(name):
    """Each action, callback and shortcut id of the blocks stands in the routing table."""
    assert IDS[name] in ANSWERED


def test_the_table_names_nothing_that_no_block_sends():
    """The routing table holds no ids but those of the blocks."""
    assert set(IDS.values()) >= ANSWERED
