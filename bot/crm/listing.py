"""One page of a list, right although the server finds too much or forgets empty values (twenty.md section 3).

A list whose filter is exact is paged by the server's cursors; an order by a field that may be empty is two segments,
the records with a value and then those without. Any other list is read in bounded part, checked, sorted and cut here.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from bot.answers import Page
from bot.crm import columns, filters, shapes
from bot.crm.conditions import Found, Named, build, excluded, label, no_such_choice, texts_to_find, too_many, words
from bot.crm.dialect import SELECTS, Knowledge
from bot.crm.filters import Filter
from bot.crm.ranking import holds_words
from bot.crm.reading import MOST_A_PAGE, Reading, Rows, lacking, together
from bot.crm.stretches import before, cut
from bot.errors import InvalidChoice, Misunderstood, Refused, UnknownField
from bot.fields import Holds
from bot.models import Choice, FullName, Kind, Money, Record, Value, When
from bot.queries import Position, Query, Sort

WALKED = 3
"""How many full pages are read of a list that only we can filter."""
SUMMED = (Kind.DEAL,)
"""The kinds whose lists are read as far as one request goes, since their totals are wanted."""
NAMED = (Kind.COMPANY, Kind.MEMBER)
"""The refs of a list that get their names: two requests at most, and none for members seen in the last minute."""

Answer = TypeVar("Answer")

_DEFAULT_SORT = {
    Kind.COMPANY: Sort("name"),
    Kind.PERSON: Sort("name"),
    Kind.MEMBER: Sort("name"),
    Kind.DEAL: Sort("created", descending=True),
    Kind.NOTE: Sort("created", descending=True),
    Kind.TASK: Sort("due"),
}
_UNSORTABLE = (Holds.COMPANY, Holds.PERSON, Holds.MEMBER, Holds.RECORDS, Holds.MARKDOWN)


class _Order(Struct, frozen=True):
    """How a list is ordered: the request's text, and the path whose emptiness splits it in segments ("" for none)."""

    asked: str
    nullable: str = ""


async def page(reading: Reading, query: Query, position: Position, *, size: int) -> Page:
    """One page at the position. Refused, in words that name what is valid, where the CRM lacks a field or option."""
    found = await _looked_up(reading, query)

    assumed: set[str] = set()

    async def read() -> Page:
        nonlocal assumed
        assumed = _assumed_absent(reading.knowledge, query)
        wanted = build(query, reading.knowledge, found)
        if wanted is not None and not wanted.exact:
            return await _walked(reading, query, wanted, position, size=size)
        if query.kind in SUMMED:
            return await cut(lambda at: _paged(reading, query, wanted, at, size=MOST_A_PAGE), position, size=size)
        return await _paged(reading, query, wanted, position, size=size)

    answer = await _unless_too_many(query, found, relearning(reading.knowledge, query, read))
    if assumed - _assumed_absent(reading.knowledge, query):
        # An option assumed to be absent is in use after all; now it is known, and excluded by the server too.
        answer = await read()
    return replace(
        answer,
        records=await reading.named(answer.records, NAMED),
        whole=await reading.named(answer.whole, (Kind.MEMBER,)) if answer.whole else answer.whole,
    )


async def _unless_too_many(query: Query, found: Found, asked: Awaitable[Page]) -> Page:
    """The answer; a server that joins nothing cannot tell apart what too many records are called."""
    try:
        return await asked
    except Refused as error:
        crowded = [key for key, named in found.items() if not named.complete]
        if crowded and "relation" in str(error):
            raise too_many(query.kind, *crowded[0]) from error
        raise


async def relearning(knowledge: Knowledge, query: Query, read: Callable[[], Awaitable[Answer]]) -> Answer:
    """Read; and again, better informed, when the CRM says that it lacks a field or an option we spoke of."""
    for _ in range(5):
        try:
            return await read()
        except UnknownField as error:
            if not _teaches(knowledge, query, error):
                raise
        except InvalidChoice as error:
            key = next(iter(SELECTS.get(query.kind, ())), "")
            if not error.value or error.valid or error.value in knowledge.forbidden(query.kind, key):
                raise
            knowledge.forbids(query.kind, key, error.value)
            if error.value in query.where:
                raise no_such_choice(query.kind, key, error.value, knowledge, raw=True) from None
    return await read()


def _teaches(knowledge: Knowledge, query: Query, error: UnknownField) -> bool:
    """Whether we knew the field by a name that the CRM lacks: the next try has another name, or refuses by itself."""
    name = error.field.partition(".")[0]
    for each in columns.COLUMNS[query.kind]:
        if name in each.names and knowledge.name(query.kind, each.key) == name:
            knowledge.lacks(columns.plural(query.kind), name)
            return name not in query.where + query.order
    return False


async def _looked_up(reading: Reading, query: Query) -> Found:
    """The ids behind the relations that the query names by words: the literal text in the related record's name."""
    asked = list(texts_to_find(query))
    ids = await together(_ids(reading, kind, text) for _, kind, text in asked)
    return {(key, text): each for (key, _, text), each in zip(asked, ids, strict=True)}


async def _ids(reading: Reading, kind: Kind, text: str) -> Named:
    if kind is Kind.MEMBER:
        return Named(tuple(each.id for each in await reading.members() if holds_words(each, text)))
    found = await reading.records(kind, words(kind, text, reading.knowledge), limit=100)
    whole = [each.id for each in found.records if text.casefold() in each.name.casefold()]
    return Named(tuple(whole or (each.id for each in found.records)), complete=found.complete)


async def _paged(reading: Reading, query: Query, wanted: Filter | None, position: Position, *, size: int) -> Page:
    order = _order(query, reading.knowledge)
    if position.segment:
        return await _without_value(reading, query, wanted, order, position, size=size)
    if position.number == 1 or not order.nullable:
        rows = await _rows(reading, query, wanted, order.asked, position.cursor, size)
        return await _first(reading, query, wanted, order, position, rows, size=size)
    with_value = _and(wanted, filters.present(order.nullable))
    rows = await _rows(reading, query, with_value, order.asked, position.cursor, size)
    others = position.total is None or rows.total is None or rows.total < position.total
    onward = (0, rows.end) if rows.more else (1, "") if others else None
    return _page(reading, query, rows, position, onward, total=position.total)


async def _first(
    reading: Reading, query: Query, wanted: Filter | None, order: _Order, position: Position, rows: Rows, *, size: int
) -> Page:
    """The first page holds everything, or ends where the records without a value begin."""
    if not order.nullable or not rows.more:
        return _page(reading, query, rows, position, (0, rows.end) if rows.more else None, total=rows.total)
    path = order.nullable.split(".")
    filled = tuple(raw for raw in rows.raws if filters.dig(raw, path) is not None)
    if len(filled) == len(rows.raws):
        return _page(reading, query, rows, position, (0, rows.end), total=rows.total)
    if filled:
        return _page(reading, query, replace(rows, raws=filled), position, (1, ""), total=rows.total)
    return await _without_value(reading, query, wanted, order, replace(position, total=rows.total), size=size)


async def _without_value(
    reading: Reading, query: Query, wanted: Filter | None, order: _Order, position: Position, *, size: int
) -> Page:
    """The second segment: no value to order by, so in id order, whose cursors are sound."""
    empty = _and(wanted, filters.absent(order.nullable))
    rows = await _rows(reading, query, empty, "", position.cursor, size)
    return _page(reading, query, rows, position, (1, rows.end) if rows.more else None, total=position.total)


async def _rows(reading: Reading, query: Query, wanted: Filter | None, order: str, after: str, size: int) -> Rows:
    return await reading.rows(columns.plural(query.kind), wanted, limit=size, order=order, after=after)


def _page(
    reading: Reading,
    query: Query,
    rows: Rows,
    position: Position,
    onward: tuple[int, str] | None,
    *,
    total: int | None,
) -> Page:
    remark = ""
    if query.order and onward:
        remark = "Ordered as written: records without a value in that field may be missing on later pages."
    return Page(
        records=tuple(reading.record(query.kind, raw) for raw in rows.raws),
        total=total,
        next=_after(position, *onward, total=total) if onward else None,
        previous=before(position),
        remark=remark,
    )


async def _walked(reading: Reading, query: Query, wanted: Filter, position: Position, *, size: int) -> Page:
    """A list that only we can filter: bounded pages in id order, then sorted and cut here; the cursor is an offset."""
    matched: list[Record] = []
    rows = await _rows(reading, query, wanted, query.order, "", MOST_A_PAGE)
    looked = rows.came
    for _ in range(WALKED - 1):
        matched += [reading.record(query.kind, raw) for raw in rows.raws]
        if not rows.more:
            break
        rows = await _rows(reading, query, wanted, query.order, rows.end, MOST_A_PAGE)
        looked += rows.came
    else:
        matched += [reading.record(query.kind, raw) for raw in rows.raws]
    if not query.order:
        matched = _sorted(matched, query.sort or _DEFAULT_SORT[query.kind])
    start = int(position.cursor or 0)
    more = start + size < len(matched)
    total = None if rows.more else len(matched)
    return Page(
        whole=tuple(matched) if query.kind in SUMMED and not rows.more else None,
        records=tuple(matched[start : start + size]),
        total=total,
        next=_after(position, 0, str(start + size), total=total) if more else None,
        previous=before(position),
        remark=f"Only the first {looked} records could be looked at; add a word to narrow it down."
        if rows.more
        else "",
    )


def _order(query: Query, knowledge: Knowledge) -> _Order:
    if query.order.strip():
        return _Order(query.order.strip())
    sort = query.sort or _DEFAULT_SORT[query.kind]
    path = _sort_path(query.kind, sort, knowledge)
    if path is None:
        if query.sort is None:
            return _Order("")
        raise lacking(query.kind, label(query.kind, sort.key), sort.key)
    direction = "DescNullsLast" if sort.descending else "AscNullsLast"
    return _Order(f"{path}[{direction}]", "" if sort.key in ("created", "updated") else path)


def _sort_path(kind: Kind, sort: Sort, knowledge: Knowledge) -> str | None:
    try:
        column = columns.column(kind, sort.key)
    except KeyError:
        raise Misunderstood(f"{kind.plural.capitalize()} cannot be sorted by \u201c{sort.key}\u201d.") from None
    if sort.key not in ("created", "updated") and shapes.holds(kind, sort.key) in _UNSORTABLE:
        raise Misunderstood(f"{kind.plural.capitalize()} cannot be sorted by \u201c{sort.key}\u201d.")
    return knowledge.path(kind, column)


def _sorted(records: list[Record], sort: Sort) -> list[Record]:
    """By the field's value, records without one last; `records` come in id order, which decides among equals."""
    filled = [(key, each) for each in records if (key := _sort_key(_sort_value(each, sort.key))) is not None]
    filled.sort(key=lambda pair: pair[0], reverse=sort.descending)
    empty = [each for each in records if _sort_key(_sort_value(each, sort.key)) is None]
    return [each for _, each in filled] + empty


def _sort_value(record: Record, key: str) -> Value | datetime:
    return {"created": record.created_at, "updated": record.updated_at}.get(key, record.values.get(key))


def _sort_key(value: Any) -> Any:
    match value:
        case str() | FullName() | Choice():
            return str(value).casefold()
        case When(at=at):
            return at
        case Money(micros=micros):
            return micros
        case _ if hasattr(value, "primary"):
            return str(value.primary).casefold()
        case _:
            return value


def _and(wanted: Filter | None, also: Filter) -> Filter:
    return also if wanted is None else filters.all_of(also, wanted)


def _after(position: Position, segment: int, cursor: str, *, total: int | None) -> Position:
    trail = (*position.trail, (position.segment, position.cursor))
    return Position(position.number + 1, segment, cursor, trail, total)


def _assumed_absent(knowledge: Knowledge, query: Query) -> set[str]:
    """The excluded options that the server is not asked about, since this CRM seems not to have them."""
    keys = SELECTS.get(query.kind, ())
    return {each for each in excluded(query) for key in keys if knowledge.rejects(query.kind, key, each)}
