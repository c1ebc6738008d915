"""Nobody reads a person's drafts by this any more: it only costs every write."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drop it."""
    op.drop_index("drafts_by_person", "drafts")


def downgrade() -> None:
    """Make it again."""
    op.create_index("drafts_by_person", "drafts", ["team_id", "user_id", "created_at"])
