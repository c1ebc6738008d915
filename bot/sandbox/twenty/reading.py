"""Rows as the API shows them: single records, relations, groups and duplicates (twenty.md sections 1.2 and 3)."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from bot.sandbox.twenty.refusals import NotTaught, invalid
from bot.sandbox.twenty.rows import Rows
from bot.sandbox.twenty.schema import PARTS, Field, Kind, Schema, Type

Row = Mapping[str, Any]
Json = dict[str, Any]
MOST_RELATED = 60


class Reader:
    """Turns stored rows into answers."""

    def __init__(self, schema: Schema, rows: Rows) -> None:
        self._schema = schema
        self._rows = rows

    def show(self, kind: Kind, row: Row, *, depth: int = 0, only: Iterable[str] | None = None) -> Json:
        """One record; `depth` 1 adds its relations, `only` keeps the named fields and the id."""
        names = kind.fields if only is None else ["id", *(name for name in only if name != "id")]
        shown = {name: shown_value(kind.fields[name], row) for name in names if name in kind.fields}
        return shown | self._relations(kind, row) if depth else shown

    def _relations(self, kind: Kind, row: Row) -> Json:
        ones = {
            field.relation: self._related(field, row)
            for field in kind.fields.values()
            if field.target and field.relation
        }
        manies = {
            name: [
                self.show(self._schema.kinds[plural], each)
                for each in self._rows.pointing_at(row["id"], plural, key)
                if each["deletedAt"] is None
            ][:MOST_RELATED]
            for name, (plural, key) in kind.many.items()
        }
        return {**ones, **manies}

    def _related(self, field: Field, row: Row) -> Json | None:
        target = field.target or ""
        found = self._rows.get(target, row[field.name]) if row[field.name] else None
        return self.show(self._schema.kinds[target], found) if found and found["deletedAt"] is None else None

    def only(self, kind: Kind, text: str | None) -> list[str] | None:
        """The fields that `fields=` asks for (newer servers only)."""
        if not text:
            return None
        names = [name.split(".")[0] for name in text.split(",") if name]
        unknown = next((name for name in names if name not in kind.fields and not kind.relation(name)), None)
        if unknown:
            raise invalid(f'Object {kind.singular} doesn\'t have any "{unknown}" field.')
        return names

    def groups(self, kind: Kind, rows: Iterable[Row], text: str) -> list[Json]:
        """How many rows have each value of one select field, as a bare array."""
        name = _group_field(text)
        field = kind.fields.get(name)
        if field is None or field.type is not Type.SELECT:
            raise NotTaught(f"groupBy on {kind.singular}.{name}")
        counts = Counter(row[name] for row in rows)
        return [{"groupByDimensionValues": [value], "totalCount": count} for value, count in counts.items()]

    def duplicates(self, kind: Kind, given: Row) -> list[Row]:
        """Other live rows that look the same (twenty.md section 5)."""
        signs = set(_signs(kind, given))
        return [
            row
            for row in self._rows.walk(kind.plural)
            if row["id"] != given.get("id") and row["deletedAt"] is None and not signs.isdisjoint(_signs(kind, row))
        ]


def shown_value(field: Field, row: Row) -> Any:
    """A stored value as the API shows it: empty text is '' though it is kept as NULL."""
    value = row[field.name]
    if field.type in PARTS:
        return _shown_parts(field, value)
    if field.type is Type.TEXT:
        return value or ""
    if field.type is Type.TS_VECTOR:
        return _search_vector(row)
    return value


def _shown_parts(field: Field, value: Row | None) -> Json:
    kept = field.type in (Type.RICH_TEXT, Type.ACTOR)
    return {
        part: (value or {}).get(part) or ("" if type_ is Type.TEXT and not kept else (value or {}).get(part))
        for part, type_ in PARTS[field.type].items()
    }


def _search_vector(row: Row) -> str:
    name = row.get("name") or row.get("title") or ""
    words = " ".join(filter(None, name.values())) if isinstance(name, dict) else str(name)
    return " ".join(f"'{word.lower()}':{place}" for place, word in enumerate(words.replace("'", "").split(), 1))


def _group_field(text: str) -> str:
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    if isinstance(parsed, list) and len(parsed) == 1 and isinstance(parsed[0], dict) and len(parsed[0]) == 1:
        return str(next(iter(parsed[0])))
    raise NotTaught(f"groupBy {text}")


def _signs(kind: Kind, row: Row) -> Iterable[tuple[str, str]]:
    """What makes two records look the same: names and unique addresses."""
    name = row.get("name") or ""
    whole = " ".join(name.get(part) or "" for part in ("firstName", "lastName")) if isinstance(name, dict) else name
    parts = {
        "name": whole,
        "domain": (row.get("domainName") or {}).get("primaryLinkUrl"),
        "email": (row.get("emails") or {}).get("primaryEmail"),
        "linkedin": (row.get("linkedinLink") or {}).get("primaryLinkUrl"),
    }
    return [(sign, value.strip().casefold()) for sign, value in parts.items() if value and value.strip()]
