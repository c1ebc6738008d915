"""Proposals and events as rows, and rows as proposals and events; nothing is lost on the way."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert

from bot import changes
from bot.models import Kind, Ref
from bot.proposal import Event, Outcome, Proposal, Source, State, What
from bot.store.tables import cards, history, proposals

_decode_outcome = msgspec.json.Decoder(Outcome).decode

PROPOSAL = (
    proposals.c.id,
    proposals.c.team_id,
    proposals.c.change,
    proposals.c.proposer,
    proposals.c.created_at,
    proposals.c.expires_at,
    proposals.c.proposer_name,
    proposals.c.channel,
    proposals.c.thread_ts,
    proposals.c.source_channel,
    proposals.c.source_ts,
    proposals.c.permalink,
    proposals.c.undo_of,
    proposals.c.state,
    proposals.c.seal,
    proposals.c.revision,
    proposals.c.turn,
    proposals.c.decided_by,
    proposals.c.decided_at,
    proposals.c.lease_owner,
    proposals.c.attempts,
    proposals.c.outcome,
    proposals.c.superseded_by,
)
"""What a query must select, in this order, for `proposal` to read it."""

CARD = (cards.c.id, cards.c.proposal_id, cards.c.team_id, cards.c.place, cards.c.shown, cards.c.tries)
"""What a query must select, in this order, for the store's `Cards` to read it."""

EVENT = (
    history.c.id,
    history.c.team_id,
    history.c.at,
    history.c.what,
    history.c.actor,
    history.c.proposer,
    history.c.proposal_id,
    history.c.verb,
    history.c.kind,
    history.c.record_id,
    history.c.name,
    history.c.permalink,
    history.c.outcome,
)
"""What a query must select, in this order, for `event` to read it."""

APPEND = insert(history)


def proposal(row: Sequence[Any]) -> Proposal:
    """The proposal of a row of `PROPOSAL`."""
    return Proposal(
        id=row[0],
        team_id=row[1],
        change=changes.decode(row[2]),
        proposer=row[3],
        created_at=row[4],
        expires_at=row[5],
        proposer_name=row[6],
        channel=row[7],
        thread_ts=row[8],
        source=Source(row[9], row[10], row[11]),
        undo_of=row[12],
        state=State(row[13]),
        seal=row[14],
        revision=row[15],
        turn=row[16],
        decided_by=row[17],
        decided_at=row[18],
        lease_owner=row[19] or "",
        attempts=row[20],
        outcome=_decode_outcome(row[21]) if row[21] else None,
        superseded_by=row[22],
    )


def proposal_values(proposal: Proposal) -> dict[str, Any]:
    """A new, pending proposal as a row."""
    change = proposal.change
    return {
        "id": proposal.id,
        "team_id": proposal.team_id,
        "state": State.PENDING.value,
        "seal": proposal.seal,
        "proposer": proposal.proposer,
        "proposer_name": proposal.proposer_name,
        "channel": proposal.channel,
        "thread_ts": proposal.thread_ts,
        "source_channel": proposal.source.channel,
        "source_ts": proposal.source.ts,
        "permalink": proposal.source.permalink,
        "undo_of": proposal.undo_of,
        "created_at": proposal.created_at,
        "expires_at": proposal.expires_at,
        "due_at": proposal.expires_at,
        "revision": proposal.revision,
        "turn": proposal.turn,
        "attempts": 0,
        **change_values(change),
    }


def change_values(change: changes.Change) -> dict[str, Any]:
    """The columns that say what would be written."""
    return {
        "change": changes.encode(change).decode(),
        "kind": change.kind.value,
        "verb": change.verb.value,
        "record_id": change.record_id,
        "name": change.name,
    }


def outcome_text(outcome: Outcome | None) -> str | None:
    """An outcome as its column holds it."""
    return None if outcome is None else msgspec.json.encode(outcome).decode()


def event(row: Sequence[Any]) -> Event:
    """The event of a row of `EVENT`."""
    return Event(
        id=row[0],
        team_id=row[1],
        at=row[2],
        what=What(row[3]),
        actor=row[4],
        proposer=row[5],
        proposal_id=row[6],
        verb=changes.Verb(row[7]),
        record=Ref(Kind(row[8]), row[9], row[10]),
        permalink=row[11],
        outcome=_decode_outcome(row[12]) if row[12] else None,
    )


def append(connection: Connection, moved: Sequence[Proposal], what: What, *, actor: str, at: datetime) -> None:
    """Write what happened to these proposals into history, in the transaction in which it happened."""
    if moved:
        connection.execute(APPEND, [_event_values(each, what, actor, at) for each in moved])


def _event_values(proposal: Proposal, what: What, actor: str, at: datetime) -> dict[str, Any]:
    record = proposal.outcome.record if proposal.outcome and proposal.outcome.record else proposal.record
    return {
        "team_id": proposal.team_id,
        "at": at,
        "what": what.value,
        "actor": actor,
        "proposer": proposal.proposer,
        "proposal_id": proposal.id,
        "verb": proposal.change.verb.value,
        "kind": record.kind.value,
        "record_id": record.id,
        "name": record.name,
        "permalink": proposal.source.permalink,
        "outcome": outcome_text(proposal.outcome),
    }
