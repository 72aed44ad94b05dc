"""Create `user_quotas`, one row per key and quota: how much of it is used."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "user_quotas",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("quota", sa.Text, nullable=False),
        sa.Column("limit_type", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("usage", sa.Double, nullable=False),
        sa.Column("held", sa.Text, nullable=False),
        sa.Column("window_start", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("owner", "quota", name="pk_user_quotas"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("user_quotas")
