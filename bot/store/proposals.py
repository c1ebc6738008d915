"""A proposal's life in the store: each step is one conditional write, so that of any number of callers one takes it.

Nothing is read first. Every step says in history what it did, in the same transaction, and marks the proposal's cards
as due for rewriting, so that a card tells the truth even when the process dies before it can.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import cast

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from bot.changes import Change, Moved, Verb, seal
from bot.models import Kind, Ref, TeamId, UserId
from bot.proposal import Outcome, Proposal, Proposed, Shown, State, What, repeats, replaces
from bot.store import proposal_statements as sql
from bot.store.cards import WITH_CARDS, Cards
from bot.store.database import Database, Single
from bot.store.rows import append, change_values, outcome_text, proposal, proposal_values
from bot.store.spelling import Rows

CARD_GRACE = timedelta(seconds=5)
"""How long the process that moved a proposal may take to rewrite its cards before any other process does it."""

Parameters = dict[str, object]


class Proposals:
    """All teams' proposals. A method that returns None did nothing: the proposal was not in the state it needs."""

    def __init__(self, database: Database, cards: Cards) -> None:
        self._database = database
        self._cards = cards

    async def propose(self, proposal: Proposal) -> Proposed:
        """Store a new, pending proposal, and end what it replaces; or find that the same was proposed already.

        Of any number of callers who propose the same at once, one stores it, and all get that one. The same is: what
        the same person has waiting, a create under the same id, and whatever takes back the same.
        """
        return await self._database.write(lambda connection: _propose(connection, proposal))

    async def proposal(self, team: TeamId, id: str) -> Proposal | None:
        """The team's proposal; None for any other team's, whatever its state."""
        found = await self._all(sql.GET, b_team=team, b_id=id)
        return found[0] if found else None

    async def claim(
        self, team: TeamId, id: str, shown: str, *, by: UserId, owner: str, now: datetime, lease: timedelta
    ) -> Proposal | None:
        """Take a pending proposal to execute what `shown`, the card's seal, names; exactly one caller gets it.

        None when somebody was first, when it has expired, when the change is not the one that was shown, or when it is
        another team's.
        """
        values: Parameters = {"b_team": team, "b_id": id, "b_seal": shown, "b_by": by, "b_owner": owner}
        values |= {"b_now": now, "b_due": now + lease}
        return await self._move(sql.CLAIM, values, What.CONFIRMED, actor=by, at=now)

    async def finish(
        self, id: str, owner: str, state: State, outcome: Outcome, now: datetime, *, undoes: str = ""
    ) -> Shown | None:
        """End an execution as done or failed, which is to be shown; None when `owner` has lost its lease to another.

        `undoes`: the proposal that is taken back once this one is done; its cards are due for rewriting.
        """
        if state not in (State.DONE, State.FAILED):
            raise ValueError(f"an execution does not end as {state}")
        values = _held(id, owner, now) | {"b_state": state.value, "b_outcome": outcome_text(outcome)}
        told = Told(step=sql.FINISH, values=values, what=What(state.value), at=now, record=outcome.record)
        if undoes and state is State.DONE:
            return self._cards.shown(
                await self._database.write(lambda connection: _finish_undo(connection, told, undoes))
            )
        return self._cards.shown(await self._database.write(told.with_cards()))

    async def release(self, id: str, owner: str, sentence: str, now: datetime) -> Proposal | None:
        """Back to pending, with the reason: nothing was written, and Confirm works again."""
        values = _held(id, owner, now) | {"b_outcome": outcome_text(Outcome(sentence=sentence))}
        return await self._move(sql.RELEASE, values, What.RELEASED, actor="", at=now)

    async def rebase(
        self, id: str, owner: str, change: Change, moved: tuple[Moved, ...], now: datetime
    ) -> Proposal | None:
        """Back to pending with a new change on top of what moved; the old card's seal no longer confirms anything."""
        columns = {f"b_{name}": value for name, value in change_values(change).items()}
        values = _held(id, owner, now) | columns
        values |= {"b_seal": seal(change), "b_outcome": outcome_text(Outcome(moved=moved))}
        return await self._move(sql.REBASE, values, What.STALE, actor="", at=now)

    async def mark_unknown(self, id: str, owner: str, next_try_at: datetime, now: datetime) -> Proposal | None:
        """No answer came: let go of it, to be settled from `next_try_at` on by whoever sweeps then."""
        values = _held(id, owner, now) | {"b_due": next_try_at}
        first = await self._move(sql.FIRST_UNKNOWN, values, What.UNKNOWN, actor="", at=now)
        if first is not None:
            return first
        del values["b_card_due"]
        later = await self._take(sql.STILL_UNKNOWN, values)
        return later[0] if later else None

    async def renew(self, owner: str, now: datetime, lease: timedelta, *, ids: Collection[str] | None = None) -> int:
        """Keep the owner's leases (of `ids` only, when given) alive; returns how many it still holds."""
        values: Parameters = {"b_owner": owner, "b_due": now + lease}
        if ids is not None:
            values["b_ids"] = list(ids)
        statement = sql.RENEW if ids is None else sql.RENEW_SOME
        return (await self._database.write(Single(statement, values))).rowcount

    async def take_abandoned(
        self, owner: str, now: datetime, lease: timedelta, limit: int = 20
    ) -> tuple[Proposal, ...]:
        """Lease what a dead process left executing and the unknown ones that are due; each goes to one caller."""
        values: Parameters = {"b_owner": owner, "b_now": now, "b_due": now + lease, "b_limit": limit}
        return await self._take(sql.TAKE_ABANDONED, values)

    async def cancel(self, team: TeamId, id: str, by: UserId, now: datetime) -> Proposal | None:
        """Decide against a pending proposal."""
        values: Parameters = {"b_team": team, "b_id": id, "b_by": by, "b_now": now, "b_card_due": now + CARD_GRACE}
        return await self._move(sql.CANCEL, values, What.CANCELLED, actor=by, at=now)

    async def expire_due(self, now: datetime, limit: int = 50) -> tuple[Proposal, ...]:
        """End the pending ones whose time is over; among all processes each is returned once."""
        values: Parameters = {"b_now": now, "b_card_due": now + CARD_GRACE, "b_limit": limit}
        return await self._move_all(sql.EXPIRE, values, What.EXPIRED, at=now)

    async def open_of(self, team: TeamId, user: UserId, *, limit: int = 10) -> tuple[Proposal, ...]:
        """What the person proposed and nobody has ended yet, newest first."""
        return await self._all(sql.OPEN_OF, b_team=team, b_user=user, b_limit=limit)

    async def pending_of_others(self, team: TeamId, user: UserId, now: datetime, *, limit: int) -> tuple[Proposal, ...]:
        """What everybody but this person proposed and somebody can still decide, newest first."""
        return await self._all(sql.PENDING_OF_OTHERS, b_team=team, b_user=user, b_now=now, b_limit=limit)

    async def open_on(self, team: TeamId, record_id: str, *, limit: int = 20) -> tuple[Proposal, ...]:
        """Everybody's open proposals on a record, newest first."""
        return await self._all(sql.OPEN_ON, b_team=team, b_record=record_id, b_limit=limit)

    async def open_creates(self, team: TeamId, kind: Kind, *, limit: int = 100) -> tuple[Proposal, ...]:
        """Everybody's open creates of a kind, newest first: what a new one may duplicate."""
        return await self._all(sql.OPEN_CREATES, b_team=team, b_kind=kind.value, b_limit=limit)

    async def saved_from(self, team: TeamId, channel: str, ts: str, *, limit: int = 10) -> tuple[Proposal, ...]:
        """The proposals made from a message that are open or done, newest first."""
        return await self._all(sql.SAVED_FROM, b_team=team, b_channel=channel, b_ts=ts, b_limit=limit)

    async def undos_of(self, team: TeamId, id: str) -> tuple[Proposal, ...]:
        """The proposals that would take a proposal back and are open or done."""
        return await self._all(sql.UNDOS_OF, b_team=team, b_undone=id)

    async def open_counts(self) -> dict[State, int]:
        """How many proposals of all teams stand in each open state."""
        rows = await self._database.read(Single(sql.OPEN_COUNTS))
        return {State(state): count for state, count in rows}

    async def _all(self, statement: sql.Read, **values: object) -> tuple[Proposal, ...]:
        rows = await self._database.read(Single(statement, values))
        return tuple(proposal(row) for row in rows)

    async def _take(self, statement: sql.Write, values: Parameters) -> tuple[Proposal, ...]:
        rows = await self._database.write(Single(statement, values))
        return tuple(proposal(row) for row in rows)

    async def _move(
        self, step: sql.Step, values: Parameters, what: What, *, actor: str, at: datetime
    ) -> Proposal | None:
        moved = await self._move_all(step, values, what, actor=actor, at=at)
        return moved[0] if moved else None

    async def _move_all(
        self, step: sql.Step, values: Parameters, what: What, *, actor: str = "", at: datetime
    ) -> tuple[Proposal, ...]:
        rows = await self._database.write(Told(step=step, values=values, what=what, actor=actor, at=at).alone())
        return tuple(proposal(row) for row in rows)


class Told(Struct, frozen=True, kw_only=True):
    """A conditional write and its line of history: it brings back what it moved, as it is now.

    `record`: what the CRM holds by now, where that is another record than the one that was proposed. Twice is harmless:
    what a first try has moved, a second finds moved.
    """

    step: sql.Step
    values: Parameters
    what: What
    at: datetime
    actor: str = ""
    record: Ref | None = None

    def alone(self) -> Single:
        """Just that."""
        return Single(self.step.told, self.values | self._line(), otherwise=self._one_by_one)

    def with_cards(self) -> Single:
        """That, and everywhere it is shown, as `Cards.shown` reads it."""
        return Single(self.step.shown, self.values | self._line(), otherwise=self._one_by_one_with_cards)

    def _line(self) -> Parameters:
        return {"b_at": self.at, "b_what": self.what.value, "b_actor": self.actor, **_now_named(self.record)}

    def _one_by_one(self, connection: Connection) -> Rows:
        rows = cast(Rows, connection.execute(self.step.move, self.values))
        append(connection, [proposal(row) for row in rows], self.what, actor=self.actor, at=self.at)
        return rows

    def _one_by_one_with_cards(self, connection: Connection) -> Rows:
        moved = self._one_by_one(connection).first()
        if moved is None:
            return Rows(())
        return cast(Rows, connection.execute(WITH_CARDS, {"b_id": moved[0], "b_team": moved[1]}))


def _now_named(record: Ref | None) -> Parameters:
    if record is None:
        return {"b_kind_now": None, "b_record_now": None, "b_name_now": None}
    return {"b_kind_now": record.kind.value, "b_record_now": record.id, "b_name_now": record.name}


def void_open(connection: Connection, team: TeamId, now: datetime, reason: str) -> tuple[Proposal, ...]:
    """End everything pending of a team, since its CRM is no longer the one that the cards showed.

    Within the transaction that binds another or none: it voids in the instant in which it swaps.
    """
    outcome = outcome_text(Outcome(sentence=reason))
    values: Parameters = {"b_team": team, "b_now": now, "b_outcome": outcome, "b_card_due": now + CARD_GRACE}
    voided = Told(step=sql.VOID, values=values, what=What.VOIDED, at=now).alone()
    return tuple(proposal(row) for row in voided(connection))


def _finish_undo(connection: Connection, told: Told, undoes: str) -> Rows:
    rows = told.with_cards()(connection)
    if not rows.all():
        return rows
    undo = proposal(rows.first())
    its: Parameters = {"b_team": undo.team_id, "b_id": undoes}
    undone = connection.execute(sql.GET, its).first()
    before = proposal(undone).outcome if undone else None
    outcome = replace(before or Outcome(), undone_by=undo.decided_by or UserId(""), undone_at=told.at)
    connection.execute(sql.TAKEN_BACK, its | {"b_outcome": outcome_text(outcome), "b_card_due": told.at + CARD_GRACE})
    return rows


def _propose(connection: Connection, new: Proposal) -> Proposed:
    if connection.dialect.name == "postgresql":
        connection.execute(sql.ONE_AT_A_TIME, {"b_record": new.change.record_id})
    mine: Parameters = {"b_team": new.team_id, "b_record": new.change.record_id, "b_user": new.proposer}
    waiting = [proposal(row) for row in connection.execute(sql.OPEN_OF_ON, mine)]
    if stands := _same_already(connection, new) or next((each for each in waiting if repeats(new, each)), None):
        return Proposed(stands)
    connection.execute(sql.INSERT, proposal_values(new))
    append(connection, [new], What.PROPOSED, actor=new.proposer, at=new.created_at)
    older = [each.id for each in waiting if replaces(new, each)]
    return Proposed(new, _superseded(connection, older, new) if older else ())


def _same_already(connection: Connection, new: Proposal) -> Proposal | None:
    """The create whose form has arrived before, since each form has an id of its own; another undo of the same."""
    asked: Parameters = {"b_team": new.team_id}
    if new.undo_of:
        found = connection.execute(sql.UNDOS_OF, asked | {"b_undone": new.undo_of})
    elif new.change.verb is Verb.CREATE:
        found = connection.execute(sql.CREATE_OF, asked | {"b_record": new.change.record_id})
    else:
        return None
    row = found.first()
    return proposal(row) if row else None


def _superseded(connection: Connection, ids: Sequence[str], by: Proposal) -> tuple[Proposal, ...]:
    at = by.created_at
    values: Parameters = {"b_team": by.team_id, "b_ids": ids, "b_by_id": by.id, "b_card_due": at + CARD_GRACE}
    ended = Told(step=sql.SUPERSEDE, values=values, what=What.SUPERSEDED, at=at).alone()
    return tuple(proposal(row) for row in ended(connection))


def _held(id: str, owner: str, now: datetime) -> Parameters:
    return {"b_id": id, "b_owner": owner, "b_card_due": now + CARD_GRACE}
