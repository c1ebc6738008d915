"""The sandbox as others use it: what its own page of documentation promises."""

import re
from pathlib import Path
from typing import Any

from bot.sandbox.slack.sample import ACME, ANA, GLOBEX, GUS
from bot.sandbox.stage import staged
from bot.sandbox.story import HOOLI, IDA

README = Path(__file__).parents[2] / "bot" / "sandbox" / "README.md"


def example(word: str) -> dict[str, Any]:
    """The names that the example with this word defines."""
    code = next(block for block in re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL) if word in block)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 -- our own documentation
    return names


async def test_the_examples_run() -> None:
    """The documented examples do what they say."""
    await example("FakeMaton")["try_it"]()
    assert any("Northwind Traders" in text for text in await example("staged")["story"]())


async def test_each_team_has_its_own_crm_and_token() -> None:
    """Acme and Globex are connected to CRMs of their own, Hooli to none, and each has its own token."""
    async with staged() as stage:
        assert stage.crm(ACME) is stage.crms[ACME]
        assert stage.crm(GLOBEX) is stage.crms[GLOBEX]
        assert stage.crm(HOOLI) is None
        tokens = {stage.slack.installation(team).token for team in (ACME, GLOBEX, HOOLI)}
        assert len(tokens) == 3
        for user, room in ((ANA, "C0SALES01"), (GUS, "C0GSALES1"), (IDA, "C0HOOLI01")):
            await stage.slack.command(user, room, "/crm adatum")
            await stage.slack.wait_for(lambda user=user: stage.slack.ephemerals(user))  # type: ignore[misc]
        assert {each.connection_id for each in stage.maton.log} == set(stage.connections.values())
        assert stage.slack.surprises == []
        assert stage.maton.surprises == []
