"""One page out of many rows, and what is said about it (twenty.md sections 1.2 and 3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.twenty.order import Key, beyond, cursor, ordered, read_cursor
from bot.sandbox.twenty.refusals import bad, invalid

Row = Mapping[str, Any]
DEFAULT_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for; `bare` cursors are ids, as in the vendor's document."""

    keys: Sequence[Key]
    limit: int
    after: str | None
    before: str | None
    bare: bool


def parse_limit(text: str | None, *, most: int) -> int:
    """The page's size, silently clamped."""
    if text is None:
        return DEFAULT_LIMIT
    if not text.strip().lstrip("+").isdecimal():
        raise bad(f"limit '{text}' is invalid. Should be an integer")
    return min(int(text), most)


def page(rows: Sequence[Row], wanted: Paging) -> tuple[list[Row], dict[str, Any]]:
    """The page's rows and its `pageInfo`."""
    if wanted.after and wanted.before:
        raise invalid("Cannot provide both before and after", "INVALID_ARGS_PAGINATION")
    in_order = ordered(rows, wanted.keys)
    backward = wanted.before is not None
    at = wanted.before or wanted.after
    rest = _beyond(in_order, at, wanted, backward=backward) if at else in_order
    more = len(rest) > wanted.limit
    shown = (rest[-wanted.limit :] if wanted.limit else []) if backward else rest[: wanted.limit]
    return shown, _page_info(shown, wanted, more=more, backward=backward)


def _beyond(in_order: Sequence[Row], at: str, wanted: Paging, *, backward: bool) -> list[Row]:
    if wanted.bare:
        position = next((index for index, row in enumerate(in_order) if row["id"] == at), None)
        if position is None:
            raise invalid(f"Invalid cursor: {at}", "INVALID_CURSOR")
        return list(in_order[:position] if backward else in_order[position + 1 :])
    values = read_cursor(at, wanted.keys)
    return [row for row in in_order if beyond(row, values, wanted.keys, backward=backward)]


def _page_info(shown: Sequence[Row], wanted: Paging, *, more: bool, backward: bool) -> dict[str, Any]:
    return {
        "startCursor": cursor(shown[0], wanted.keys, bare=wanted.bare) if shown else None,
        "endCursor": cursor(shown[-1], wanted.keys, bare=wanted.bare) if shown else None,
        "hasNextPage": more and not backward,
        "hasPreviousPage": more and backward,
    }
