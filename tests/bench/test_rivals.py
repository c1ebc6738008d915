"""The rivals do the same job: they ask for the same records and answer with the same rows."""

from typing import Any

import msgspec

from bot.blocks import lists
from bot.crm.twenty import Twenty
from bot.models import Viewer
from tests.bench import crm_standin
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
    ours = lists.found(await Twenty(gateway).find(f"acme {TAG}"), Viewer("Europe/Berlin"))

    words = ["acme", TAG]
    found = [msgspec.json.decode(crm_standin.listed(each))["data"][each] for each in rows.PATHS]
    theirs = rows.answer(words, found)

    assert sorted(theirs["text"].splitlines()) == sorted(ours.text.splitlines())
    assert len(theirs["blocks"]) == len(ours.blocks)
    assert gateway.asked["people"] == rows.asked("people", words)
