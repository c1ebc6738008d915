"""What a field holds, as people write it: money, dates in the reader's timezone, names, numbers, phones."""

from collections.abc import Callable, Iterable
from datetime import datetime, time
from typing import Any

from bot.blocks.primitives import Leaf, leaf
from bot.fields import FIELDS
from bot.language.clipping import clip
from bot.language.dates import on_clock
from bot.language.money import format_money
from bot.models import (
    Choice,
    Emails,
    FullName,
    Kind,
    Link,
    Links,
    Money,
    Phone,
    Phones,
    Ref,
    Refs,
    Someone,
    Value,
    When,
)

NOTHING = "none"
DATE_FORMAT = "{date_short_pretty} at {time}"
LATEST = 100_000_000_000
"""The last second that Slack takes in a date: in the year 5138."""

_LABELS = {(kind, each.key): each.label for kind, fields in FIELDS.items() for each in fields}
_NOON = time(12)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def label(kind: Kind, key: str) -> str:
    """The field's plain name."""
    return _LABELS.get((kind, key), key.replace("_", " ").capitalize())


def in_words(value: Value, timezone: str) -> str:
    """The value for a reader, whole; "none" when empty."""
    return shortly(value, timezone) or NOTHING


def shortly(value: Value, timezone: str) -> str:
    """The value for a reader; "" when empty."""
    return "" if value is None else _WORDS[type(value)](value, timezone)


def as_leaves(value: Value, timezone: str, at_most: int = 0) -> list[Leaf]:
    """The value as rich text: a moment shows in each reader's own timezone; shortened when `at_most` is given."""
    if isinstance(value, When) and not value.all_day:
        return [moment(value.at, timezone)]
    text = in_words(value, timezone)
    return [leaf(clip(text, at_most) if at_most else text)]


def moment(at: datetime, timezone: str) -> Leaf:
    """A point in time that Slack shows in each reader's timezone; the fallback is in this reader's.

    What is too long ago or ahead for Slack, as a CRM may hold for "always" or "never", is text.
    """
    seconds, words = int(at.timestamp()), in_words(When(at), timezone)
    if not 0 <= seconds <= LATEST:
        return leaf(words)
    return {"type": "date", "timestamp": seconds, "format": DATE_FORMAT, "fallback": words}


def day_of(when: When, timezone: str) -> datetime:
    """The moment on the reader's clock; a date is the same day for every reader."""
    return when.at if _is_date(when) else on_clock(when.at, timezone)


def day_in_words(at: datetime, timezone: str) -> str:
    """The reader's day of a moment, such as when a note was written."""
    return _day(on_clock(at, timezone))


def _is_date(when: When) -> bool:
    """Whether this is a date rather than an instant: what its own clock says is then the day, whoever reads it.

    What people wrote carries the offset they wrote it in. The CRM has only instants (twenty.md section 4.2): one in a
    date's field is a date when it is the noon UTC that the bot keeps dates at, else somebody's own choice of a moment.
    Midnight of the writer's day is noon UTC, too, in UTC+12; so the offset is asked first.
    """
    return when.all_day and (bool(when.at.utcoffset()) or when.at.time() == _NOON)


def phone(value: Phone) -> str:
    """`+1 5550100`; a number that brings its own calling code stays as it is."""
    if not value.number or value.number.startswith("+"):
        return value.number
    return f"{value.calling} {value.number}".strip()


def link(value: Link) -> str:
    """An address as people write it."""
    return value.url.removeprefix("https://").removeprefix("http://").rstrip("/") or value.label


def named(ref: Ref) -> str:
    """A record by its name; by its kind and id when nobody read the name."""
    return ref.name or (f"{ref.kind} {ref.id}" if ref.id else "")


def _fraction(value: float) -> str:
    return f"{value:,.0f}" if value.is_integer() else f"{value:,}"


def _someone(value: Someone) -> str:
    return "me" if value.me else value.words or value.user_id


def _joined(parts: Iterable[str]) -> str:
    return ", ".join([part for part in parts if part])


def _date(when: When, timezone: str) -> str:
    at = day_of(when, timezone)
    return _day(at) if when.all_day else f"{_day(at)}, {at:%H:%M}"


def _day(at: datetime) -> str:
    return f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at.year}"


_WORDS: dict[type, Callable[[Any, str], str]] = {
    bool: lambda value, _: "Yes" if value else "No",
    int: lambda value, _: f"{value:,}",
    float: lambda value, _: _fraction(value),
    str: lambda value, _: str(value),
    When: _date,
    Money: lambda value, _: format_money(value),
    FullName: lambda value, _: str(value),
    Choice: lambda value, _: str(value),
    Ref: lambda value, _: named(value),
    Someone: lambda value, _: _someone(value),
    Refs: lambda value, _: _joined(map(named, value.to)),
    Emails: lambda value, _: _joined((value.primary, *value.additional)),
    Phones: lambda value, _: _joined(map(phone, (value.primary, *value.additional))),
    Links: lambda value, _: _joined(map(link, (value.primary, *value.secondary))),
}
"""By the value's own type: a chain of `isinstance` for each of forty values costs as much as the rest of ten rows."""
