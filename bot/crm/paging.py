"""The pages of one list, whose filter is known.

Where the filter is exact they are the server's, by its cursors; an order by a field that may be empty is two segments,
the records with a value and then those without. Any other list is read in bounded part, checked, sorted and cut here.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from bot.answers import Page
from bot.crm import columns, filters, shapes
from bot.crm.conditions import label
from bot.crm.dialect import Knowledge
from bot.crm.filters import Filter
from bot.crm.reading import MOST_A_PAGE, Reading, Rows, lacking
from bot.crm.stretches import before
from bot.errors import Misunderstood
from bot.fields import Holds
from bot.models import Choice, FullName, Kind, Money, Record, Value, When
from bot.queries import Position, Query, Sort

WALKED = 3
"""How many full pages are read of a list that only we can filter."""

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


class Paging(Struct, frozen=True):
    """A list that the server filters and orders."""

    reading: Reading
    query: Query
    wanted: Filter | None

    async def page(self, position: Position, size: int) -> Page:
        """The page at the position, of at most `size` records; `Misunderstood` for an order that there is not."""
        order = _order(self.query, self.reading.knowledge)
        if position.segment:
            return await self._without_value(order, position, size)
        if position.number == 1 or not order.nullable:
            rows = await self._rows(self.wanted, order.asked, position.cursor, size)
            return await self._first(order, position, rows, size)
        with_value = _and(self.wanted, filters.present(order.nullable))
        rows = await self._rows(with_value, order.asked, position.cursor, size)
        others = position.total is None or rows.total is None or rows.total < position.total
        onward = (0, rows.end) if rows.more else (1, "") if others else None
        return self._page(rows, position, onward, total=position.total)

    async def _first(self, order: _Order, position: Position, rows: Rows, size: int) -> Page:
        """The first page holds everything, or ends where the records without a value begin."""
        if not order.nullable or not rows.more:
            return self._page(rows, position, (0, rows.end) if rows.more else None, total=rows.total)
        path = order.nullable.split(".")
        filled = tuple(raw for raw in rows.raws if filters.dig(raw, path) is not None)
        if len(filled) == len(rows.raws):
            return self._page(rows, position, (0, rows.end), total=rows.total)
        if filled:
            return self._page(replace(rows, raws=filled), position, (1, ""), total=rows.total)
        return await self._without_value(order, replace(position, total=rows.total), size)

    async def _without_value(self, order: _Order, position: Position, size: int) -> Page:
        """The second segment: no value to order by, so in id order, whose cursors are sound."""
        empty = _and(self.wanted, filters.absent(order.nullable))
        rows = await self._rows(empty, "", position.cursor, size)
        return self._page(rows, position, (1, rows.end) if rows.more else None, total=position.total)

    async def _rows(self, wanted: Filter | None, order: str, after: str, size: int) -> Rows:
        return await self.reading.rows(columns.plural(self.query.kind), wanted, limit=size, order=order, after=after)

    def _page(self, rows: Rows, position: Position, onward: tuple[int, str] | None, *, total: int | None) -> Page:
        remark = ""
        if self.query.order and onward:
            remark = "Ordered as written: records without a value in that field may be missing on later pages."
        return Page(
            records=tuple(self.reading.record(self.query.kind, raw) for raw in rows.raws),
            total=total,
            next=_after(position, *onward, total=total) if onward else None,
            previous=before(position),
            remark=remark,
        )

    async def walked(self, position: Position, size: int, *, whole: bool) -> Page:
        """A list that only we can filter: bounded pages in id order, then sorted and cut; the cursor is an offset.

        `whole`: all that matches is wanted, too, where it could all be looked at.
        """
        query = self.query
        matched, looked, rest = await self._matching()
        if not query.order:
            matched = _sorted(matched, query.sort or _DEFAULT_SORT[query.kind])
        start = int(position.cursor or 0)
        more = start + size < len(matched)
        total = None if rest else len(matched)
        remark = f"Only the first {looked} records could be looked at; add a word to narrow it down."
        return Page(
            whole=tuple(matched) if whole and not rest else None,
            records=tuple(matched[start : start + size]),
            total=total,
            next=_after(position, 0, str(start + size), total=total) if more else None,
            previous=before(position),
            remark=remark if rest else "",
        )

    async def _matching(self) -> tuple[list[Record], int, bool]:
        """What matches among the first pages, how many records these hold, and whether there are more."""
        matched: list[Record] = []
        looked, end = 0, ""
        for _ in range(WALKED):
            rows = await self._rows(self.wanted, self.query.order, end, MOST_A_PAGE)
            matched += [self.reading.record(self.query.kind, raw) for raw in rows.raws]
            looked, end = looked + rows.came, rows.end
            if not rows.more:
                break
        return matched, looked, rows.more


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
