"""The guided first minute: three things to try, ticked off by what really happened, never by a click on the tick."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.page.seat import Seat
from bot.sandbox.slack import buttons_of
from bot.sandbox.slack.sample import SALES
from bot.sandbox.stage import ACME, Stage

SEARCH = "/crm northwind"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to try. `type` is put into the composer, `point_at` is the message whose menu is opened,
    `go` an address."""

    title: str
    about: str
    done: bool
    button: str = ""
    type: str = ""
    point_at: str = ""
    go: str = ""


def steps(stage: Stage, seat: Seat) -> list[Step]:
    """The three steps for the one who sits there; none where the first minute does not play."""
    if seat.team != ACME or seat.place != SALES:
        return []
    card = _undecided(stage)
    return [
        Step(
            "Look a company up",
            f"Type {SEARCH} and press Enter. Only you see the answer.",
            _looked_up(stage),
            button="Type it for me",
            type=SEARCH,
        ),
        Step(
            "Save a message as a note",
            "Open the menu of a message, choose Save as CRM note, attach Contoso, and send the form.",
            _happened(stage, _is_saved_message),
            button="Show me the menu",
            point_at=_worth_saving(stage),
        ),
        Step(
            "Confirm, and see it in the CRM",
            "Nothing is written until somebody presses Confirm on the card. Then watch the record appear on the right.",
            any(each.status in (200, 201) for each in stage.maton.requests("POST", r"/(notes|tasks)$")),
            button="Show me the card" if card else "",
            go=seat.link(thread=card),
        ),
    ]


def _happened(stage: Stage, fits: Callable[[dict[str, Any]], bool]) -> bool:
    return any(fits(exchange.payload) and exchange.answer.ok for exchange in stage.slack.exchanges)


def _looked_up(stage: Stage) -> bool:
    """Whether a word of a command was looked for among the companies."""
    asked = [(each.param("filter") or "").casefold() for each in stage.maton.requests("GET", r"/companies$")]

    def is_looked_for(payload: dict[str, Any]) -> bool:
        words = payload["text"].casefold().split() if payload.get("command") == "/crm" else ()
        return any(f"%{word}%" in each for word in words for each in asked)

    return _happened(stage, is_looked_for)


def _is_saved_message(payload: dict[str, Any]) -> bool:
    """Whether a form was sent that a message had filled in."""
    is_sent = payload.get("type") == "view_submission"
    return is_sent and '"source_ts"' in payload["view"].get("private_metadata", "")


def _undecided(stage: Stage) -> str:
    """The thread in which a card waits for its Confirm."""
    waiting = [m for m in stage.slack.messages(SALES) if m.thread_ts and "Confirm" in buttons_of(m)]
    return waiting[-1].thread_ts or "" if waiting else ""


def _worth_saving(stage: Stage) -> str:
    threads = [message for message in stage.slack.messages(SALES) if message.thread_ts == message.ts]
    return f"m-{threads[0].ts}" if threads else ""
