"""What a fake Twenty workspace holds, in memory, and what may be done to it behind the bot's back."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.sandbox.twenty.bucket import RateLimit
from bot.sandbox.twenty.moments import written
from bot.sandbox.twenty.reading import Reader
from bot.sandbox.twenty.rows import Rows
from bot.sandbox.twenty.schema import Field, Kind, Profile, schema
from bot.sandbox.twenty.seeding import adapted
from bot.sandbox.twenty.writing import Writer

Json = dict[str, Any]
Records = Mapping[str, Iterable[Mapping[str, Any]]]
Changed = Callable[[str, str], None]


class Workspace:
    """One workspace; `denied` holds what the role may not do as (method, singular), `api_name` signs API writes."""

    def __init__(
        self,
        profile: Profile | str = Profile.CURRENT,
        records: Records | None = None,
        *,
        name: str = "CRM",
        stages: Iterable[str] | None = None,
        old_targets: bool = False,
        hidden_fields: Iterable[tuple[str, str]] = (),
        extra_fields: Mapping[str, Iterable[Field]] | None = None,
        denied: Iterable[tuple[str, str]] = (),
        api_name: str = "Slack bot",
        soft_delete: bool | None = None,
    ) -> None:
        self.name = name
        self.profile = Profile(profile)
        self.schema = schema(
            self.profile, stages=stages, old_targets=old_targets, hidden=hidden_fields, extra=extra_fields
        )
        self.denied = set(denied)
        # Servers before 1.8.3 ignore the parameter and destroy the row (twenty.md section 7).
        self.soft_delete = self.profile is not Profile.DOCUMENTED if soft_delete is None else soft_delete
        self.rate_limit: RateLimit | None = None
        self._listeners: list[Changed] = []
        self._last = datetime.min.replace(tzinfo=UTC)
        self.rows = Rows(self.schema, self._changed)
        self.reader = Reader(self.schema, self.rows)
        self.writer = Writer(self.schema, self.rows, now=self._now, api_name=api_name)
        self.load(records or {})

    def load(self, records: Records) -> None:
        """Take over sample records, bent to this workspace's fields, stages and targets."""
        for plural, record in adapted(records, self.schema):
            self.writer.create(self._kind(plural), record, seeding=True)

    def limit(
        self,
        per_minute: int | None,
        *,
        retry_after: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Switch the token bucket on, or off with None; `retry_after` chooses the newer 429 with headers."""
        self.rate_limit = RateLimit(per_minute, retry_after=retry_after, clock=clock) if per_minute else None

    def all(self, plural: str) -> list[Json]:
        """Every record that is not in the trash, by ascending id, as the API shows it."""
        return [self._show(plural, row) for row in self.rows.walk(plural) if row["deletedAt"] is None]

    def trash(self, plural: str) -> list[Json]:
        """Every record in the trash."""
        return [self._show(plural, row) for row in self.rows.walk(plural) if row["deletedAt"] is not None]

    def get(self, plural: str, record_id: str) -> Json:
        """One record, trashed or not; KeyError when it is gone."""
        row = self.rows.get(plural, record_id)
        if row is None:
            raise KeyError(record_id)
        return self._show(plural, row)

    def add(self, plural: str, record: Mapping[str, Any]) -> Json:
        """Create a record, system fields such as `createdAt` included; raises `Refusal` as the API would refuse."""
        return self._show(plural, self.writer.create(self._kind(plural), dict(record), seeding=True))

    def edit(self, plural: str, record_id: str, changes: Mapping[str, Any]) -> Json:
        """Change a record as somebody else would."""
        kind = self._kind(plural)
        return self._show(plural, self.writer.update(kind, self._row(plural, record_id), dict(changes), seeding=True))

    def remove(self, plural: str, record_id: str, *, soft: bool = False) -> None:
        """Delete a record, for good unless `soft`."""
        delete = self.writer.trash if soft else self.writer.destroy
        delete(self._kind(plural), self._row(plural, record_id))

    def restore(self, plural: str, record_id: str) -> Json:
        """Take a record out of the trash."""
        return self._show(plural, self.writer.restore(self._kind(plural), self._row(plural, record_id)))

    def on_change(self, changed: Changed) -> Callable[[], None]:
        """Call `changed(plural, id)` after every change of a row; returns what ends it."""
        self._listeners.append(changed)
        return lambda: self._listeners.remove(changed)

    def _changed(self, plural: str, row_id: str) -> None:
        for listener in list(self._listeners):
            listener(plural, row_id)

    def _now(self) -> str:
        # Two writes within one millisecond must still differ, as a conflict check by `updatedAt` needs it.
        self._last = max(datetime.now(UTC), self._last + timedelta(milliseconds=1))
        return written(self._last)

    def _kind(self, plural: str) -> Kind:
        return self.schema.kinds[plural]

    def _row(self, plural: str, record_id: str) -> Json:
        row = self.rows.get(plural, record_id)
        if row is None:
            raise KeyError(record_id)
        return row

    def _show(self, plural: str, row: Mapping[str, Any]) -> Json:
        return self.reader.show(self._kind(plural), row)
