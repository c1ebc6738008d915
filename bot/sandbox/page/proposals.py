"""The proposals as they stand in the bot's own database, which is only ever read here."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.sandbox.stage import read_only

SHOWN = 30
ROADS = {
    "pending": ("pending",),
    "executing": ("pending", "executing"),
    "unknown": ("pending", "executing", "unknown"),
    "done": ("pending", "executing", "done"),
    "failed": ("pending", "executing", "failed"),
    "cancelled": ("pending", "cancelled"),
    "expired": ("pending", "expired"),
    "superseded": ("pending", "superseded"),
}
PROPOSALS = """SELECT id, state, verb, kind, name, record_id, proposer, decided_by, created_at, decided_at, revision,
    attempts, change, outcome FROM proposals WHERE team_id = ? ORDER BY created_at DESC, id LIMIT ?"""
HISTORY = "SELECT proposal_id, at, what, actor FROM history WHERE team_id = ? ORDER BY id"


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the history: what happened, when, and who did it."""

    at: float
    what: str
    actor: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal; `road` is the way through the states that it has taken."""

    id: str
    state: str
    road: tuple[str, ...]
    verb: str
    kind: str
    name: str
    record_id: str
    proposer: str
    decided_by: str
    created: float
    decided: float
    revision: int
    attempts: int
    change: Any
    outcome: Any
    history: tuple[Told, ...]

    @property
    def sentence(self) -> str:
        return str(self.outcome.get("sentence", "")) if isinstance(self.outcome, dict) else ""

    @property
    def changed_keys(self) -> list[str]:
        return [each["key"] for each in self.change.get("fields", [])] if isinstance(self.change, dict) else []


def proposals(database: Path, team: str) -> list[Proposal]:
    """A team's proposals, the newest first; none while the bot has no database yet."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(read_only(database)) as opened:
        opened.row_factory = sqlite3.Row
        told: dict[str, list[Told]] = {}
        for row in opened.execute(HISTORY, (team,)):
            told.setdefault(row["proposal_id"], []).append(Told(row["at"] / 1000, row["what"], row["actor"]))
        return list(_read(opened.execute(PROPOSALS, (team, SHOWN)), told))
    return []


def revision(database: Path) -> int:
    """A number that changes whenever a proposal or its history does."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(read_only(database)) as opened:
        row = opened.execute("SELECT (SELECT COALESCE(SUM(turn + revision), 0) FROM proposals), MAX(id) FROM history")
        return hash(row.fetchone())
    return 0


def _read(found: Iterator[sqlite3.Row], told: dict[str, list[Told]]) -> Iterator[Proposal]:
    for row in found:
        yield Proposal(
            id=row["id"],
            state=row["state"],
            road=ROADS.get(row["state"], (row["state"],)),
            verb=row["verb"],
            kind=row["kind"],
            name=row["name"],
            record_id=row["record_id"],
            proposer=row["proposer"],
            decided_by=row["decided_by"] or "",
            created=row["created_at"] / 1000,
            decided=(row["decided_at"] or 0) / 1000,
            revision=row["revision"],
            attempts=row["attempts"],
            change=_json(row["change"]),
            outcome=_json(row["outcome"]),
            history=tuple(told.get(row["id"], ())),
        )


def _json(text: str | None) -> Any:
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return {"unreadable": text}
