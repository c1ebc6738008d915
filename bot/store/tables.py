"""The tables and their indexes; every query of the store is served by one of these indexes, however much is stored.

Times are whole milliseconds since 1970 in UTC, so that both databases compare them alike. An index with a condition
holds only what is still open: it stays small when millions of ended proposals are stored.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.sql.elements import TextClause
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

metadata = MetaData()


class Utc(TypeDecorator[datetime]):
    """An aware point in time, to the millisecond."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """Milliseconds since 1970; a naive time raises `TypeError`."""
        return None if value is None else (value - EPOCH) // MILLISECOND

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """The aware time that was stored, in UTC."""
        return None if value is None else EPOCH + timedelta(milliseconds=value)


def is_open() -> TextClause:
    """The condition of the indexes over undecided proposals; a query must repeat it word for word to be served."""
    return text("state IN ('pending', 'executing', 'unknown')")


def _where(name: str, *columns: Any, condition: TextClause) -> Index:
    # As `postgresql_where=` it would import SQLAlchemy's PostgreSQL wherever SQLite is used: 30 ms and 2 MB of a start.
    # The migrations make the indexes; tests/store/test_opening.py compares these conditions with theirs.
    return Index(name, *columns, info={"where": condition})


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="", **options)


def _number(name: str, default: str = "0") -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=default)


_counter = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER

proposals = Table(
    "proposals",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("seal", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    _text("name"),
    Column("proposer", Text, nullable=False),
    _text("proposer_name"),
    _text("channel"),
    _text("thread_ts"),
    _text("source_channel"),
    _text("source_ts"),
    _text("permalink"),
    _text("undo_of"),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("due_at", Utc),  # when somebody must look at it: expiry, the lease's end, the next try to settle it
    _number("revision", "1"),
    _number("turn", "1"),
    Column("card_due_at", Utc),  # when a sweep should rewrite its cards; empty once they show this turn
    Column("decided_by", Text),
    Column("decided_at", Utc),
    Column("lease_owner", Text),
    _number("attempts"),
    Column("outcome", Text),
    _text("superseded_by"),
    _where("proposals_due", "due_at", condition=is_open()),
    _where("proposals_open_by_person", "team_id", "proposer", "created_at", "id", condition=is_open()),
    _where("proposals_open_by_record", "team_id", "record_id", condition=is_open()),
    _where("proposals_open_by_kind", "team_id", "kind", "verb", "created_at", "id", condition=is_open()),
    _where("proposals_leased", "lease_owner", condition=text("lease_owner IS NOT NULL")),
    _where("proposals_card_due", "card_due_at", condition=text("card_due_at IS NOT NULL")),
    _where("proposals_by_source", "team_id", "source_channel", "source_ts", condition=text("source_ts <> ''")),
    _where("proposals_by_undone", "team_id", "undo_of", condition=text("undo_of <> ''")),
    Index("proposals_by_age", "created_at"),
    Index("proposals_by_team", "team_id"),
)

cards = Table(
    "cards",
    metadata,
    Column("id", Text, primary_key=True),
    Column("proposal_id", Text, ForeignKey("proposals.id", ondelete="CASCADE"), nullable=False),
    Column("team_id", Text, nullable=False),
    Column("place", Text, nullable=False),  # JSON; sealed when it holds a response_url
    Column("valid_until", Utc),
    Column("shown", Integer, nullable=False),
    Column("lease_until", Utc),
    _number("tries"),
    Index("cards_by_proposal", "proposal_id"),
)

history = Table(
    "history",
    metadata,
    Column("id", _counter, primary_key=True, autoincrement=True),
    Column("team_id", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("what", Text, nullable=False),
    _text("actor"),
    _text("proposer"),
    Column("proposal_id", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    _text("name"),
    _text("permalink"),
    Column("outcome", Text),
    Index("history_by_team", "team_id", "id"),
    Index("history_by_record", "team_id", "record_id", "id"),
    Index("history_by_actor", "team_id", "actor", "id"),
    Index("history_by_proposal", "proposal_id", "id"),
    Index("history_by_age", "at"),
)

erasures = Table(
    # What may leave history, while it is leaving: a trigger refuses every deletion that no row of this table covers.
    "erasures",
    metadata,
    Column("id", _counter, primary_key=True, autoincrement=True),
    Column("team_id", Text),  # empty: every team
    Column("before", Utc),  # empty: whatever its age
)

connections = Table(
    "connections",
    metadata,
    Column("team_id", Text, primary_key=True),
    Column("connection_id", Text, nullable=False, unique=True),
    Column("bound_by", Text, nullable=False),
    Column("bound_at", Utc, nullable=False),
    _text("crm_name"),
    Column("last_success", Utc),
    Column("broken_since", Utc),
    _text("last_error"),
)

pending_connections = Table(
    "pending_connections",
    metadata,
    Column("team_id", Text, primary_key=True),
    Column("connection_id", Text, nullable=False, unique=True),
    Column("requested_by", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Index("pending_connections_by_age", "created_at"),
)

doomed_connections = Table(
    # Connections that nobody uses any more and that are still to be deleted at Maton.
    "doomed_connections",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("due_at", Utc, nullable=False),
    _number("tries"),
    Index("doomed_connections_due", "due_at"),
)

settings = Table(
    "settings",
    metadata,
    Column("team_id", Text, primary_key=True),
    Column("settings", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Utc, nullable=False),
)

installations = Table(
    "installations",
    metadata,
    Column("tenant", Text, primary_key=True),  # the team's id, or the enterprise's for an org-wide install
    _text("team_id"),
    _text("enterprise_id"),
    Column("org_wide", Boolean, nullable=False),
    Column("secrets", Text, nullable=False),  # sealed JSON: bot token, refresh token
    Column("details", Text, nullable=False),  # JSON without secrets
    Column("token_expires_at", Utc),
    Column("refreshing_until", Utc),
    Column("installed_at", Utc, nullable=False),
)

org_teams = Table(
    "org_teams",
    metadata,
    Column("team_id", Text, primary_key=True),
    Column("enterprise_id", Text, nullable=False),
    Index("org_teams_by_enterprise", "enterprise_id", "team_id"),
)

oauth_states = Table(
    "oauth_states",
    metadata,
    Column("state", Text, primary_key=True),  # the hash of it: whoever reads the database cannot use it
    Column("expires_at", Utc, nullable=False),
    Index("oauth_states_by_expiry", "expires_at"),
)

listings = Table(
    "listings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("position", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Index("listings_by_age", "created_at"),
    Index("listings_by_team", "team_id"),
)

recent_records = Table(
    "recent_records",
    metadata,
    Column("team_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    _text("name"),
    Column("used_at", Utc, nullable=False),
    PrimaryKeyConstraint("team_id", "channel", "record_id"),
    Index("recent_records_by_use", "team_id", "channel", "used_at"),
)

seen_events = Table(
    "seen_events",
    metadata,
    Column("team_id", Text, nullable=False),
    Column("meaning", Text, nullable=False),
    Column("until", Utc, nullable=False),  # a second sight before this is the same event
    Column("done", Boolean, nullable=False),
    PrimaryKeyConstraint("team_id", "meaning"),
    Index("seen_events_by_age", "until"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Index("drafts_by_age", "created_at"),
)

clicks = Table(
    "clicks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team_id", Text, nullable=False),
    Column("payload", Text, nullable=False),  # sealed JSON: it holds a response_url
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("owner", Text, nullable=False),
    _number("tries"),
    Index("clicks_due", "due_at"),
    Index("clicks_by_team", "team_id"),
)
