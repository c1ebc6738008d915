"""What was perhaps meant by a word that found nothing."""

from datetime import UTC, datetime

import pytest

from bot.language.meant import MEANT, meant
from bot.language.periods import Clock
from bot.language.qualifiers import is_qualified, read_list
from bot.models import Kind

CLOCK = Clock(datetime(2026, 3, 30, 9, tzinfo=UTC), "Europe/Berlin")


@pytest.mark.parametrize(("kind", "qualifier"), [(kind, each) for kind in MEANT for each in MEANT[kind].values()])
def test_what_is_advised_is_understood(kind: Kind, qualifier: str) -> None:
    """Every qualifier that is advised is one, with a value that it takes."""
    assert is_qualified(kind, qualifier) or not qualifier
    assert read_list(kind, qualifier, CLOCK)


def test_a_value_is_told_from_a_word() -> None:
    """The first word that is a value counts; other words, and other kinds' values, are just words."""
    assert meant(Kind.TASK, "Contoso Overdue") == ("overdue", "due:overdue")
    assert meant(Kind.DEAL, "overdue") == ("overdue", "close:overdue")
    assert meant(Kind.TASK, "won") == ("", "")
    assert meant(Kind.NOTE, "today") == ("", "")
