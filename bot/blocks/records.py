"""A record's card: what a person wants first, always about as tall, and what can be done with it from here."""

from collections.abc import Sequence
from datetime import datetime

from bot.blocks import ids, rows
from bot.blocks.primitives import (
    Block,
    Blocks,
    Line,
    Message,
    actions,
    bullets,
    button,
    divider,
    escape,
    footnote,
    header,
    leaf,
    message,
    option,
    overflow,
    paragraph,
    section,
    sentence,
    way_out,
)
from bot.blocks.values import as_leaves, in_words, label
from bot.language.clipping import clip
from bot.language.qualifiers import CLOSED
from bot.models import LINKABLE, Choice, Kind, Record, RecordCard, UserId, Value, Viewer, When

SHOWN = 3
"""Notes, tasks, people and deals on a card; the rest is counted."""
VALUE = 200
BODY = 600
TYPED = 400
"""Characters of what a button types: a name and an address; Slack takes 2,000 (slack.md section 3)."""

FIRST: dict[Kind, tuple[str, ...]] = {
    Kind.COMPANY: ("domain", "owner", "city", "employees", "revenue", "ideal", "linkedin"),
    Kind.PERSON: ("job_title", "company", "email", "phone", "city", "linkedin"),
    Kind.DEAL: ("stage", "amount", "close_date", "company", "contact", "owner"),
    Kind.NOTE: ("records", "text"),
    Kind.TASK: ("status", "due", "assignee", "records", "text"),
    Kind.MEMBER: ("email", "timezone"),
}
"""Each kind's fields in the order in which people ask for them."""

DONE = Choice("DONE")


def card(card: RecordCard, viewer: Viewer, now: datetime, *, shared_by: UserId | str | None = None) -> Message:
    """The record's card; in a channel it says who shared it, and who may take it back."""
    shown = content(card, viewer.timezone, now)
    return message([*_shared(shared_by), *shown, buttons(card, shared_by=shared_by or "")])


def several(
    cards: Sequence[RecordCard],
    viewer: Viewer,
    now: datetime,
    *,
    remarks: Sequence[str] = (),
    more: int = 0,
    unknown: Sequence[tuple[Kind, str]] = (),
) -> Blocks:
    """Cards one below the other, with their buttons, for a modal; `more` were found and are not shown.

    `remarks` are sentences about who and what has no card here; `unknown` are addresses that the CRM does not have.
    """
    offers = [section(f"{address} is not in the CRM.", to_make(kind, address)) for kind, address in unknown]
    if not cards:
        nothing = "Nobody and nothing in this message is known to the CRM."
        tip = "Its author, emails, web addresses, names and Twenty links were looked up."
        return [*(section(each) for each in remarks or (nothing,)), *offers, footnote(tip)]
    blocks: Blocks = []
    for card in cards:
        blocks += [*content(card, viewer.timezone, now), *([row] if (row := buttons(card)) else []), divider()]
    rest = [footnote(f"{more} more are not shown.")] if more > 0 else []
    return [*blocks[:-1], *(footnote(each) for each in remarks), *offers, *rest]


def to_make(kind: Kind, words: str) -> Block:
    """The button to the form for a new record, filled in from the words."""
    return button(f"New {kind}", ids.RECORD_NEW, clip(f"{kind} {words}", TYPED), about=words)


def unshared(kind: Kind, by: UserId | str) -> Message:
    """What stays in the channel when a shared card was made private again: not even its name."""
    return message([sentence(f"<@{escape(by)}> made a {kind}'s card private again.")])


def content(card: RecordCard, timezone: str, now: datetime) -> Blocks:
    """The card without its buttons, for messages and for modals."""
    record = card.record
    return [
        header(rows.name(record)),
        footnote(_what_it_is(record, timezone)),
        paragraph(*_fields(record, timezone, now)),
        *_attached("People", card.people, timezone, now),
        *_deals(card.deals, timezone, now),
        *_attached("Last notes", card.notes, timezone, now),
        *_attached("Open tasks", card.tasks, timezone, now),
        *(footnote(each) for each in card.missing[:5]),
    ]


def buttons(card: RecordCard, *, shared_by: UserId | str = "") -> Block | None:
    """What can be done with the record from its card; members are read only."""
    back = ids.shared_value(card.record.ref, shared_by)
    ref, value = card.record.ref, ids.reference(card.record.ref)
    link = way_out("Open in Twenty", ids.RECORD_OPEN_IN_CRM, card.url) if card.url else None
    if ref.kind is Kind.MEMBER:
        return actions(link)
    name = rows.name(card.record)
    return actions(
        *_adding(card.record, value, name),
        button("Edit", ids.RECORD_EDIT, value, about=name),
        link,
        button("Make private again", ids.RECORD_UNSHARE, back, about=name) if shared_by else None,
        more(card.record, is_shared=bool(shared_by)),
    )


def more(record: Record, *, is_shared: bool) -> Block:
    """The More menu: at most the five entries that Slack allows."""
    entries = [
        ("All notes", ids.MORE_NOTES, record.kind in LINKABLE),
        ("All tasks", ids.MORE_TASKS, record.kind in LINKABLE),
        ("Share to channel", ids.MORE_SHARE, not is_shared),
        ("History", ids.MORE_HISTORY, True),
        ("Delete", ids.MORE_DELETE, True),
    ]
    offered = [option(text, ids.more_value(what, record.ref)) for text, what, is_offered in entries if is_offered]
    return overflow(ids.RECORD_MORE, offered)


def is_open_task(record: Record) -> bool:
    """Whether a Done button makes sense."""
    return record.kind is Kind.TASK and record.values.get("status") != DONE


def _adding(record: Record, value: str, name: str) -> list[Block]:
    if record.kind is Kind.TASK:
        return [button("Done", ids.RECORD_DONE, value, about=name)] if is_open_task(record) else []
    if record.kind is Kind.NOTE:
        return []
    return [
        button("Add note", ids.RECORD_ADD_NOTE, value, about=name),
        button("Add task", ids.RECORD_ADD_TASK, value, about=name),
    ]


def _shared(by: UserId | str | None) -> Blocks:
    return [sentence(f"<@{escape(by)}> shared this from the CRM.")] if by else []


def _what_it_is(record: Record, timezone: str) -> str:
    what = [str(record.kind).capitalize()]
    if record.kind is Kind.MEMBER:  # a person's account: nobody cares which program made it
        return what[0]
    if record.created_by:
        what.append(f"by {clip(record.created_by, 80)}")
    if changed := record.updated_at or record.created_at:
        what.append(f"last changed {in_words(When(changed), timezone)}")
    return " · ".join(what)


def _fields(record: Record, timezone: str, now: datetime) -> list[Line]:
    known = FIRST[record.kind]
    keys = [*(key for key in known if key in record.values), *(k for k in record.values if k not in (*known, *TITLES))]
    late = rows.UNTIL.get(record.kind) if rows.is_overdue(record, timezone, now) else None
    return [_line(record.kind, key, record.values[key], timezone, late=key == late) for key in keys[:12]] or [
        [leaf("The CRM keeps nothing more about it.")]
    ]


TITLES = ("name", "title")
"""Fields that the card's header already says."""


def _line(kind: Kind, key: str, value: Value, timezone: str, *, late: bool) -> Line:
    at_most = BODY if key == "text" else VALUE
    told = as_leaves(value, timezone, at_most)
    return [leaf(f"{label(kind, key)}: ", bold=True), *told, *([leaf(f" ({rows.OVERDUE.lower()})")] if late else [])]


def _deals(deals: Sequence[Record], timezone: str, now: datetime) -> Blocks:
    """The open ones; of the closed ones only how many there are."""
    still_open = [each for each in deals if each.values.get("stage") not in CLOSED["stage"]]
    closed = len(deals) - len(still_open)
    if closed and not still_open:
        return [paragraph([leaf(f"Open deals: none; {closed} closed", bold=True)])]
    return _attached("Open deals", still_open, timezone, now, besides=f"{closed} closed" if closed else "")


def _attached(title: str, records: Sequence[Record], timezone: str, now: datetime, *, besides: str = "") -> Blocks:
    if not records:
        return []
    rest = len(records) - SHOWN
    also = [f"{rest} more"] if rest > 0 else []
    also += [besides] if besides else []
    more_of_them = [[leaf(f"and {', '.join(also)}", italic=True)]] if also else []
    lines = [_attached_line(record, timezone, now) for record in records[:SHOWN]]
    return [paragraph([leaf(f"{title} ({len(records)})", bold=True)]), bullets(*lines, *more_of_them)]


def _attached_line(record: Record, timezone: str, now: datetime) -> Line:
    telling = clip(rows.telling(record, timezone, first=rows.overdue(record, timezone, now)), 150)
    return [leaf(clip(rows.name(record), 100)), leaf(f" · {telling}" if telling else "")]
