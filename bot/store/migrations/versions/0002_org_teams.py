"""Which workspaces an org-wide install serves."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "org_teams",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("team_id"),
    )
    op.create_index("org_teams_by_enterprise", "org_teams", ["enterprise_id", "team_id"])


def downgrade() -> None:
    """Take it away again; it is learned anew."""
    op.drop_table("org_teams")
