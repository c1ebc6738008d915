"""Help: the table of commands."""

from bot.blocks import help
from bot.blocks.primitives import leaf
from bot.language.intents import Help


def test_help_shows_no_backticks() -> None:
    """What is to be typed is set off as code; the signs that do so in the README are not shown."""
    said = str(help.table(Help(), command="/crm").blocks)

    assert "`" not in said
    assert str(leaf("find", code=True)) in said
