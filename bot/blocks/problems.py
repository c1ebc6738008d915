"""What went wrong, as a sentence with its next step, in a message or in the form that is open."""

from msgspec import Struct

from bot.blocks import ids
from bot.blocks.primitives import (
    Blocks,
    Message,
    View,
    actions,
    button,
    footnote,
    message,
    modal,
    section,
    sentence,
)


class Problem(Struct, frozen=True):
    """A sentence for the person, the next step where one is known, and the reference that is also in the log."""

    sentence: str
    hint: str = ""
    reference: str = ""


def problem(what: Problem) -> Message:
    """The problem as a message."""
    return message(_blocks(what))


def aside(words: str) -> Message:
    """A sentence of the house's own for one person, with mentions; foreign words in it went through `escape`."""
    return message([sentence(words)])


def with_draft(what: Problem, draft: str) -> Message:
    """The problem, and a button that opens the form again with everything that was typed."""
    again = button("Open the form again", ids.DRAFT_OPEN, draft) if draft else None
    kept = footnote("What you typed is kept.") if draft else None
    return message([*_blocks(what), actions(again), kept])


def problem_view(what: Problem) -> View:
    """The problem in place of a form."""
    return modal("CRM", _blocks(what), ids.MESSAGE_VIEW)


def _blocks(what: Problem) -> Blocks:
    reference = f"If it happens again, tell your CRM bot's operator the reference {what.reference}."
    small_print = [footnote(each) for each in (what.hint, reference if what.reference else "") if each]
    return [section(what.sentence if what.sentence.strip() else "That did not work."), *small_print]
