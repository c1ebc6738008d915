"""Creating, changing, deleting and restoring rows, as the REST handlers do (twenty.md sections 4.2, 5 and 7)."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from bot.sandbox.twenty.refusals import NotTaught, duplicate, invalid
from bot.sandbox.twenty.rows import Row, Rows, unique_values
from bot.sandbox.twenty.schema import Kind, Schema
from bot.sandbox.twenty.values import incoming


class Writer:
    """All writes to one CRM. `now` gives a later time at every call, so that every write moves `updatedAt`."""

    def __init__(self, schema: Schema, rows: Rows, *, now: Callable[[], str], api_name: str) -> None:
        self._schema = schema
        self._rows = rows
        self._now = now
        self._api_name = api_name
        self._position = 0

    def create(self, kind: Kind, body: Any, *, seeding: bool = False) -> Row:
        """Insert one row; a taken id or unique value is refused, the trash included."""
        sent = incoming(kind, body, None, seeding=seeding)
        row_id = sent.get("id") or str(uuid4())
        if self._rows.get(kind.plural, row_id):
            raise duplicate()
        row = self._blank(kind) | {name: value for name, value in sent.items() if name != "createdBy"}
        row |= {"id": row_id, "createdBy": self._creator(sent.get("createdBy"))}
        self._rows.put(kind, row)
        return row

    def upsert(self, kind: Kind, body: Any) -> Row:
        """Update the row that has this id or a unique value, out of the trash too, or create it."""
        sent = incoming(kind, body, None)
        found = self._matches(kind, sent)
        if len(found) > 1:
            names = ", ".join(name for name, _ in unique_values(kind, self._blank(kind) | sent))
            text = f"Multiple records found with the same unique field values for {names}."
            raise invalid(
                f"{text} Cannot determine which record to update.", "UPSERT_MULTIPLE_MATCHING_RECORDS_CONFLICT"
            )
        if not found:
            return self.create(kind, body)
        body = {name: value for name, value in body.items() if name not in ("id", "createdBy")}
        return self.restore(kind, self.update(kind, found[0], body))

    def update(self, kind: Kind, row: Row, body: Any, *, seeding: bool = False) -> Row:
        """Change one row, trashed or not; also a change of nothing moves `updatedAt`."""
        sent = incoming(kind, body, row, seeding=seeding)
        if sent.get("createdBy") or sent.get("id", row["id"]) != row["id"]:
            raise NotTaught(f"changing createdBy or id of a {kind.singular}")
        after = row | sent | {"updatedBy": self._api(), "updatedAt": self._now()}
        self._rows.put(kind, after)
        return after

    def trash(self, kind: Kind, row: Row) -> None:
        """Soft-delete; a note's or task's links go with it."""
        self._mark(kind, row, self._now())

    def restore(self, kind: Kind, row: Row) -> Row:
        """Out of the trash, a note's or task's links too."""
        return self._mark(kind, row, None)

    def destroy(self, kind: Kind, row: Row) -> None:
        """Remove for good."""
        self._rows.destroy(kind, row["id"])

    def _mark(self, kind: Kind, row: Row, deleted_at: str | None) -> Row:
        after = row | {"deletedAt": deleted_at, "updatedAt": self._now()}
        self._rows.put(kind, after)
        for plural, key in kind.many.values():
            if plural in ("noteTargets", "taskTargets") and key in ("noteId", "taskId"):
                for link in self._rows.pointing_at(row["id"], plural, key):
                    self._rows.put(self._schema.kinds[plural], link | {"deletedAt": deleted_at})
        return after

    def _matches(self, kind: Kind, sent: dict[str, Any]) -> list[Row]:
        values = set(unique_values(kind, self._blank(kind) | sent))
        return [
            row
            for row in self._rows.walk(kind.plural)
            if row["id"] == sent.get("id") or not values.isdisjoint(unique_values(kind, row))
        ]

    def _blank(self, kind: Kind) -> Row:
        self._position -= 1
        now = self._now()
        times = {"createdAt": now, "updatedAt": now, "updatedBy": self._api(), "position": self._position}
        return {name: field.default for name, field in kind.fields.items()} | times

    def _creator(self, sent: Mapping[str, Any] | None) -> dict[str, Any]:
        """A creator with a name is kept whole, any other is replaced by the API key (twenty.md section 4.2)."""
        if sent and sent.get("name"):
            return {**sent, "source": sent.get("source") or "MANUAL"}
        return self._api()

    def _api(self) -> dict[str, Any]:
        return {"source": "API", "workspaceMemberId": None, "name": self._api_name, "context": None}
