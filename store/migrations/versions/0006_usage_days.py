"""Create `usage_days`, sums over `request_usage` by day, with what keeps them right."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SQLITE = (
    "CREATE TRIGGER request_usage_updated AFTER UPDATE ON request_usage "
    "WHEN OLD.response_status <> 'pending' BEGIN "
    "INSERT INTO usage_days_stale (day) SELECT OLD.start_time / 86400000 WHERE NOT EXISTS "
    "(SELECT 1 FROM usage_days_stale WHERE day = OLD.start_time / 86400000); END",
    "CREATE TRIGGER request_usage_deleted AFTER DELETE ON request_usage BEGIN "
    "INSERT INTO usage_days_stale (day) SELECT OLD.start_time / 86400000 WHERE NOT EXISTS "
    "(SELECT 1 FROM usage_days_stale WHERE day = OLD.start_time / 86400000); "
    "UPDATE watermarks SET row_id = (SELECT coalesce(max(id), 0) FROM request_usage) "
    "WHERE name = 'usage_days' AND row_id > (SELECT coalesce(max(id), 0) FROM request_usage); END",
)
POSTGRES = (
    "CREATE FUNCTION note_stale_usage_day() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "INSERT INTO usage_days_stale (day) SELECT OLD.start_time / 86400000 WHERE NOT EXISTS "
    "(SELECT 1 FROM usage_days_stale WHERE day = OLD.start_time / 86400000); "
    "RETURN NULL; END $$",
    "CREATE TRIGGER request_usage_updated AFTER UPDATE ON request_usage FOR EACH ROW "
    "WHEN (OLD.response_status <> 'pending') EXECUTE FUNCTION note_stale_usage_day()",
    "CREATE TRIGGER request_usage_deleted AFTER DELETE ON request_usage FOR EACH ROW "
    "EXECUTE FUNCTION note_stale_usage_day()",
)


def upgrade() -> None:
    """Create the tables, and the triggers that say which day is to be summed up again."""
    texts = ("provider", "model", "alias", "api_key", "status")
    counts = (
        "requests", "estimated", "unpriced", "tokens_input", "tokens_output", "tokens_reasoning",
        "tokens_cached", "tokens_cache_write",
    )  # fmt: skip
    op.create_table(
        "usage_days",
        sa.Column("day", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in counts),
        sa.Column("cost_total", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("day", *texts, name="pk_usage_days"),
    )
    op.create_table("usage_days_stale", sa.Column("day", sa.BigInteger, nullable=False))
    op.create_table(
        "watermarks",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("row_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_watermarks"),
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRES:
        op.execute(statement)


def downgrade() -> None:
    """Drop it all; the calls themselves stay."""
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON request_usage"
    op.execute(f"DROP TRIGGER request_usage_updated{on}")
    op.execute(f"DROP TRIGGER request_usage_deleted{on}")
    if on:
        op.execute("DROP FUNCTION note_stale_usage_day()")
    for table in ("watermarks", "usage_days_stale", "usage_days"):
        op.drop_table(table)
