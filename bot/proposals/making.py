"""A change made whole out of what somebody wants: every field and tie of it, and the ids that the CRM will know.

Nothing is asked here: what the CRM had to tell is given.
"""

import uuid
from collections.abc import Mapping, Sequence

from bot.changes import Change, FieldChange, LinkChange, Verb, differences
from bot.crm import settled
from bot.errors import Misunderstood
from bot.models import Kind, Record, Ref, Refs, Value
from bot.proposals.applying import named_in_text


def creating(
    kind: Kind,
    record_id: str,
    values: Mapping[str, Value],
    *,
    ties: Sequence[Ref],
    takes_links: bool,
    creator: Ref | None,
) -> Change:
    """The create of a record under our own id, tied to these records; the ties' ids are made here and now."""
    links = tuple(LinkChange(str(uuid.uuid4()), ref) for ref in ties)
    # As the CRM will echo it, so that what is shown, what is sealed and what is stored are the same.
    plain = settled(kind, {key: value for key, value in values.items() if key != "records"})
    given = {key: value for key, value in plain.items() if value is not None}
    if links and not takes_links:
        given["text"] = named_in_text(str(given.get("text") or ""), links)
    return Change(
        verb=Verb.CREATE,
        kind=kind,
        record_id=record_id or str(uuid.uuid4()),
        name=str(given.get("title") or given.get("name") or ""),
        fields=tuple(FieldChange(key, None, value) for key, value in given.items()),
        links=links if takes_links else (),
        text_names_records=bool(links) and not takes_links,
        creator=creator,
    )


def updating(record: Record, wanted: Mapping[str, Value], *, ties: tuple[LinkChange, ...] | None = None) -> Change:
    """The update that makes the record's fields as wanted, and its ties if given; `Misunderstood` when nothing differs.

    `ties` are the present ties of a note or task; the wanted ones are `wanted["records"]`.
    """
    plain = settled(record.kind, {key: value for key, value in wanted.items() if key != "records"})
    links, unlinks = _tie_changes(ties, wanted.get("records")) if ties is not None else ((), ())
    fields = differences(record, plain)
    if not fields and not links and not unlinks:
        raise Misunderstood("Nothing was changed in the form, so there is nothing to confirm.")
    return Change(
        verb=Verb.UPDATE,
        kind=record.kind,
        record_id=record.id,
        name=record.name,
        fields=fields,
        links=links,
        unlinks=unlinks,
    )


def deleting(record: Record, *, ties: tuple[LinkChange, ...] = (), hangs: tuple[Ref, ...] = ()) -> Change:
    """The delete of a record, with all that it holds and what hangs on it."""
    return Change(
        verb=Verb.DELETE,
        kind=record.kind,
        record_id=record.id,
        name=record.name,
        fields=tuple(FieldChange(key, value, None) for key, value in record.values.items() if value is not None),
        unlinks=ties,
        hangs=hangs,
    )


def naming_records(record: Record, wanted: Mapping[str, Value]) -> dict[str, Value]:
    """Where the CRM takes no ties, the chosen records go into the text, which is shown whole before it is written."""
    text, refs = wanted.get("text", record.values.get("text")), wanted["records"]
    chosen = [LinkChange("", ref) for ref in refs.to] if isinstance(refs, Refs) else []
    return {**wanted, "text": named_in_text(str(text or ""), chosen) if chosen else text}


def _tie_changes(
    present: tuple[LinkChange, ...], wanted: Value
) -> tuple[tuple[LinkChange, ...], tuple[LinkChange, ...]]:
    refs = wanted.to if isinstance(wanted, Refs) else ()
    have = {link.to.id for link in present}
    want = {ref.id for ref in refs}
    links = tuple(LinkChange(str(uuid.uuid4()), ref) for ref in refs if ref.id not in have)
    return links, tuple(link for link in present if link.to.id not in want)
