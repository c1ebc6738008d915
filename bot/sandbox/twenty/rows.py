"""The fake CRM's rows: order, unique values, foreign keys, what falls with a row (twenty.md sections 4, 5, 7)."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.sandbox.twenty.refusals import duplicate, postgres
from bot.sandbox.twenty.schema import Kind, Schema

Row = dict[str, Any]


class Rows:
    """All rows of one CRM, trash included; `changed(plural, id)` is called after every change."""

    def __init__(self, schema: Schema, changed: Callable[[str, str], None]) -> None:
        self._schema = schema
        self._changed = changed
        self._rows: dict[str, dict[str, Row]] = {plural: {} for plural in schema.kinds}
        self._order: dict[str, list[str]] = {plural: [] for plural in schema.kinds}
        self._unique: dict[tuple[str, str], dict[str, str]] = {}
        # Every target knows who points at it, so that a delete need not look at every row.
        self._pointing: dict[tuple[str, str, str], set[str]] = {}

    def get(self, plural: str, row_id: str) -> Row | None:
        """The row, trashed or not."""
        return self._rows[plural].get(row_id)

    def walk(self, plural: str) -> Iterator[Row]:
        """Every row by ascending id."""
        rows = self._rows[plural]
        return (rows[each] for each in self._order[plural])

    def pointing_at(self, row_id: str, plural: str, key: str) -> list[Row]:
        """The rows of `plural` whose foreign key is this id, by ascending id."""
        return [self._rows[plural][each] for each in sorted(self._pointing.get((row_id, plural, key), ()))]

    def put(self, kind: Kind, row: Row) -> None:
        """Insert or replace; refuses a taken unique value and a foreign key to nowhere before anything changes."""
        before = self._rows[kind.plural].get(row["id"])
        self._check_unique(kind, row)
        self._check_keys(kind, row)
        if before:
            self._unindex(kind, before)
        else:
            insort(self._order[kind.plural], row["id"])
        self._rows[kind.plural][row["id"]] = row
        self._index(kind, row)
        self._changed(kind.plural, row["id"])

    def destroy(self, kind: Kind, row_id: str) -> None:
        """Remove for good; links to the row go with it, other keys to it are emptied."""
        row = self._rows[kind.plural].pop(row_id)
        order = self._order[kind.plural]
        del order[bisect_left(order, row_id)]
        self._unindex(kind, row)
        for plural, key in kind.many.values():
            self._let_go(self._schema.kinds[plural], key, row_id)
        self._changed(kind.plural, row_id)

    def _let_go(self, kind: Kind, key: str, row_id: str) -> None:
        for row in self.pointing_at(row_id, kind.plural, key):
            if kind.fields[key].cascade:
                self.destroy(kind, row["id"])
            else:
                self.put(kind, row | {key: None})

    def _check_unique(self, kind: Kind, row: Mapping[str, Any]) -> None:
        for name, value in unique_values(kind, row):
            if self._unique.get((kind.plural, name), {}).get(value, row["id"]) != row["id"]:
                raise duplicate()

    def _check_keys(self, kind: Kind, row: Mapping[str, Any]) -> None:
        for field in kind.fields.values():
            if field.target and row[field.name] and row[field.name] not in self._rows[field.target]:
                text = f'insert or update on table "{kind.singular}" violates foreign key constraint'
                raise postgres(f'{text} "FK_{field.name}_{kind.singular}"')

    def _index(self, kind: Kind, row: Row) -> None:
        for name, value in unique_values(kind, row):
            self._unique.setdefault((kind.plural, name), {})[value] = row["id"]
        for name in keys_of(kind, row):
            self._pointing.setdefault((row[name], kind.plural, name), set()).add(row["id"])

    def _unindex(self, kind: Kind, row: Row) -> None:
        for name, value in unique_values(kind, row):
            self._unique[kind.plural, name].pop(value, None)
        for name in keys_of(kind, row):
            self._pointing[row[name], kind.plural, name].discard(row["id"])


def unique_values(kind: Kind, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The row's values that no other row may have, the trash included."""
    for field in kind.fields.values():
        if field.unique is not None:
            value = row[field.name]
            value = (value or {}).get(field.unique) if field.unique else value
            if value:
                yield field.name, value


def keys_of(kind: Kind, row: Mapping[str, Any]) -> Iterator[str]:
    """The foreign keys that point somewhere."""
    return (field.name for field in kind.fields.values() if field.target and row[field.name])
