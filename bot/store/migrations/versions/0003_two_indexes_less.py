"""Nobody reads a proposal's history, or a person's drafts, by these any more: they only cost every write."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drop them."""
    op.drop_index("history_by_proposal", "history")
    op.drop_index("drafts_by_person", "drafts")


def downgrade() -> None:
    """Make them again."""
    op.create_index("history_by_proposal", "history", ["proposal_id", "id"])
    op.create_index("drafts_by_person", "drafts", ["team_id", "user_id", "created_at"])
