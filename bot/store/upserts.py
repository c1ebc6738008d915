"""Inserts that meet a row which is there already: each database spells them itself, though alike."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Condition = Callable[[Any], ColumnElement[bool]]


class InsertNew:
    """Insert a row unless it, or any of its unique values, is there."""

    def __init__(self, table: Table) -> None:
        self._statements = {
            "sqlite": sqlite.insert(table).on_conflict_do_nothing(),
            "postgresql": postgresql.insert(table).on_conflict_do_nothing(),
        }

    def __call__(self, connection: Connection, row: Mapping[str, Any]) -> bool:
        """Whether the row is new."""
        return connection.execute(self._statements[connection.dialect.name], row).rowcount == 1


class InsertOrReplace:
    """Insert a row, or overwrite the one with the same primary key (if it meets the condition)."""

    def __init__(self, table: Table, *, only_if: ColumnElement[bool] | None = None) -> None:
        key = [column.name for column in table.primary_key]
        rest = [column.name for column in table.columns if column.name not in key]
        in_sqlite, in_postgresql = sqlite.insert(table), postgresql.insert(table)
        self._statements: dict[str, Any] = {
            "sqlite": in_sqlite.on_conflict_do_update(
                index_elements=key, set_={name: in_sqlite.excluded[name] for name in rest}, where=only_if
            ),
            "postgresql": in_postgresql.on_conflict_do_update(
                index_elements=key, set_={name: in_postgresql.excluded[name] for name in rest}, where=only_if
            ),
        }

    def __call__(self, connection: Connection, row: Mapping[str, Any]) -> bool:
        """Whether it was inserted or overwritten, rather than left alone by the condition."""
        return bool(connection.execute(self._statements[connection.dialect.name], row).rowcount == 1)
