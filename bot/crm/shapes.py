"""A record as Twenty's JSON and as ours, in the current and in the documented dialect (twenty.md sections 0 and 4)."""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

from bot import fields
from bot.crm import columns, values
from bot.crm.columns import Column
from bot.fields import Holds
from bot.models import Emails, Kind, Links, Record, Ref, Value

Raw = Mapping[str, Any]

TITLED = (Kind.NOTE, Kind.TASK)
"""The kinds that have a title for a name."""


def record(kind: Kind, raw: Raw) -> Record:
    """The record as sent; `values` holds the fields that the JSON had, and no oddity in it is an error."""
    held = _held(kind, raw)
    creator = raw.get("createdBy")
    return Record(
        kind=kind,
        id=str(raw.get("id") or "").lower(),
        name=name_of(kind, held),
        values=held,
        created_at=values.point(raw.get("createdAt")),
        updated_at=values.point(raw.get("updatedAt")),
        created_by=str(creator.get("name") or "") if isinstance(creator, dict) else "",
    )


def _held(kind: Kind, raw: Raw) -> dict[str, Value]:
    held: dict[str, Value] = {}
    for key, name, read in _there(kind, tuple(raw)):
        sent = raw[name]
        try:
            held[key] = None if sent is None else read(sent)
        except values.UNREADABLE:
            held[key] = None
    return held


def name_of(kind: Kind, held: Mapping[str, Value]) -> str:
    """What a reader would call the record: its name or title, else its address or first line, else that it has none."""
    name = str(held.get("title" if kind in TITLED else "name") or "").strip()
    if name:
        return name
    match held.get("email"), held.get("domain"), held.get("text"):
        case ((Emails(primary=address) | (str() as address)), _, _) if address:
            return address
        case _, Links() as links, _ if links.primary.url:
            return values.host(links.primary.url)
        case _, _, str() as text:
            return text.strip().partition("\n")[0][:80] or f"Untitled {kind}"
    return f"Untitled {kind}" if kind in TITLED else f"Unnamed {kind}"


def body(kind: Kind, held: Mapping[str, Value], names: Mapping[str, str]) -> dict[str, Any]:
    """The JSON that writes these fields; `names` says what this CRM calls each of them."""
    written: dict[str, Any] = {}
    for key, value in held.items():
        name = names[key]
        sent = values.write(holds(kind, key), value)
        if name == "body":
            sent = sent["markdown"]
        if name == "address":
            sent = {"addressCity": sent}
        written[name] = sent
    return written


def settled(kind: Kind, held: Mapping[str, Value]) -> dict[str, Value]:
    """The values as the CRM will give them back once written; keys that no field has are left as they are."""
    return {key: values.settled(holds(kind, key), value) for key, value in held.items()}


def holds(kind: Kind, key: str) -> Holds:
    """What the field holds."""
    return fields.field(kind, key).holds


def tied(raw: Raw) -> Ref | None:
    """The record that a tie leads to, by whichever column this CRM has for it; named when the tie came with it."""
    for kind, names in columns.TIED.items():
        for name in names:
            if isinstance(found := raw.get(name), str) and found:
                nested = raw.get(name.removesuffix("Id"))
                if isinstance(nested, Mapping) and not nested.get("deletedAt"):
                    return record(kind, nested).ref
                return Ref(kind, found.lower())
    return None


def refs_in(one: Record) -> tuple[Ref, ...]:
    """The records that this one points at."""
    held = one.values
    return tuple([each for key in columns.RELATIONS[one.kind] if isinstance(each := held.get(key), Ref)])


@lru_cache(maxsize=256)  # the records of one answer have the same fields
def _there(kind: Kind, names: tuple[str, ...]) -> tuple[tuple[str, str, Callable[[Any], Value]], ...]:
    """Which of our fields a record with these names has: its key, its name, and how it is read."""
    named = ((each, _name_in(each, names)) for each in columns.COLUMNS[kind])
    return tuple((each.key, name, _reader(each, holds(kind, each.key))) for each, name in named if name)


def _reader(column: Column, held_as: Holds) -> Callable[[Any], Value]:
    read = values.reader(held_as)
    if column.key != "city":
        return read
    return lambda raw: read(raw.get(column.part) if isinstance(raw, dict) else raw)


def _name_in(column: Column, names: Collection[str]) -> str | None:
    return next((each for each in column.names if each in names), None)
