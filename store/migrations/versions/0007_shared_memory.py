"""Create `shared_memory`, what gateways tell each other of conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "shared_memory",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_shared_memory"),
    )
    op.create_index("ix_shared_memory_expires_at", "shared_memory", ["expires_at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("shared_memory")
