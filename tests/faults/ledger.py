"""Bookkeeping of what really happened in the CRM, and whether it is what the proposals say.

The ledger stands behind the CRM's rows, so that a write counts whether or not its answer arrived.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from bot.changes import Verb, new_values
from bot.models import Kind
from bot.proposal import Proposal, State
from bot.proposals.applying import MOVED_MEANWHILE
from bot.proposals.executing import CRM_LEFT
from bot.sandbox.slack import Message, buttons_of, text_of
from bot.sandbox.twenty import FakeCRM

Effect = Literal["appears", "changes", "vanishes"]

PLURALS = {
    Kind.COMPANY: "companies",
    Kind.PERSON: "people",
    Kind.DEAL: "opportunities",
    Kind.NOTE: "notes",
    Kind.TASK: "tasks",
}
EFFECTS: dict[Verb, Effect] = {
    Verb.CREATE: "appears",
    Verb.RESTORE: "appears",
    Verb.UPDATE: "changes",
    Verb.DELETE: "vanishes",
}
UNTOLD = ("updatedAt", "updatedBy", "position", "searchVector", "deletedAt")
"""What moves with every write, also with one that changes nothing, such as a second delete of what is in the trash."""

HEADS = {
    State.EXECUTING: ("Writing…",),
    State.UNKNOWN: ("Not known yet",),
    State.DONE: ("Created", "Changed", "Deleted", "Restored"),
    State.FAILED: ("Failed",),
    State.CANCELLED: ("Cancelled",),
    State.EXPIRED: ("Expired",),
    State.SUPERSEDED: ("Replaced",),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One effect on one record; `by_bot` when it came through the API."""

    plural: str
    record_id: str
    effect: Effect
    by_bot: bool


class Ledger:
    """Writes down every effect on a CRM's records from now on."""

    def __init__(self, crm: FakeCRM) -> None:
        self.entries: list[Entry] = []
        self._crm = crm
        self._by_bot = True
        self._rows: dict[tuple[str, str], Mapping[str, Any]] = {
            (plural, row["id"]): dict(row) for plural in PLURALS.values() for row in crm.rows.walk(plural)
        }
        crm.on_change(self._changed)

    @contextmanager
    def behind_the_back(self) -> Iterator[FakeCRM]:
        """The CRM, for changes that are not the bot's."""
        self._by_bot = False
        try:
            yield self._crm
        finally:
            self._by_bot = True

    def _changed(self, plural: str, record_id: str) -> None:
        if plural not in PLURALS.values():
            return
        before, now = self._rows.get((plural, record_id)), self._crm.rows.get(plural, record_id)
        if now is None:
            self._rows.pop((plural, record_id), None)
        else:
            self._rows[plural, record_id] = dict(now)
        if effect := _effect(before, now):
            self.entries.append(Entry(plural, record_id, effect, self._by_bot))

    def quarrels(self, proposals: Iterable[Proposal]) -> list[str]:
        """Where the CRM and the proposals tell different stories: doubled, lost, and what nobody confirmed."""
        proposals = tuple(proposals)
        surely, perhaps = _expected(proposals)
        idle = _idle(proposals)
        done = Counter((each.plural, each.record_id, each.effect) for each in self.entries if each.by_bot)
        others = Counter((each.plural, each.record_id, each.effect) for each in self.entries if not each.by_bot)
        found = []
        for key in {*done, *surely}:
            if done[key] > surely[key] + perhaps[key]:
                word = "doubled" if surely[key] else "not confirmed"
                found.append(f"{word}: {key} happened {done[key]} times, confirmed {surely[key]}")
            elif done[key] + others[key] < surely[key] - idle[key]:
                found.append(f"lost: {key} happened {done[key]} times, confirmed {surely[key]}")
        return found


def _effect(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> Effect | None:
    was = before is not None and before["deletedAt"] is None
    is_there = now is not None and now["deletedAt"] is None
    if was != is_there:
        return "appears" if is_there else "vanishes"
    if not before or not now:
        return None
    moved = [key for key in before if key not in UNTOLD and before[key] != now[key]]
    # A record that is destroyed empties the keys of others to it: that is no write of anybody's.
    return "changes" if any(now[key] is not None or not key.endswith("Id") for key in moved) else None


Keys = Counter[tuple[str, str, Effect]]


def _idle(proposals: Iterable[Proposal]) -> Keys:
    """What may have found the record as it was to become: another change that was confirmed leads to the very same."""
    found: Keys = Counter()
    seen = set()
    for each in proposals:
        if each.state is State.DONE:
            change = each.change
            effect = EFFECTS[change.verb]
            leads_to = (change.record_id, effect, str(new_values(change)) if effect == "changes" else "")
            found[PLURALS[change.kind], change.record_id, effect] += leads_to in seen
            seen.add(leads_to)
    return found


def _expected(proposals: Iterable[Proposal]) -> tuple[Keys, Keys]:
    """What surely happened to each record, and what may have: some failures say themselves that nobody can know."""
    surely: Keys = Counter()
    perhaps: Keys = Counter()
    for each in proposals:
        change = each.change
        key = (PLURALS[change.kind], change.record_id, EFFECTS[change.verb])
        sentence = each.outcome.sentence if each.outcome else ""
        if each.state is State.DONE and (change.verb is not Verb.UPDATE or change.fields):
            surely[key] += 1
        elif each.state is State.FAILED and sentence in (MOVED_MEANWHILE, CRM_LEFT):
            perhaps[key] += 1
    return surely, perhaps


def tells(message: Message, proposal: Proposal) -> bool:
    """Whether a card tells the truth about its proposal."""
    text = text_of(message)
    if proposal.state is State.PENDING:
        return pressed_value(message) == f"{proposal.id}.{proposal.seal}"
    return (
        text.startswith(HEADS[proposal.state])
        and proposal.change.record_id in text
        and "Confirm" not in buttons_of(message)
    )


def pressed_value(message: Message) -> str:
    """What the message's Confirm carries; "" where there is none."""
    elements = (element for block in message.blocks for element in block.get("elements") or ())
    return next((str(each["value"]) for each in elements if each.get("action_id") == "proposal_confirm"), "")
