"""The one boundary around every story: an error reaches the person as a sentence, and the log as a reference.

A story runs as an errand, beside the acknowledgement. What nobody foresaw becomes an apology with a reference that is
also in the log; what it raises is said where the person is looking.
"""

import logging
import secrets
from collections.abc import Awaitable
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.blocks.problems import Problem, problem, problem_view
from bot.errors import BotError, Misunderstood
from bot.listeners.payloads import Command, Incoming
from bot.slack.talk import UNREACHABLE, Talk, reason

log = logging.getLogger(__name__)

TOO_LATE = "Slack did not open the form in time. Please try once more."


def new_reference() -> str:
    """A short word that a person can read out and an operator can search the log for."""
    return secrets.token_hex(4)


async def told(story: str, incoming: Incoming, talk: Talk, work: Awaitable[Any]) -> str:
    """Run a story to its end; a failure is told to the person who began it. Returns "ok" or the error's name.

    Raises only when Slack cannot be reached, so that nobody could be told.
    """
    try:
        await work
    except Exception as error:
        await _tell(talk, explain(story, incoming, error))
        return type(error).__name__
    return "ok"


def explain(story: str, incoming: Incoming, error: Exception) -> Problem:
    """The sentence for the person; anything but a `BotError` is logged with its reference and never shown."""
    if isinstance(error, BotError):
        log.info("%s ended with %s", story, type(error).__name__, extra={"team": incoming.team})
        return Problem(str(error), hint=_hint(error, incoming) if isinstance(error, Misunderstood) else "")
    if isinstance(error, SlackApiError) and error.response["error"] in ("expired_trigger_id", "exchanged_trigger_id"):
        return Problem(TOO_LATE)
    reference = new_reference()
    extra = {"team": incoming.team, "reference": reference}
    log.error("%s broke, reference %s", story, reference, exc_info=error, extra=extra)
    return Problem("Something broke on our side.", reference=reference)


def _hint(error: Misunderstood, incoming: Incoming) -> str:
    """The next step; what is to be typed for it stands under the name that the person knows the command by."""
    called = incoming.name if isinstance(incoming, Command) else ""
    return f"{error.hint} {called} {error.line}".strip() if error.line else error.hint


async def _tell(talk: Talk, what: Problem) -> None:
    try:
        if not (talk.has_view and await talk.update(problem_view(what))):
            await talk.privately(problem(what))
    except UNREACHABLE as error:
        log.warning("nobody could be told of a problem: %s", reason(error))
        raise
