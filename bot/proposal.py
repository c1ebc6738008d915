"""A proposal as a value: pending, then executing and done or failed, or never carried out at all.

The states and their ways are product.md section 4; the conditional writes that move between them are in `bot.store`.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct, structs

from bot.changes import Change, Moved, Verb, seal, touched
from bot.models import Ref, TeamId, UserId, Value


class State(StrEnum):
    """Where a proposal stands. UNKNOWN: a write left and no answer came, so somebody must read back and settle it."""

    PENDING = "pending"
    EXECUTING = "executing"
    UNKNOWN = "unknown"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


OPEN = (State.PENDING, State.EXECUTING, State.UNKNOWN)
"""The states that still can change."""


class What(StrEnum):
    """What history can say of a proposal."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    RELEASED = "released"
    STALE = "stale"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    VOIDED = "voided"

    @property
    def is_end(self) -> bool:
        """Whether it says how a proposal ended, be it only that this is not known yet."""
        return self not in (What.PROPOSED, What.CONFIRMED, What.RELEASED, What.STALE)


class Source(Struct, frozen=True):
    """The message a proposal was made from; empty when it came from a form or a command."""

    channel: str = ""
    ts: str = ""
    permalink: str = ""


class Outcome(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened, in words and in the CRM's terms.

    `record` is the record as it is called now and `where` it went. `after` holds the touched fields as the CRM echoed
    them. `moved` says which fields moved when the record was stale. `remarks` are what did not go to plan,
    `missed` the ids of the links that the CRM refused. `undone_by` says who confirmed that it be taken back.
    """

    sentence: str = ""
    record: Ref | None = None
    where: Literal["", "there", "trash", "gone"] = ""
    after: Mapping[str, Value] = {}
    moved: tuple[Moved, ...] = ()
    remarks: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    undone_by: UserId = UserId("")
    undone_at: datetime | None = None


class Proposal(Struct, frozen=True, kw_only=True):
    """A change that waits for a decision, or what became of it.

    `seal` binds the card to the change: it is the change's hash, and the card's click must name it. `revision` counts
    the changes that were shown under this id (a stale record makes a new one); `turn` counts whatever a card must be
    rewritten for. `attempts` counts who has taken it in hand: above 1, an earlier write may have reached the CRM.
    `channel` and `thread_ts` are where its card belongs.
    """

    id: str
    team_id: TeamId
    change: Change
    proposer: UserId
    created_at: datetime
    expires_at: datetime
    proposer_name: str = ""
    channel: str = ""
    thread_ts: str = ""
    source: Source = Source()
    undo_of: str = ""
    state: State = State.PENDING
    seal: str = ""
    revision: int = 1
    turn: int = 1
    decided_by: UserId | None = None
    decided_at: datetime | None = None
    lease_owner: str = ""
    attempts: int = 0
    outcome: Outcome | None = None
    superseded_by: str = ""

    def __post_init__(self) -> None:
        if not self.seal:
            # The only place that fills it in: a frozen value is still being made here.
            structs.force_setattr(self, "seal", seal(self.change))

    @property
    def is_open(self) -> bool:
        """Whether it still can change."""
        return self.state in OPEN

    @property
    def again(self) -> bool:
        """Whether an earlier try may have reached the CRM, so that it must be read back first."""
        return self.attempts > 1 or self.state is State.UNKNOWN

    @property
    def is_taken_back(self) -> bool:
        """Whether it was done, and undone since."""
        return bool(self.outcome and self.outcome.undone_by)

    @property
    def record(self) -> Ref:
        """The record it is about, by the name the card shows."""
        return Ref(self.change.kind, self.change.record_id, self.change.name)


class Proposed(Struct, frozen=True):
    """What came of proposing: what `stands` (with another id if the same was waiting already), and what it replaced."""

    stands: Proposal
    replaced: tuple[Proposal, ...] = ()


class Event(Struct, frozen=True, kw_only=True):
    """One line of a team's history; it is never changed. `actor` is "" when nobody but time or the bot acted."""

    team_id: TeamId
    at: datetime
    what: What
    actor: str
    proposal_id: str
    verb: Verb
    record: Ref
    proposer: str = ""
    permalink: str = ""
    outcome: Outcome | None = None
    id: int = 0


DIRECT_MESSAGE = "D"
"""What the id of a direct message begins with."""


class CardPlace(Struct, frozen=True, kw_only=True):
    """Where a card can be rewritten: a message of the bot's (`channel`, `ts`), or by the response_url of a click on it.

    A response_url takes five uses within thirty minutes (slack.md section 3): `valid_until` is its end. `user` is who
    sees it, when not everybody in the channel does.
    """

    channel: str = ""
    ts: str = ""
    user: str = ""
    response_url: str = ""
    valid_until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether everybody in a channel sees it; in a direct message (`D…`) nobody does but one person and the bot."""
        return not self.user and not self.channel.startswith(DIRECT_MESSAGE)

    @property
    def is_ephemeral(self) -> bool:
        """Whether nothing but its response_url reaches it."""
        return bool(self.user and self.response_url)


class Card(Struct, frozen=True, kw_only=True):
    """One place where a proposal is shown. `shown` is the turn it showed last; `tries` counts rewrites begun."""

    id: str
    proposal_id: str
    team_id: TeamId
    place: CardPlace
    shown: int
    tries: int = 0


Shown = tuple[Proposal, tuple[Card, ...]]
"""A proposal, and everywhere it is shown."""


def repeats(newer: Proposal, older: Proposal) -> bool:
    """Whether a pending proposal asks for just what `newer` does: a second click, or a form that arrived twice."""
    waits = older.state is State.PENDING and older.expires_at > newer.created_at
    same = older.proposer == newer.proposer and older.undo_of == newer.undo_of
    return waits and same and _without_our_ids(older.change) == _without_our_ids(newer.change)


def holds_the_same(one: Change, other: Change) -> bool:
    """Whether two makings of a create's form say the same; what is looked up and made on the way does not count."""
    return one.fields == other.fields and [link.to.id for link in one.links] == [link.to.id for link in other.links]


def replaces(newer: Proposal, older: Proposal) -> bool:
    """Whether `newer` takes a pending proposal's place: of the same person, on the same record and a field of it."""
    if newer.change.verb is Verb.CREATE or older.proposer != newer.proposer or older.state is not State.PENDING:
        return False
    return older.change.verb is not newer.change.verb or not touched(newer.change).isdisjoint(touched(older.change))


def _without_our_ids(change: Change) -> Change:
    """Each making of a change gives its links ids anew."""
    return structs.replace(change, links=tuple(structs.replace(each, id="") for each in change.links))


def new_id() -> str:
    """An opaque id of 144 random bits, fit for a button's value."""
    return secrets.token_urlsafe(18)
