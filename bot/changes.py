"""What one write would do, as data: its fields, its hash, whether it went stale, and what takes it back.

Pure: no clock, no network, no ids of its own making. A change holds whole values, so that applying it and then its
inverse gives back every touched field.
"""

import hashlib
from collections.abc import Collection, Mapping
from enum import StrEnum

import msgspec
from msgspec import Struct

from bot.models import Kind, Phone, Phones, Record, Ref, Value


class Verb(StrEnum):
    """What a change does to its record. A restore brings back from the trash, or re-creates with the same id."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RESTORE = "restore"


class FieldChange(Struct, frozen=True):
    """One field, whole: `old` is what the card shows as the base (None for a create), `new` what will be written."""

    key: str
    old: Value
    new: Value


class LinkChange(Struct, frozen=True):
    """A note's or task's tie to a record; `id` is the tie's own id, made by us before anybody says yes."""

    id: str
    to: Ref


class Change(Struct, frozen=True, kw_only=True):
    """One write, complete: what is applied is exactly this, and nothing else.

    `name` is the record's name as shown. `fields` holds the touched fields of an update, every given field of a create
    or a restore (as `new`), and the whole record of a delete (as `old`). `unlinks` are ties that an update removes.
    `text_names_records`: this CRM takes no ties, so the text itself names the records. `hangs` lists what a delete
    takes along. `creator` is the member whose name the new record carries, where the CRM accepts it.
    `connection_id` is the CRM for which it was proposed: it is never carried out, or taken back, in any other.
    """

    verb: Verb
    kind: Kind
    record_id: str
    name: str
    fields: tuple[FieldChange, ...] = ()
    links: tuple[LinkChange, ...] = ()
    unlinks: tuple[LinkChange, ...] = ()
    text_names_records: bool = False
    hangs: tuple[Ref, ...] = ()
    creator: Ref | None = None
    connection_id: str = ""


class Moved(Struct, frozen=True):
    """A touched field that somebody else changed after the card was made."""

    key: str
    base: Value
    now: Value
    proposed: Value


def seal(change: Change) -> str:
    """The change's hash: equal for equal changes, and different as soon as anything in it differs."""
    return hashlib.sha256(encode(change)).hexdigest()[:32]


def encode(change: Change) -> bytes:
    """The change as JSON, always in the same order."""
    return msgspec.json.encode(change, order="deterministic")


def decode(data: bytes | str) -> Change:
    """The change that `encode` wrote; `msgspec.ValidationError` for anything else."""
    return msgspec.json.decode(data, type=Change)


def new_values(change: Change) -> dict[str, Value]:
    """What the record's fields hold once the change is applied."""
    return {each.key: each.new for each in change.fields}


def touched(change: Change) -> frozenset[str]:
    """The keys of its fields; all ties together are one, as in the form."""
    ties = {"records"} if change.links or change.unlinks else set()
    return frozenset({each.key for each in change.fields} | ties)


def differences(record: Record, wanted: Mapping[str, Value]) -> tuple[FieldChange, ...]:
    """The fields in which `wanted` differs from the record, in `wanted`'s order; fields it does not name stay."""
    return tuple(
        FieldChange(key, record.values.get(key), new)
        for key, new in wanted.items()
        if not _holds(record.values.get(key), new)
    )


def moved(change: Change, record: Record) -> tuple[Moved, ...]:
    """The touched fields whose present value is neither the base that the card showed nor the proposed value.

    Fields that the change does not touch may move freely. A field that already holds the proposed value is no quarrel.
    """
    if change.verb not in (Verb.UPDATE, Verb.DELETE):
        return ()
    return tuple(
        Moved(each.key, each.old, record.values.get(each.key), each.new)
        for each in change.fields
        if not (
            _holds(record.values.get(each.key), each.old)
            or (change.verb is Verb.UPDATE and _holds(record.values.get(each.key), each.new))
        )
    )


def is_applied(change: Change, record: Record) -> bool:
    """Whether every field that the update sets already holds what it sets."""
    return all(_holds(record.values.get(each.key), each.new) for each in change.fields)


def _holds(now: Value, wanted: Value) -> bool:
    """Whether a field holds what was wanted, read back from a CRM that knows more of phone numbers than we do."""
    if now == wanted:
        return True
    if not (isinstance(now, Phones) and isinstance(wanted, Phones) and len(now.additional) == len(wanted.additional)):
        return False
    pairs = zip((now.primary, *now.additional), (wanted.primary, *wanted.additional), strict=True)
    return all(_is_number(*pair) for pair in pairs)


def _is_number(now: Phone, wanted: Phone) -> bool:
    """The same number, in a country that the CRM has found in its digits, and without the zero of calls at home."""
    where = now.calling == wanted.calling and wanted.country in ("", now.country)
    return where and now.number in (wanted.number, wanted.number.removeprefix("0"))


def rebased(change: Change, record: Record) -> Change:
    """The same intention on top of the record as it is now; asks to be confirmed anew, since its seal differs."""
    now = record.values
    if change.verb is Verb.DELETE:
        fields = tuple(FieldChange(key, value, None) for key, value in now.items() if value is not None)
    else:
        fields = tuple(FieldChange(each.key, now.get(each.key), each.new) for each in change.fields)
    return msgspec.structs.replace(change, name=record.name, fields=fields)


def inverse(change: Change, after: Mapping[str, Value] | None = None, *, missed: Collection[str] = ()) -> Change:
    """What takes the change back: a create goes to the trash, an update restores what it set, a delete is restored.

    `after` holds the touched fields as the CRM echoed them, where it normalised what was sent (twenty.md section 4.2);
    `missed` are the ids of the ties that it refused to make or to cut.
    """
    echoed = after or {}
    swapped = tuple(FieldChange(each.key, echoed.get(each.key, each.new), each.old) for each in change.fields)
    verb = {
        Verb.CREATE: Verb.DELETE,
        Verb.RESTORE: Verb.DELETE,
        Verb.DELETE: Verb.RESTORE,
        Verb.UPDATE: Verb.UPDATE,
    }[change.verb]
    links, unlinks = (tuple(each for each in ties if each.id not in missed) for ties in (change.links, change.unlinks))
    return msgspec.structs.replace(change, verb=verb, fields=swapped, links=unlinks, unlinks=links, hangs=())
