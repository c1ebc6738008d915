"""One line about a record: the few values by which a person knows it from its neighbours."""

from bot.blocks.primitives import clip
from bot.blocks.values import in_words, label, shortly
from bot.models import Kind, Record, Ref, Value, When

LINE = 300

_TELLING: dict[Kind, tuple[str, ...]] = {
    Kind.COMPANY: ("domain", "city", "owner"),
    Kind.PERSON: ("job_title", "company", "email", "phone"),
    Kind.DEAL: ("stage", "amount", "close_date", "company", "owner"),
    Kind.NOTE: ("text", "records"),
    Kind.TASK: ("status", "due", "assignee", "records"),
    Kind.MEMBER: ("email", "timezone"),
}
_NAMED_BY_LABEL = ("owner", "close_date", "due", "assignee", "records")
"""Values that nobody would recognise without their field's name."""


def name(record: Record) -> str:
    """The record's name on one line; "(no name)" when it has none."""
    return clip(" ".join(record.name.split()), 200) or "(no name)"


def telling(record: Record, timezone: str, *, without: str = "") -> str:
    """What tells the record from others: `Proposal · EUR 12,500 · Owner Ana`; "" when the CRM knows nothing more."""
    held = record.values
    parts = [
        _part(record.kind, key, value, timezone)
        for key in _TELLING[record.kind]
        if (value := held.get(key)) is not None and key != without
    ]
    return clip(" · ".join([part for part in (_written(record, timezone), *parts) if part]), LINE)


def row(record: Record, timezone: str) -> str:
    """The name, and below it what is telling."""
    told = telling(record, timezone)
    return f"{name(record)}\n{told}" if told else name(record)


def _written(record: Record, timezone: str) -> str:
    """When a note was written: many share a title."""
    if record.kind is not Kind.NOTE or record.created_at is None:
        return ""
    return in_words(When(record.created_at, all_day=True), timezone)


def _part(kind: Kind, key: str, value: Value, timezone: str) -> str:
    if isinstance(value, Ref) and not value.name:
        return ""  # an id alone tells a person nothing
    text = clip(" ".join(shortly(value, timezone).split()), 120)
    if not text:
        return ""
    return f"{label(kind, key)} {text}" if key in _NAMED_BY_LABEL else text
