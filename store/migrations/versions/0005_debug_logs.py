"""Create `debug_logs`, what was captured of calls, and `sealing`, the canary of the key."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_OF_RESPONSES = " OR ".join(
    f"substr({name}, 1, 7) NOT IN ('enc:v1:', '')" for name in ("input", "output", "body")
)
_OF_TURNS = "substr(items, 1, 7) NOT IN ('enc:v1:', '')"
# The condition of each table's index, on SQLite and on PostgreSQL.
UNSEALED = {
    "debug_logs": (
        "substr(content, 1, 7) NOT IN (X'656e633a76313a', X'')",
        "substr(content, 1, 7) NOT IN ('\\x656e633a76313a'::bytea, ''::bytea)",
    ),
    "responses": (_OF_RESPONSES, _OF_RESPONSES),
    "conversation_turns": (_OF_TURNS, _OF_TURNS),
}


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "debug_logs",
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("api_key", sa.Text),
        sa.Column("response_status", sa.Integer),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_debug_logs"),
    )
    op.create_index("ix_debug_logs_created_at", "debug_logs", ["created_at"])
    for table, (of_sqlite, of_postgresql) in UNSEALED.items():
        op.create_index(
            f"ix_{table}_unsealed",
            table,
            ["created_at"],
            sqlite_where=sa.literal_column(of_sqlite),
            postgresql_where=sa.literal_column(of_postgresql),
        )
    op.create_table(
        "sealing",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("is_scrubbed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sealing"),
    )


def downgrade() -> None:
    """Drop both tables, and the indexes of the others."""
    op.drop_index("ix_conversation_turns_unsealed", "conversation_turns")
    op.drop_index("ix_responses_unsealed", "responses")
    op.drop_table("sealing")
    op.drop_table("debug_logs")
