"""The first tables, and the triggers that keep history append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

OPEN = "state IN ('pending', 'executing', 'unknown')"

UNCOVERED = """
NOT EXISTS (SELECT 1 FROM erasures
            WHERE (erasures.team_id IS NULL OR erasures.team_id = OLD.team_id)
              AND (erasures.before IS NULL OR OLD.at < erasures.before))
"""

SQLITE_TRIGGERS = (
    """CREATE TRIGGER history_is_not_changed BEFORE UPDATE ON history
    BEGIN SELECT RAISE(ABORT, 'history is append-only'); END""",
    f"""CREATE TRIGGER history_is_not_deleted BEFORE DELETE ON history WHEN {UNCOVERED}
    BEGIN SELECT RAISE(ABORT, 'history is append-only'); END""",
)

POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'history is append-only'; END $$""",
    f"""CREATE FUNCTION history_leaves_by_erasure() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF {UNCOVERED} THEN RAISE EXCEPTION 'history is append-only'; END IF; RETURN OLD; END $$""",
    """CREATE TRIGGER history_is_not_changed BEFORE UPDATE ON history
    FOR EACH ROW EXECUTE FUNCTION history_is_append_only()""",
    """CREATE TRIGGER history_is_not_deleted BEFORE DELETE ON history
    FOR EACH ROW EXECUTE FUNCTION history_leaves_by_erasure()""",
    """CREATE TRIGGER history_is_not_emptied BEFORE TRUNCATE ON history
    FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only()""",
)


def upgrade() -> None:
    """Make everything."""
    _proposals()
    _cards()
    _history()
    _erasures()
    _connections()
    _pending_connections()
    _doomed_connections()
    _settings()
    _installations()
    _oauth_states()
    _listings()
    _recent_records()
    _seen_events()
    _drafts()
    _clicks()
    triggers = POSTGRESQL_TRIGGERS if op.get_bind().dialect.name == "postgresql" else SQLITE_TRIGGERS
    for trigger in triggers:
        op.execute(sa.text(trigger))


def downgrade() -> None:
    """There is nothing before the first tables; take a backup instead."""
    raise NotImplementedError


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("proposer", sa.Text(), nullable=False),
        sa.Column("proposer_name", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("thread_ts", sa.Text(), server_default="", nullable=False),
        sa.Column("source_channel", sa.Text(), server_default="", nullable=False),
        sa.Column("source_ts", sa.Text(), server_default="", nullable=False),
        sa.Column("permalink", sa.Text(), server_default="", nullable=False),
        sa.Column("undo_of", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("turn", sa.Integer(), server_default="1", nullable=False),
        sa.Column("card_due_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("superseded_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _proposals_indexes()


def _proposals_indexes() -> None:
    op.create_index("proposals_by_age", "proposals", ["created_at"])
    op.create_index("proposals_by_team", "proposals", ["team_id"])
    _conditional("proposals_by_source", ["team_id", "source_channel", "source_ts"], "source_ts <> ''")
    _conditional("proposals_by_undone", ["team_id", "undo_of"], "undo_of <> ''")
    _conditional("proposals_card_due", ["card_due_at"], "card_due_at IS NOT NULL")
    _conditional("proposals_due", ["due_at"], OPEN)
    _conditional("proposals_leased", ["lease_owner"], "lease_owner IS NOT NULL")
    _conditional("proposals_open_by_kind", ["team_id", "kind", "verb", "created_at", "id"], OPEN)
    _conditional("proposals_open_by_person", ["team_id", "proposer", "created_at", "id"], OPEN)
    _conditional("proposals_open_by_record", ["team_id", "record_id"], OPEN)


def _conditional(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "proposals", columns, sqlite_where=where, postgresql_where=where)


def _cards() -> None:
    op.create_table(
        "cards",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("cards_by_proposal", "cards", ["proposal_id"])


def _history() -> None:
    op.create_table(
        "history",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("proposer", sa.Text(), server_default="", nullable=False),
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("permalink", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    _history_indexes()


def _history_indexes() -> None:
    op.create_index("history_by_actor", "history", ["team_id", "actor", "id"])
    op.create_index("history_by_age", "history", ["at"])
    op.create_index("history_by_proposal", "history", ["proposal_id", "id"])
    op.create_index("history_by_record", "history", ["team_id", "record_id", "id"])
    op.create_index("history_by_team", "history", ["team_id", "id"])


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("team_id", sa.Text(), nullable=True),
        sa.Column("before", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def _connections() -> None:
    op.create_table(
        "connections",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("bound_by", sa.Text(), nullable=False),
        sa.Column("bound_at", sa.BigInteger(), nullable=False),
        sa.Column("crm_name", sa.Text(), server_default="", nullable=False),
        sa.Column("last_success", sa.BigInteger(), nullable=True),
        sa.Column("broken_since", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("team_id"),
        sa.UniqueConstraint("connection_id"),
    )


def _pending_connections() -> None:
    op.create_table(
        "pending_connections",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("team_id"),
        sa.UniqueConstraint("connection_id"),
    )
    op.create_index("pending_connections_by_age", "pending_connections", ["created_at"])


def _doomed_connections() -> None:
    op.create_table(
        "doomed_connections",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("connection_id"),
    )
    op.create_index("doomed_connections_due", "doomed_connections", ["due_at"])


def _settings() -> None:
    op.create_table(
        "settings",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("team_id"),
    )


def _installations() -> None:
    op.create_table(
        "installations",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), server_default="", nullable=False),
        sa.Column("enterprise_id", sa.Text(), server_default="", nullable=False),
        sa.Column("org_wide", sa.Boolean(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("token_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("refreshing_until", sa.BigInteger(), nullable=True),
        sa.Column("installed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant"),
    )


def _oauth_states() -> None:
    op.create_table(
        "oauth_states",
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state"),
    )
    op.create_index("oauth_states_by_expiry", "oauth_states", ["expires_at"])


def _listings() -> None:
    op.create_table(
        "listings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("listings_by_age", "listings", ["created_at"])
    op.create_index("listings_by_team", "listings", ["team_id"])


def _recent_records() -> None:
    op.create_table(
        "recent_records",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "channel", "record_id"),
    )
    op.create_index("recent_records_by_use", "recent_records", ["team_id", "channel", "used_at"])


def _seen_events() -> None:
    op.create_table(
        "seen_events",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "meaning"),
    )
    op.create_index("seen_events_by_age", "seen_events", ["until"])


def _drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("drafts_by_age", "drafts", ["created_at"])
    op.create_index("drafts_by_person", "drafts", ["team_id", "user_id", "created_at"])


def _clicks() -> None:
    op.create_table(
        "clicks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("clicks_by_team", "clicks", ["team_id"])
    op.create_index("clicks_due", "clicks", ["due_at"])
