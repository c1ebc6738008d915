"""What happened: one line an event, newest first, by whom and from which message."""

from collections.abc import Iterator, Mapping, Sequence

from bot.blocks import ids
from bot.blocks.primitives import (
    Line,
    Message,
    actions,
    bullets,
    button,
    footnote,
    header,
    leaf,
    mention,
    message,
    one_line,
    paragraph,
    web,
)
from bot.blocks.values import moment
from bot.changes import Verb
from bot.language.clipping import clip
from bot.proposal import Event, What

_DID = {
    What.PROPOSED: "proposed to {verb}",
    What.CONFIRMED: "confirmed {doing}",
    What.CANCELLED: "cancelled {doing}",
}
_WORDS = {
    Verb.CREATE: ("create", "creating"),
    Verb.UPDATE: ("change", "changing"),
    Verb.DELETE: ("delete", "deleting"),
    Verb.RESTORE: ("restore", "restoring"),
}
_BECAME = {
    What.DONE: "Written",
    What.FAILED: "Failed",
    What.UNKNOWN: "Not known yet",
    What.RELEASED: "Not written, open again",
    What.STALE: "The record had changed, asked again",
    What.EXPIRED: "Expired",
    What.SUPERSEDED: "Replaced by a newer proposal",
    What.VOIDED: "Voided, since the CRM connection changed",
}
ELSEWHERE = "What people change in Twenty itself is not told here."
_WENT = {"trash": "it went to the trash", "gone": "it is gone for good"}


def page(
    title: str, events: Sequence[Event], *, timezone: str, older: str = "", ends: Mapping[str, Event] | None = None
) -> Message:
    """One page of history; `older` is the token of the page below.

    `ends` are what became of proposals, by their ids, for a page on which that has no entry of its own.
    """
    if not events:
        return message(
            [header(title), paragraph([leaf("Nothing has been proposed from Slack yet.")]), footnote(ELSEWHERE)]
        )
    return message(
        [
            header(title),
            bullets(*_lines(events, ends or {}, timezone)),
            actions(button("Next", ids.HISTORY_NEXT, older, about="older entries")) if older else None,
            footnote("History is only ever added to. Newest first."),
        ]
    )


def nothing_pending(command: str) -> Message:
    """There is nothing to decide."""
    return message(
        [paragraph([leaf("You have no proposals waiting. ")]), footnote(f"See what happened: {command} history")]
    )


def _lines(events: Sequence[Event], ends: Mapping[str, Event], timezone: str) -> Iterator[Line]:
    """A line each; the latest about a proposal also says how it ended."""
    told: set[str] = set()
    for event in events:
        end = None if event.proposal_id in told else ends.get(event.proposal_id)
        told.add(event.proposal_id)
        yield [moment(event.at, timezone), leaf(": "), *_said(event), *_ended(event, end), *_source(event)]


def _ended(event: Event, end: Event | None) -> Line:
    if end is None or end.what is event.what:
        return []
    if end.what is What.CANCELLED:
        return [leaf("; cancelled by "), mention(end.actor)]
    became = _BECAME[end.what]
    return [leaf(f"; {became[0].lower()}{became[1:]}{_ending(end)}")]


def _said(event: Event) -> Line:
    verb, doing = _WORDS[event.verb]
    thing = f"the {event.record.kind} “{one_line(event.record.name, 120)}” (id {event.record.id})"
    if event.what in _DID and event.actor:
        return [mention(event.actor), leaf(f" {_DID[event.what].format(verb=verb, doing=doing)} {thing}")]
    return [leaf(f"{_BECAME.get(event.what, str(event.what))}: {verb} {thing}{_ending(event)}")]


def _ending(event: Event) -> str:
    outcome = event.outcome
    if outcome is None:
        return ""
    said = [_WENT.get(outcome.where, ""), clip(outcome.sentence, 300)]
    return "".join(f"; {each}" for each in said if each)


def _source(event: Event) -> Line:
    return [leaf(" "), web(event.permalink, "from this message")] if event.permalink else []
