"""Answers with several records: what a search found, a page of a list, and the question which one was meant."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from bot.answers import Workflow
from bot.blocks import ids, rows
from bot.blocks.primitives import (
    Block,
    Blocks,
    Message,
    actions,
    bullets,
    button,
    footnote,
    header,
    leaf,
    message,
    one_line,
    option,
    paragraph,
    section,
    select,
)
from bot.blocks.records import is_open_task, to_make
from bot.blocks.sums import Part, Sums
from bot.blocks.values import day_of
from bot.language.clipping import clip
from bot.language.dates import zone_of
from bot.language.money import format_money
from bot.models import Choice, Found, Kind, Listing, Money, Record, Viewer, When

ROWS = 30
"""Rows in one message, so that with headings and buttons it stays far below Slack's fifty blocks."""
CHOICES = 10
ECHO = 200
"""Characters of the asker's own words in an answer that found nothing."""
PROPOSED = "Done is proposed, see its card"
PARTS = 10
"""Stages or owners whose sums are shown; the rest is counted."""


_WIDER = "Fewer words or other qualifiers may find more."


def found(
    found: Found, viewer: Viewer, now: datetime, *, command: str, nearest: str = "", anew: Kind | None = None
) -> Message:
    """What the words found, best first within each kind; when nothing, the next step.

    `nearest` is what to type behind `command` for something alike, `anew` the kind of record that the words can be the
    first of.
    """
    if not any(found.records.values()):
        way = to_make(anew, found.words) if anew else None
        return nothing(
            f"Nothing found for “{clip(found.words, ECHO)}”.", found.remark or _next_step(command, nearest), way
        )
    kinds = [kind for kind in (Kind.COMPANY, Kind.PERSON, Kind.DEAL) if found.records.get(kind)]
    kinds += [kind for kind in found.records if kind not in kinds and found.records[kind]]
    groups = [block for kind in kinds for block in _group(kind, found, viewer.timezone, now)]
    return message([header(f"Found for “{found.words}”"), *groups, *_remark(found.remark)])


def listing(listing: Listing, viewer: Viewer, now: datetime, *, totals: Sums | None = None) -> Message:
    """One page of a list. `totals` are those of the whole list, when known."""
    if not (listing.records or listing.previous):
        return nothing(f"{clip(listing.title, ECHO)}: none.", listing.remark or _WIDER)
    grouped = _by_due(listing.records, viewer.timezone, now) if listing.kind is Kind.TASK else [("", listing.records)]
    return message(
        [
            header(listing.title),
            footnote(_counted(listing)),
            *(_totals(totals) if totals else []),
            *(block for title, records in grouped for block in _rows(title, records, viewer.timezone, now, listing)),
            *_remark(listing.remark),
            _ways_on(listing, viewer.timezone),
        ]
    )


def attached(about: str, kind: Kind, records: Sequence[Record], viewer: Viewer, now: datetime) -> Message:
    """All notes or tasks of one record, the latest first; tasks by when they are due."""
    name = one_line(about, 100)
    title = f"{kind.plural.capitalize()} of {name}" if name else f"{kind.plural.capitalize()} of this record"
    shown = Listing(title=title, kind=kind, records=tuple(records[:ROWS]), total=len(records))
    if not records:
        return nothing(f"{title}: none.", f"Add {kind} on its card makes the first.")
    rest = len(records) - ROWS
    return listing(replace(shown, remark=f"{rest} more are not shown." if rest > 0 else ""), viewer, now)


def which_one(question: str, records: Sequence[Record], viewer: Viewer, *, action_id: str, verb: str) -> Message:
    """Several records were meant: one button each, never a guess. `action_id` says what the answer leads to."""
    rest = len(records) - CHOICES
    return message(
        [
            section(question),
            *(_choice(record, viewer.timezone, action_id, verb) for record in records[:CHOICES]),
            footnote(f"{rest} more are not shown; name it more exactly.") if rest > 0 else None,
        ]
    )


def workflows(found: Sequence[Workflow]) -> Message:
    """The CRM's workflows by name and status; they are started in Twenty itself."""
    if not found:
        return nothing("No workflows found.", "Fewer letters find more; workflows are made in Twenty itself.")
    rest = len(found) - ROWS
    lines = [[leaf(clip(each.name, 200) or "(no name)", bold=True), leaf(_statuses(each))] for each in found[:ROWS]]
    more = footnote(f"{rest} more are not shown.") if rest > 0 else None
    return message([header(f"Workflows ({len(found)})"), bullets(*lines), more])


def nothing(sentence: str, next_step: str, way: Block | None = None) -> Message:
    """An empty answer, never without the next step; `way` is the button to it."""
    return message([section(sentence), actions(way), footnote(next_step)])


def record_row(record: Record, timezone: str, *, first: Sequence[str] = (), page: str = "") -> Block:
    """One record with the button that fits it: Done for an open task, which names the `page` it is on, else Show."""
    name = rows.name(record)
    text = rows.below(name, rows.telling(record, timezone, first=first))
    if is_open_task(record):
        return section(text, button("Done", ids.RECORD_DONE, ids.done_value(record.ref, page), about=name))
    return section(text, button("Show", ids.RECORD_SHOW, ids.reference(record.ref), about=name))


def ways_to_show(records: Sequence[Record], timezone: str) -> Block | None:
    """A menu of the records whose row has no Show, since Done stands in its place; None when all rows have it."""
    tasks = [record for record in records if is_open_task(record)]
    options = [option(rows.name(each), ids.reference(each.ref), rows.telling(each, timezone)) for each in tasks]
    return select("Show a task", ids.RECORD_SHOW, options)


def _statuses(workflow: Workflow) -> str:
    return f": {', '.join(str(Choice(clip(each, 60))) for each in workflow.statuses[:5]) or 'no status'}"


def _next_step(command: str, nearest: str) -> str:
    hint = f"Did you mean “{clip(f'{command} {nearest}', ECHO)}”? " if nearest else ""
    searched = "Fewer letters find more; names, emails, domains and phone numbers are searched."
    return f"{hint}{searched} All commands: {command} help"


def _group(kind: Kind, found: Found, timezone: str, now: datetime) -> Blocks:
    records = found.records[kind][: ROWS // 3]
    total = found.totals.get(kind, len(records))
    shown = f"{len(records)} of {total}" if total > len(records) else str(len(records))
    return _rows(f"{kind.plural.capitalize()} ({shown})", records, timezone, now)


def _rows(
    title: str, records: Sequence[Record], timezone: str, now: datetime, listing: Listing | None = None
) -> Blocks:
    """The records below their heading; where that says that they are overdue, the rows do not."""
    heading = [paragraph([leaf(title, bold=True)])] if title else []
    waiting, page = (listing.waiting, listing.token) if listing else ((), "")

    def first(record: Record) -> list[str]:
        late = [] if title == rows.OVERDUE else rows.overdue(record, timezone, now)
        return [PROPOSED, *late] if record.id in waiting else late

    return [*heading, *(record_row(each, timezone, first=first(each), page=page) for each in records[:ROWS])]


def _choice(record: Record, timezone: str, action_id: str, verb: str) -> Block:
    text = f"{str(record.kind).capitalize()}: {rows.row(record, timezone)}\nId {record.id}"
    return section(text, button(verb, action_id, ids.reference(record.ref), about=rows.name(record)))


def _by_due(records: Sequence[Record], timezone: str, now: datetime) -> list[tuple[str, Sequence[Record]]]:
    groups: dict[str, list[Record]] = {rows.OVERDUE: [], "Today": [], "Later": [], "Without a date": [], "Done": []}
    for record in records:
        groups[_due_group(record, timezone, now)].append(record)
    return [(title, members) for title, members in groups.items() if members]


def _due_group(record: Record, timezone: str, now: datetime) -> str:
    due = record.values.get("due")
    if not is_open_task(record):
        return "Done"
    if not isinstance(due, When):
        return "Without a date"
    if rows.is_overdue(record, timezone, now):
        return rows.OVERDUE
    return "Today" if day_of(due, timezone).date() == now.astimezone(zone_of(timezone)).date() else "Later"


def _counted(listing: Listing) -> str:
    total = f"{listing.total:,} in all" if listing.total is not None else f"{len(listing.records)} shown"
    pages = listing.next or listing.previous
    if not listing.records:
        return f"Nothing is left on page {listing.page}"
    return f"{total}, page {listing.page}" if pages else total


def _totals(totals: Sums) -> Blocks:
    """Sums per currency: of the whole list, and of its stages and owners when there are several."""
    together = [section(f"Together: {_amounts(totals.amounts)}")] if totals.amounts else []
    lines = [(title, parts) for title, parts in (("By stage", totals.stages), ("By owner", totals.owners)) if parts]
    return [*together, *(paragraph([leaf(f"{title}: ", bold=True), leaf(_divided(parts))]) for title, parts in lines)]


def _divided(parts: Sequence[Part]) -> str:
    rest = len(parts) - PARTS
    shown = [f"{clip(each.name, 60)} ({each.count}) {_amounts(each.amounts)}".rstrip() for each in parts[:PARTS]]
    return " · ".join([*shown, *([f"{rest} more"] if rest > 0 else [])])


def _amounts(amounts: Sequence[Money]) -> str:
    return ", ".join(format_money(each) for each in amounts[:10])


def _remark(remark: str) -> Blocks:
    return [footnote(remark)] if remark else []


def _ways_on(listing: Listing, timezone: str) -> Block | None:
    return actions(
        ways_to_show(listing.records[:ROWS], timezone),
        button("Previous", ids.LIST_PREVIOUS, listing.previous) if listing.previous else None,
        button("Next", ids.LIST_NEXT, listing.next) if listing.next else None,
    )
