"""One line about a record: the few values by which a person knows it from its neighbours."""

from collections.abc import Sequence
from datetime import datetime

from bot.blocks.primitives import called, one_line
from bot.blocks.values import day_in_words, day_of, label, shortly
from bot.language.dates import zone_of
from bot.language.markdown import unmarked
from bot.language.qualifiers import CLOSED, STATE
from bot.models import Kind, Record, Ref, Value, When

LINE = 300
VALUE = 120
OVERDUE = "Overdue"
READ = 600
"""Characters of a long text that are looked at for its beginning."""

_TELLING: dict[Kind, tuple[str, ...]] = {
    Kind.COMPANY: ("domain", "city", "owner"),
    Kind.PERSON: ("job_title", "company", "email", "phone"),
    Kind.DEAL: ("stage", "amount", "close_date", "company", "owner"),
    Kind.NOTE: ("text", "records"),
    Kind.TASK: ("status", "due", "records", "assignee"),
    Kind.MEMBER: ("email", "timezone"),
}
_NAMED_BY_LABEL = ("owner", "close_date", "due", "assignee")
"""Values that nobody would recognise without their field's name."""
_HANGS = {(Kind.NOTE, "records"): "About ", (Kind.TASK, "records"): "For "}
UNTIL = {Kind.DEAL: "close_date", Kind.TASK: "due"}
"""The date by which an open one should be over."""
_CALLED = {
    kind: [(key, _HANGS.get((kind, key), f"{label(kind, key)} " if key in _NAMED_BY_LABEL else "")) for key in keys]
    for kind, keys in _TELLING.items()
}
"""The keys of what is telling, each with what stands before its value."""


def name(record: Record) -> str:
    """The record's name on one line; "(no name)" when it has none."""
    return called(record.name)


def telling(record: Record, timezone: str, *, first: Sequence[str] = ()) -> str:
    """What tells the record from others: `Proposal · EUR 12,500 · Owner Ana`; "" when the CRM knows nothing more.

    `first` are words on how it stands, such as that it is overdue.
    """
    held, told = record.values, [*first, *_written(record, timezone)]
    for key, before in _CALLED[record.kind]:
        value = held.get(key)
        if key == "text" and isinstance(value, str):
            value = unmarked(value[:READ])
        if value is not None and (text := _briefly(value, timezone)):
            told.append(before + text)
    return one_line(" · ".join(told), LINE)


def overdue(record: Record, timezone: str, now: datetime) -> list[str]:
    """The word for it, when the record is."""
    return [OVERDUE] if is_overdue(record, timezone, now) else []


def is_overdue(record: Record, timezone: str, now: datetime) -> bool:
    """Whether an open deal's close date or an open task's due date has passed on the reader's clock and calendar."""
    if record.kind not in UNTIL:
        return False
    due, state = record.values.get(UNTIL[record.kind]), STATE[record.kind]
    if not isinstance(due, When) or record.values.get(state) in CLOSED[state]:
        return False
    if not due.all_day:
        return due.at < now
    return day_of(due, timezone).date() < now.astimezone(zone_of(timezone)).date()


def row(record: Record, timezone: str, *, first: Sequence[str] = ()) -> str:
    """The name, and below it what is telling."""
    return below(name(record), telling(record, timezone, first=first))


def below(name: str, told: str) -> str:
    """What is told of a record below its name."""
    return f"{name}\n{told}" if told else name


def _written(record: Record, timezone: str) -> list[str]:
    """When a note was written: many share a title."""
    if record.kind is not Kind.NOTE or record.created_at is None:
        return []
    return [day_in_words(record.created_at, timezone)]


def _briefly(value: Value, timezone: str) -> str:
    """The value, or its beginning; of a record its name or nothing, since an id tells a person nothing."""
    text = value.name if isinstance(value, Ref) else shortly(value, timezone)
    if len(text) > VALUE:
        return one_line(text, VALUE)
    return "" if text.isspace() else text
