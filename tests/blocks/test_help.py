"""Help: the table of commands."""

from bot.blocks import help
from bot.blocks.primitives import leaf
from bot.language.intents import Help


def test_help_shows_no_backticks() -> None:
    """What is to be typed is set off as code; the signs that do so in the README are not shown."""
    said = str(help.table(Help(), command="/crm").blocks)

    assert "`" not in said
    assert str(leaf("find", code=True)) in said


def test_help_on_one_command_is_about_that_command() -> None:
    """How it is typed, an example, and for a list every qualifier; not the whole table."""
    deals = help.table(Help("", "deals [words] [qualifiers]"), command="/kunden").text
    done = help.table(Help("", "done <task>"), command="/kunden").text

    assert "/kunden deals stage:proposal amount:" in deals
    assert "name:, amount:, stage:, close:, company:, contact:, owner:" in deals
    assert "All commands: /kunden help" in deals
    assert "/kunden done call ada" in done
    assert "Qualifiers" not in done
    assert "/kunden companies" not in deals + done
