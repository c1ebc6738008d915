"""Pages cut out of longer stretches of a list: one request serves a page, and tells whether it was the whole list.

A page begins behind the last record of the page before it, by that record's id: what is added or removed meanwhile is
neither shown twice nor skipped. The server's cursor only says where the stretch begins.
"""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from bot.answers import Page
from bot.models import Record
from bot.queries import Position

_BETWEEN = "|"


class _Mark(Struct, frozen=True):
    """A position's cursor taken apart: where the stretch begins, and behind which of its records the page does."""

    stretch: str = ""
    at: int = 0
    behind: str = ""

    def written(self) -> str:
        return _BETWEEN.join((self.stretch, str(self.at), self.behind)) if self.at else self.stretch

    @classmethod
    def read(cls, cursor: str) -> "_Mark":
        stretch, _, rest = cursor.partition(_BETWEEN)
        at, _, behind = rest.partition(_BETWEEN)
        return cls(stretch, int(at or 0), behind)


async def cut(read: Callable[[Position], Awaitable[Page]], position: Position, *, size: int) -> Page:
    """One page of a list that `read` gives in stretches; `whole` holds the list when one stretch was all of it."""
    mark = _Mark.read(position.cursor)
    is_first = not (position.segment or mark.stretch)
    stretch = await read(replace(position, number=1 if is_first else 2, cursor=mark.stretch, trail=()))
    start = _start(stretch.records, mark, size=size)
    end = start + size
    trail = (*position.trail, (position.segment, position.cursor))
    onward = stretch.next
    if end < len(stretch.records):
        further = _Mark(mark.stretch, end, stretch.records[end - 1].id).written()
        onward = Position(segment=position.segment, cursor=further, total=stretch.total)
    return replace(
        stretch,
        records=stretch.records[start:end],
        whole=stretch.records if is_first and stretch.next is None else None,
        next=replace(onward, number=position.number + 1, trail=trail) if onward else None,
        previous=before(position),
    )


def before(position: Position) -> Position | None:
    """The page before this one; None for the first."""
    if not position.trail:
        return None
    segment, cursor = position.trail[-1]
    return Position(position.number - 1, segment, cursor, position.trail[:-1], position.total)


def _start(records: Sequence[Record], mark: _Mark, *, size: int) -> int:
    """Behind the marked record; one earlier than it was when that one is gone; never behind the end."""
    if not mark.at:
        return 0
    found = next((index + 1 for index, each in enumerate(records) if each.id == mark.behind), mark.at - 1)
    return found if found < len(records) else max(0, len(records) - size)
