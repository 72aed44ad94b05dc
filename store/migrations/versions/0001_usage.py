"""Create `request_usage`, one row per call, and `instances`, one row per gateway process."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_PENDING = sa.text("response_status = 'pending'")


def upgrade() -> None:
    """Create both tables."""
    op.create_table("request_usage", *_identity(), *_money_and_time(), *_outcome())
    _create_indexes()
    _create_instances()


def _identity() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("start_time", sa.BigInteger, nullable=False),
        sa.Column("response_status", sa.Text, nullable=False),
        sa.Column("client_request_id", sa.Text),
        sa.Column("source_ip", sa.Text),
        sa.Column("api_key", sa.Text),
        sa.Column("attribution", sa.Text),
        sa.Column("door", sa.Text),
        sa.Column("request_method", sa.Text),
        sa.Column("request_path", sa.Text),
        sa.Column("incoming_api_type", sa.Text),
        sa.Column("incoming_model_alias", sa.Text),
        sa.Column("canonical_model_name", sa.Text),
        sa.Column("outgoing_api_type", sa.Text),
        sa.Column("provider", sa.Text),
        sa.Column("selected_model_name", sa.Text),
        sa.Column("final_attempt_provider", sa.Text),
        sa.Column("final_attempt_model", sa.Text),
        sa.Column("all_attempted_providers", sa.Text),
        sa.Column("attempt_count", sa.Integer, nullable=False),
        sa.Column("retry_history", sa.Text),
        sa.Column("is_streamed", sa.Boolean, nullable=False),
        sa.Column("is_passthrough", sa.Boolean, nullable=False),
        sa.Column("is_raw", sa.Boolean, nullable=False),
    )


def _money_and_time() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("tokens_input", sa.BigInteger),
        sa.Column("tokens_output", sa.BigInteger),
        sa.Column("tokens_reasoning", sa.BigInteger),
        sa.Column("tokens_cached", sa.BigInteger),
        sa.Column("tokens_cache_write", sa.BigInteger),
        sa.Column("tokens_estimated", sa.Boolean, nullable=False),
        sa.Column("cost_input", sa.Double),
        sa.Column("cost_output", sa.Double),
        sa.Column("cost_cached", sa.Double),
        sa.Column("cost_cache_write", sa.Double),
        sa.Column("cost_total", sa.Double),
        sa.Column("cost_source", sa.Text),
        sa.Column("cost_metadata", sa.Text),
        sa.Column("provider_reported_cost", sa.Double),
        sa.Column("duration_ms", sa.Double),
        sa.Column("ttft_ms", sa.Double),
        sa.Column("tokens_per_sec", sa.Double),
    )


def _outcome() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("http_status", sa.Integer),
        sa.Column("finish_reason", sa.Text),
        sa.Column("error_message", sa.Text),
        sa.Column("tools_defined", sa.Integer),
        sa.Column("message_count", sa.Integer),
        sa.Column("tool_calls_count", sa.Integer),
        sa.Column("parallel_tool_calls_enabled", sa.Boolean),
        sa.Column("timeline", sa.Text),
        sa.Column("routing", sa.Text),
        sa.Column("is_vision_fallthrough", sa.Boolean, nullable=False),
        sa.Column("is_descriptor_request", sa.Boolean, nullable=False),
        sa.Column("vision_fallthrough_model", sa.Text),
        sa.Column("kwh_used", sa.Double),
        sa.Column("instance", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_request_usage"),
        sa.UniqueConstraint("request_id", name="uq_request_usage_request_id"),
    )


def _create_indexes() -> None:
    for columns in (["start_time"], ["api_key", "start_time"], ["provider"], ["client_request_id"]):
        op.create_index(f"ix_request_usage_{'_'.join(columns)}", "request_usage", columns)
    op.create_index(
        "ix_request_usage_pending",
        "request_usage",
        ["instance"],
        sqlite_where=IS_PENDING,
        postgresql_where=IS_PENDING,
    )


def _create_instances() -> None:
    op.create_table(
        "instances",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.BigInteger, nullable=False),
        sa.Column("pid_space", sa.Text, nullable=False),
        sa.Column("pid_start", sa.BigInteger),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_instances"),
    )


def downgrade() -> None:
    """Drop both tables with everything in them."""
    op.drop_table("instances")
    op.drop_table("request_usage")
