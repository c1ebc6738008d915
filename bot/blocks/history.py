"""What happened: one line an event, newest first, by whom and from which message."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec import Struct

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
from bot.fields import FIELDS
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


class Around(Struct, frozen=True, kw_only=True):
    """What is known beside the events: by a proposal's id how it ended, where that is no event of its own, and the keys
    of the fields that it changes; by a record's id its page in Twenty.
    """

    ends: Mapping[str, Event] = {}
    touched: Mapping[str, Collection[str]] = {}
    urls: Mapping[str, str] = {}


def page(
    title: str, events: Sequence[Event], *, timezone: str, older: str = "", around: Around | None = None
) -> Message:
    """One page of history; `older` is the token of the page below."""
    if not events:
        return message(
            [header(title), paragraph([leaf("Nothing has been proposed from Slack yet.")]), footnote(ELSEWHERE)]
        )
    return message(
        [
            header(title),
            bullets(*_lines(events, around or Around(), timezone)),
            actions(button("Next", ids.HISTORY_NEXT, older, about="older entries")) if older else None,
            footnote("History is only ever added to. Newest first."),
        ]
    )


def nothing_pending(command: str) -> Message:
    """There is nothing to decide."""
    what = "What you want to write stands here until somebody presses Confirm or Cancel on its card."
    return message(
        [
            paragraph([leaf("You have no proposals waiting.")]),
            footnote(f"{what} What became of it: {command} history"),
        ]
    )


def _lines(events: Sequence[Event], around: Around, timezone: str) -> Iterator[Line]:
    """A line each; the latest about a proposal also says how it ended."""
    told: set[str] = set()
    for event in events:
        end = None if event.proposal_id in told else around.ends.get(event.proposal_id)
        told.add(event.proposal_id)
        yield [moment(event.at, timezone), leaf(": "), *_said(event, around), *_ended(event, end), *_source(event)]


def _ended(event: Event, end: Event | None) -> Line:
    if end is None or end.what is event.what:
        return []
    if end.what is What.CANCELLED:
        return [leaf("; cancelled by "), mention(end.actor)]
    became = _BECAME[end.what]
    return [leaf(f"; {became[0].lower()}{became[1:]}{_ending(end)}")]


def _said(event: Event, around: Around) -> Line:
    verb, doing = _WORDS[event.verb]
    thing = _thing(event, around)
    if event.what in _DID and event.actor:
        return [mention(event.actor), leaf(f" {_DID[event.what].format(verb=verb, doing=doing)} "), *thing]
    return [leaf(f"{_BECAME.get(event.what, str(event.what))}: {verb} "), *thing, leaf(_ending(event))]


def _thing(event: Event, around: Around) -> Line:
    """`Stage and Amount of the deal “Renewal” (id ...)`; its name leads to its page in Twenty."""
    name, url = one_line(event.record.name, 120), around.urls.get(event.record.id, "")
    what = f"{_fields(event, around)}the {event.record.kind} “"
    called = [web(url, name)] if url and name else [leaf(name)]
    return [leaf(what), *called, leaf(f"” (id {event.record.id})")]


def _fields(event: Event, around: Around) -> str:
    """Which fields a change is about, by the names that its card has for them."""
    keys = around.touched.get(event.proposal_id, ()) if event.verb is Verb.UPDATE else ()
    labels = [each.label for each in FIELDS[event.record.kind] if each.key in keys]
    *others, last = labels or [""]
    return f"{', '.join(others)} and {last} of " if others else f"{last} of " if last else ""


def _ending(event: Event) -> str:
    outcome = event.outcome
    if outcome is None:
        return ""
    said = [_WENT.get(outcome.where, ""), clip(outcome.sentence, 300)]
    return "".join(f"; {each}" for each in said if each)


def _source(event: Event) -> Line:
    return [leaf(" "), web(event.permalink, "from this message")] if event.permalink else []
