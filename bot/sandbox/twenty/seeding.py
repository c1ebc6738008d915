"""Sample records are written in one dialect and bent to whatever a workspace knows."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.sandbox.twenty.schema import Kind, Schema

# Members first, then what points at them.
LOADING = (
    *("workspaceMembers", "companies", "people", "opportunities", "notes", "tasks"),
    *("noteTargets", "taskTargets", "workflows"),
)
STAGE_WORDS = {"NEW": "SCREENING", "CUSTOMER": "WON", "WON": "CUSTOMER", "LOST": "PROPOSAL", "NEGOTIATION": "PROPOSAL"}


def adapted(records: Mapping[str, Iterable[Mapping[str, Any]]], schema: Schema) -> Iterator[tuple[str, dict[str, Any]]]:
    """The records in loading order, without what this workspace does not have."""
    for plural in sorted(records, key=LOADING.index):
        kind = schema.kinds.get(plural)
        if kind:
            yield from ((plural, _bent(record, kind)) for record in records[plural])


def _bent(record: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    renamed = {_name(name, kind): value for name, value in record.items()}
    if isinstance(renamed.get("body"), dict):
        renamed["body"] = renamed["body"].get("markdown")
    if "stage" in renamed and "stage" in kind.fields:
        renamed["stage"] = _stage(renamed["stage"], kind.fields["stage"].options)
    return {name: value for name, value in renamed.items() if name in kind.fields}


def _name(name: str, kind: Kind) -> str:
    old = name.removeprefix("target")
    old = old[:1].lower() + old[1:]
    other = {"bodyV2": "body", "body": "bodyV2"}.get(name, old)
    return other if name not in kind.fields and other in kind.fields else name


def _stage(stage: str, options: tuple[str, ...]) -> str:
    if stage in options:
        return stage
    word = STAGE_WORDS.get(stage, stage)
    return word if word in options else options[0]
