"""The statements on proposals, built once; the tests look at their plans.

A step of a proposal's life and its line of history are one statement on PostgreSQL, where each statement is a way to
the server and back, and BEGIN and COMMIT are two more; SQLite, which is no way off, knows no such statement.

Conditions on states are spelt out, not bound: only so do both databases recognise the indexes over what is open.
"""

from sqlalchemy import ColumnElement, Select, Text, Update, and_, bindparam, func, insert, or_, select, text, update
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.sql.elements import TextClause

from bot.store.rows import CARD, PROPOSAL
from bot.store.tables import Utc, cards, history, is_open, proposals

PROPOSING = 5_261_101
"""Sets our locks on records apart from any other use of PostgreSQL's advisory locks."""

Read = Select[tuple[object, ...]]
Write = ReturningUpdate[tuple[object, ...]]

p = proposals.c


class Step:
    """A conditional write that is told in history: `move` alone, and `told` with its line (`b_at`, `b_what`, ...).

    `shown` is `told` with the proposal's cards, a row for each. One that is posted in this very moment may be missing
    there; it is due all the same, since the step marks the proposal so.

    `b_kind_now`, `b_record_now` and `b_name_now` name the record where it is another than the one that was proposed.
    """

    def __init__(self, move: Write) -> None:
        self.move = move
        moved = move.returning(p.kind, p.verb, p.record_id, p.name).cte("moved")
        line = {
            "team_id": moved.c.team_id,
            "at": bindparam("b_at", type_=Utc),
            "what": bindparam("b_what", type_=Text),
            "actor": bindparam("b_actor", type_=Text),
            "proposer": moved.c.proposer,
            "proposal_id": moved.c.id,
            "verb": moved.c.verb,
            "kind": func.coalesce(bindparam("b_kind_now", type_=Text), moved.c.kind),
            "record_id": func.coalesce(bindparam("b_record_now", type_=Text), moved.c.record_id),
            "name": func.coalesce(bindparam("b_name_now", type_=Text), moved.c.name),
            "permalink": moved.c.permalink,
            "outcome": moved.c.outcome,
        }
        told = insert(history).from_select(list(line), select(*line.values())).cte("told")
        now = [moved.c[column.name] for column in PROPOSAL]
        self.told: Read = select(*now).add_cte(told)
        with_cards = moved.outerjoin(cards, cards.c.proposal_id == moved.c.id)
        self.shown: Read = select(*now, *CARD).select_from(with_cards).add_cte(told)


def _in(*states: str) -> TextClause:
    return text("state IN ({})".format(", ".join(f"'{state}'" for state in states)))


def _ended(state: str) -> dict[str, object]:
    return {"state": state, "due_at": None, "lease_owner": None, **_new_turn()}


def _new_turn() -> dict[str, object]:
    return {"turn": p.turn + 1, "card_due_at": bindparam("b_card_due")}


def _pending_again() -> dict[str, object]:
    return {
        "state": "pending",
        "due_at": p.expires_at,
        "lease_owner": None,
        "attempts": 0,
        "decided_by": None,
        "decided_at": None,
        "outcome": bindparam("b_outcome"),
        **_new_turn(),
    }


def _held() -> Update:
    return update(proposals).where(
        p.id == bindparam("b_id"), p.lease_owner == bindparam("b_owner"), _in("executing", "unknown")
    )


def _among_due(states: TextClause) -> ColumnElement[bool]:
    """Up to `b_limit` that are due, without those that another process is just taking.

    A common table expression, since PostgreSQL may run a plain subquery several times, and each time lock others.
    """
    due = (
        select(p.id)
        .where(is_open(), states, p.due_at <= bindparam("b_now"))
        .order_by(p.due_at)
        .limit(bindparam("b_limit"))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return and_(p.id.in_(select(due.c.id)), states, p.due_at <= bindparam("b_now"))


ONE_AT_A_TIME = select(func.pg_advisory_xact_lock(PROPOSING, func.hashtext(bindparam("b_record", type_=Text))))
"""PostgreSQL's: until the transaction ends, nobody else proposes on this record. SQLite writes one at a time anyway."""

INSERT = insert(proposals)

CLAIM = Step(
    update(proposals)
    .where(
        p.id == bindparam("b_id"),
        p.team_id == bindparam("b_team"),
        p.seal == bindparam("b_seal"),
        _in("pending"),
        p.expires_at > bindparam("b_now"),
    )
    .values(
        state="executing",
        decided_by=bindparam("b_by"),
        decided_at=bindparam("b_now"),
        lease_owner=bindparam("b_owner"),
        due_at=bindparam("b_due"),
        attempts=p.attempts + 1,
        outcome=None,
    )
    .returning(*PROPOSAL)
)

FINISH = Step(
    _held()
    .values(**_ended("") | {"state": bindparam("b_state"), "outcome": bindparam("b_outcome")})
    .returning(*PROPOSAL)
)

RELEASE = Step(_held().values(**_pending_again()).returning(*PROPOSAL))

REBASE = Step(
    _held()
    .values(
        **_pending_again(),
        **{name: bindparam(f"b_{name}") for name in ("change", "kind", "verb", "record_id", "name", "seal")},
        revision=p.revision + 1,
    )
    .returning(*PROPOSAL)
)

FIRST_UNKNOWN = Step(
    _held()
    .where(_in("executing"))
    .values(state="unknown", due_at=bindparam("b_due"), lease_owner=None, **_new_turn())
    .returning(*PROPOSAL)
)

STILL_UNKNOWN: Write = (
    _held().where(_in("unknown")).values(due_at=bindparam("b_due"), lease_owner=None).returning(*PROPOSAL)
)

RENEW: Update = (
    update(proposals)
    .where(p.lease_owner == bindparam("b_owner"), _in("executing", "unknown"))
    .values(due_at=bindparam("b_due"))
)

RENEW_SOME: Update = RENEW.where(p.id.in_(bindparam("b_ids", expanding=True)))

TAKE_ABANDONED: Write = (
    update(proposals)
    .where(_among_due(_in("executing", "unknown")))
    .values(lease_owner=bindparam("b_owner"), due_at=bindparam("b_due"), attempts=p.attempts + 1)
    .returning(*PROPOSAL)
)

CANCEL = Step(
    update(proposals)
    .where(p.id == bindparam("b_id"), p.team_id == bindparam("b_team"), _in("pending"))
    .values(**_ended("cancelled"), decided_by=bindparam("b_by"), decided_at=bindparam("b_now"))
    .returning(*PROPOSAL)
)

EXPIRE = Step(update(proposals).where(_among_due(_in("pending"))).values(**_ended("expired")).returning(*PROPOSAL))

SUPERSEDE = Step(
    update(proposals)
    .where(
        p.id.in_(bindparam("b_ids", expanding=True)),
        p.team_id == bindparam("b_team"),
        _in("pending"),
    )
    .values(**_ended("superseded"), superseded_by=bindparam("b_by_id"))
    .returning(*PROPOSAL)
)

VOID = Step(
    update(proposals)
    .where(p.team_id == bindparam("b_team"), is_open(), _in("pending"))
    .values(**_ended("cancelled"), decided_at=bindparam("b_now"), outcome=bindparam("b_outcome"))
    .returning(*PROPOSAL)
)

TAKEN_BACK: Update = (
    update(proposals)
    .where(p.id == bindparam("b_id"), p.team_id == bindparam("b_team"), _in("done"))
    .values(outcome=bindparam("b_outcome"), **_new_turn())
)

TELL_ANEW: Update = (
    update(proposals).where(p.team_id == bindparam("b_team"), is_open(), _in("pending")).values(**_new_turn())
)
"""What waits reads otherwise from now on, though nothing about itself has changed."""

GET: Read = select(*PROPOSAL).where(p.id == bindparam("b_id"), p.team_id == bindparam("b_team"))

_newest_first = (p.created_at.desc(), p.id.desc())

OPEN_OF: Read = (
    select(*PROPOSAL)
    .where(p.team_id == bindparam("b_team"), p.proposer == bindparam("b_user"), is_open())
    .order_by(*_newest_first)
    .limit(bindparam("b_limit"))
)

PENDING_OF_OTHERS: Read = (
    select(*PROPOSAL)
    .where(
        p.team_id == bindparam("b_team"),
        p.proposer != bindparam("b_user"),
        p.expires_at > bindparam("b_now"),
        is_open(),
        _in("pending"),
    )
    .order_by(*_newest_first)
    .limit(bindparam("b_limit"))
)

OPEN_ON: Read = (
    select(*PROPOSAL)
    .where(p.team_id == bindparam("b_team"), p.record_id == bindparam("b_record"), is_open())
    .order_by(*_newest_first)
    .limit(bindparam("b_limit"))
)

OPEN_OF_ON: Read = (
    select(*PROPOSAL)
    .where(
        p.team_id == bindparam("b_team"),
        p.record_id == bindparam("b_record"),
        p.proposer == bindparam("b_user"),
        is_open(),
    )
    .order_by(*_newest_first)
)

CREATE_OF: Read = select(*PROPOSAL).where(
    p.team_id == bindparam("b_team"),
    p.verb == "create",
    p.id.in_(
        select(history.c.proposal_id).where(
            history.c.team_id == bindparam("b_team"),
            history.c.record_id == bindparam("b_record"),
            history.c.what == "proposed",
        )
    ),
)

OPEN_CREATES: Read = (
    select(*PROPOSAL)
    .where(p.team_id == bindparam("b_team"), p.kind == bindparam("b_kind"), p.verb == "create", is_open())
    .order_by(*_newest_first)
    .limit(bindparam("b_limit"))
)

_open_or_done = or_(is_open(), _in("done"))

SAVED_FROM: Read = (
    select(*PROPOSAL)
    .where(
        p.team_id == bindparam("b_team"),
        p.source_channel == bindparam("b_channel"),
        p.source_ts == bindparam("b_ts"),
        text("source_ts <> ''"),
        _open_or_done,
    )
    .order_by(*_newest_first)
    .limit(bindparam("b_limit"))
)

UNDOS_OF: Read = (
    select(*PROPOSAL)
    .where(p.team_id == bindparam("b_team"), p.undo_of == bindparam("b_undone"), text("undo_of <> ''"), _open_or_done)
    .order_by(*_newest_first)
)

OPEN_COUNTS = select(p.state, func.count()).where(is_open()).group_by(p.state)
