"""`order_by`, `limit` and cursors, with the paging bug that the real server has (twenty.md section 3)."""

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from bot.sandbox.twenty.predicates import UUID
from bot.sandbox.twenty.refusals import bad, invalid
from bot.sandbox.twenty.schema import PARTS, Kind

Row = Mapping[str, Any]
DIRECTIONS = ("AscNullsFirst", "AscNullsLast", "DescNullsFirst", "DescNullsLast")


@dataclass(frozen=True, slots=True)
class Key:
    """One part of an order."""

    path: tuple[str, ...]
    direction: str = "AscNullsFirst"
    foreign: bool = False

    @property
    def descending(self) -> bool:
        return self.direction.startswith("Desc")

    @property
    def nulls_first(self) -> bool:
        return self.direction.endswith("First")

    def value(self, row: Row) -> Any:
        """What is compared; text ignores case."""
        value = self.raw(row)
        return value.casefold() if isinstance(value, str) else value

    def raw(self, row: Row) -> Any:
        """The stored value."""
        value = row[self.path[0]]
        return (value or {}).get(self.path[1]) if len(self.path) > 1 else value


ID = Key(("id",))


def parse_order(text: str, kind: Kind) -> tuple[Key, ...]:
    """The keys of an `order_by`, the id as the last of them."""
    keys = [_key(part, kind) for part in text.split(",")] if text else []
    return (*keys, ID) if all(key.path != ("id",) for key in keys) else tuple(keys)


def _key(part: str, kind: Kind) -> Key:
    bracketed = re.fullmatch(r"(.*)\[(.*)\]", part)
    name, direction = (bracketed[1], bracketed[2]) if bracketed else (part, "AscNullsFirst")
    if direction not in DIRECTIONS:
        allowed = ", ".join(DIRECTIONS)
        raise bad(
            f"'order_by' direction '{direction}' invalid. Allowed values are '{allowed}'. "
            "eg: ?order_by=field_1[AscNullsFirst]"
        )
    path = tuple(name.split("."))
    field = kind.fields.get(path[0])
    parts = PARTS.get(field.type) if field else None
    if parts and len(path) == 1:
        raise invalid(f'Composite field "{name}" requires subfield ordering (e.g. {name}.{next(iter(parts))})')
    if field is None or len(path) > 2 or (len(path) == 2 and path[1] not in (parts or {})):
        raise invalid(f'Field "{name}" does not exist or is not sortable')
    return Key(path, direction, foreign=field.target is not None)


def ordered(rows: Iterable[Row], keys: Sequence[Key]) -> list[Row]:
    """Sorted; the rows come by ascending id, so one pass per key from the last to the first is enough."""
    result = list(rows)
    for key in reversed(keys):
        if key is ID:
            continue
        valued = [(key.value(row), row) for row in result]
        empty = [row for value, row in valued if value is None]
        full = [pair for pair in valued if pair[0] is not None]
        full.sort(key=itemgetter(0), reverse=key.descending)
        filled = [row for _, row in full]
        result = [*empty, *filled] if key.nulls_first else [*filled, *empty]
    return result


def cursor(row: Row, keys: Sequence[Key], *, bare: bool) -> str:
    """Base64 of the order's values and the id; the vendor's document shows a bare id instead."""
    if bare:
        return str(row["id"])
    content: dict[str, Any] = {}
    for key in keys:
        if len(key.path) > 1:
            content.setdefault(key.path[0], {})[key.path[1]] = key.raw(row)
        else:
            content[key.path[0]] = key.raw(row)
    return base64.b64encode(json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()).decode()


def read_cursor(text: str, keys: Sequence[Key]) -> dict[str, Any]:
    """The cursor's values as a row; one that was made for another order is refused."""
    try:
        content = json.loads(base64.b64decode(text.encode(), validate=True))
    except ValueError:
        raise invalid(f"Invalid cursor: {text}", "INVALID_CURSOR") from None
    if not isinstance(content, dict) or set(content) != {key.path[0] for key in keys}:
        raise invalid(f"Invalid cursor: {text}", "INVALID_CURSOR")
    if not UUID.fullmatch(str(content["id"])):
        raise invalid(f"Invalid cursor: {text}", "INVALID_CURSOR")
    for key in keys:
        if key.foreign:  # the server cannot read such a cursor back (twenty.md section 3, #20131)
            raise invalid(f"Field metadata not found for key: {key.path[0]}", "INVALID_CURSOR")
    return content


def beyond(row: Row, at: Row, keys: Sequence[Key], *, backward: bool) -> bool:
    """Whether a row lies behind the cursor by SQL's rules, where nothing compares with NULL.

    So rows without a value in the order vanish from later pages (twenty.md section 3, #24333).
    """
    for key in keys:
        mine, theirs = key.value(row), key.value(at)
        if mine is None or theirs is None:
            return False
        if mine != theirs:
            return bool((mine > theirs) != (key.descending != backward))
    return False
