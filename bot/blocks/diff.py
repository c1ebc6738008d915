"""A change, shown exactly: every field, what it is attached to, and what goes with it."""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from bot.blocks.primitives import (
    Blocks,
    Leaf,
    Line,
    bullets,
    called,
    chunks,
    footnote,
    leaf,
    paragraph,
    quote,
)
from bot.blocks.values import as_leaves, in_words, label, link, named, phone
from bot.changes import Change, FieldChange, LinkChange, Moved, Verb
from bot.language.clipping import clip
from bot.models import Links, Phones, Ref, Refs, Value

LONG = 200
"""Texts longer than this, or of several lines, are set off as a quote."""
WHOLE = 9_000
"""Characters of long texts on one card, within what Slack takes in one message."""
NAMED = 20
"""Records that are named one by one; the rest is counted."""

NO_TIES = "This CRM takes no ties to records, so the text itself will name them."


def change_blocks(change: Change, timezone: str) -> Blocks:
    """Everything that the change does, whole."""
    return [
        *_field_blocks(change, timezone),
        *_record_list("Attached to", (link.to for link in change.links)),
        *([footnote(NO_TIES)] if change.text_names_records else []),
        *_record_list("No longer attached to", (link.to for link in change.unlinks)),
        *_record_list("Hangs on it, and stays without it", change.hangs),
    ]


def summary_blocks(change: Change, timezone: str, *, missed: Collection[str] = ()) -> Blocks:
    """The change once it is decided: the same lines, long texts shortened, without the links that were `missed`."""
    lines = [_line(change, each, timezone, shortened=True) for each in _told(change)]
    lines += _ties("Attached to", change.links, missed)
    if change.verb is Verb.UPDATE:
        lines += _ties("No longer attached to", change.unlinks, missed)
    return [paragraph(*lines)] if lines else []


def _ties(title: str, links: Sequence[LinkChange], missed: Collection[str]) -> list[Line]:
    names = ", ".join(named(each.to) for each in [each for each in links if each.id not in missed][:NAMED])
    return [[leaf(f"{title}: ", bold=True), leaf(clip(names, 500))]] if names else []


def moved_blocks(change: Change, moved: Sequence[Moved], timezone: str) -> Blocks:
    """What somebody else changed meanwhile: what the card showed, what is there now, what was proposed."""
    return [
        paragraph([leaf("The record was changed meanwhile, so nothing was written. Look again:", bold=True)]),
        bullets(*(_moved_line(change, each, timezone) for each in moved[:NAMED])),
    ]


def _moved_line(change: Change, each: Moved, timezone: str) -> Line:
    base, now, wanted = (clip(in_words(value, timezone), 300) for value in (each.base, each.now, each.proposed))
    proposed = "" if change.verb is Verb.DELETE else f", proposed {wanted}"
    return [leaf(f"{label(change.kind, each.key)}: ", bold=True), leaf(f"was {base}, is now {now}{proposed}")]


def _told(change: Change) -> list[FieldChange]:
    """The fields to show: ties have a list of their own, and an empty field of a create says nothing."""
    has_ties = bool(change.links or change.unlinks)
    fields = [each for each in change.fields if not (has_ties and each.key == "records")]
    return fields if change.verb is Verb.UPDATE else [each for each in fields if _only(change, each) not in (None, "")]


def _only(change: Change, each: FieldChange) -> Value:
    return each.old if change.verb is Verb.DELETE else each.new


def _field_blocks(change: Change, timezone: str) -> Blocks:
    told = _told(change)
    long = [each for each in told if _is_long(each, timezone)]
    lines = [_line(change, each, timezone) for each in told if each not in long]
    budget = WHOLE // max(1, sum(2 if change.verb is Verb.UPDATE else 1 for _ in long))
    whole = (block for each in long for block in _long_blocks(change, each, timezone, budget))
    return [*([paragraph(*lines)] if lines else []), *whole]


def _is_long(each: FieldChange, timezone: str) -> bool:
    texts = [in_words(value, timezone) for value in (each.old, each.new) if value is not None]
    return any(len(text) > LONG or "\n" in text for text in texts)


def _line(change: Change, each: FieldChange, timezone: str, *, shortened: bool = False) -> Line:
    head = leaf(f"{label(change.kind, each.key)}: ", bold=True)
    at_most = LONG if shortened else 0
    if change.verb is not Verb.UPDATE:
        return [head, *as_leaves(_only(change, each), timezone, at_most)]
    return [head, *_before_and_after(each, timezone, at_most)]


def _before_and_after(each: FieldChange, timezone: str, at_most: int) -> list[Leaf]:
    old, new = as_leaves(each.old, timezone, at_most), as_leaves(each.new, timezone, at_most)
    if old == new:
        # Readers' words hide the difference (two companies of one name, a phone's country): show what is written.
        old, new = [leaf(clip(exact(each.old), LONG * 2))], [leaf(clip(exact(each.new), LONG * 2))]
    return [*old, leaf(" → "), *new]


def _long_blocks(change: Change, each: FieldChange, timezone: str, budget: int) -> Blocks:
    name = label(change.kind, each.key)
    if change.verb is not Verb.UPDATE:
        return _whole(f"{name}:", in_words(_only(change, each), timezone), budget)
    old, new = in_words(each.old, timezone), in_words(each.new, timezone)
    return [*_whole(f"{name}, old:", old, budget), *_whole(f"{name} → new:", new, budget)]


def _whole(title: str, text: str, budget: int) -> Blocks:
    rest = len(text) - budget
    tail = f"{rest:,} more characters follow; they will be written too." if rest > 0 else ""
    return [
        paragraph([leaf(title, bold=True)]),
        *(quote(chunk) for chunk in chunks(text[:budget])),
        *([footnote(tail)] if tail else []),
    ]


def _record_list(title: str, refs: Iterable[Ref]) -> Blocks:
    refs = list(refs)
    if not refs:
        return []
    rest = len(refs) - NAMED
    more: list[Line] = [[leaf(f"and {rest} more")]] if rest > 0 else []
    heading = paragraph([leaf(f"{title}:", bold=True)])
    return [heading, bullets(*(record_line(ref) for ref in refs[:NAMED]), *more)]


def record_line(ref: Ref) -> Line:
    """A record by kind, name and id."""
    return [
        leaf(f"{str(ref.kind).capitalize()} "),
        leaf(called(ref.name), bold=True),
        leaf(f" ({ref.id})"),
    ]


def exact(value: Value) -> str:
    """A value with everything that readers' words leave out."""
    match value:
        case Ref():
            return f"{named(value)} ({value.id})"
        case Refs(to=to):
            return ", ".join(f"{named(ref)} ({ref.id})" for ref in to)
        case Links():
            return ", ".join(
                f"{link(each)} ({each.label or 'no label'}, {each.url})" for each in (value.primary, *value.secondary)
            )
        case Phones():
            return ", ".join(f"{phone(each)} {each.country}".strip() for each in (value.primary, *value.additional))
    return msgspec.json.encode(value).decode()
