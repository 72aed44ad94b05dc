"""The tables, once for SQLite and PostgreSQL; a change here needs a revision in `migrations/`.

Portable types only: times are ms since 1970 in BIGINT, JSON is TEXT, states are TEXT (a native
enum would need a migration for every new word).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite only numbers rows by itself when the key's type is exactly INTEGER.
_ROW_ID: Final = BigInteger().with_variant(Integer(), "sqlite")

# The columns are the fields of records.UsageRecord, in its order, behind the row number.
REQUEST_USAGE: Final = Table(
    "request_usage",
    METADATA,
    Column("id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("request_id", Text, nullable=False, unique=True),
    Column("start_time", BigInteger, nullable=False),
    Column("response_status", Text, nullable=False),
    Column("client_request_id", Text),
    Column("source_ip", Text),
    Column("api_key", Text),
    Column("attribution", Text),
    Column("door", Text),
    Column("request_method", Text),
    Column("request_path", Text),
    Column("incoming_api_type", Text),
    Column("incoming_model_alias", Text),
    Column("canonical_model_name", Text),
    Column("outgoing_api_type", Text),
    Column("provider", Text),
    Column("selected_model_name", Text),
    Column("final_attempt_provider", Text),
    Column("final_attempt_model", Text),
    Column("all_attempted_providers", Text),
    Column("attempt_count", Integer, nullable=False),
    Column("retry_history", Text),
    Column("is_streamed", Boolean, nullable=False),
    Column("is_passthrough", Boolean, nullable=False),
    Column("is_raw", Boolean, nullable=False),
    Column("tokens_input", BigInteger),
    Column("tokens_output", BigInteger),
    Column("tokens_reasoning", BigInteger),
    Column("tokens_cached", BigInteger),
    Column("tokens_cache_write", BigInteger),
    Column("tokens_estimated", Boolean, nullable=False),
    Column("cost_input", Double),
    Column("cost_output", Double),
    Column("cost_cached", Double),
    Column("cost_cache_write", Double),
    Column("cost_total", Double),
    Column("cost_source", Text),
    Column("cost_metadata", Text),
    Column("provider_reported_cost", Double),
    Column("duration_ms", Double),
    Column("ttft_ms", Double),
    Column("tokens_per_sec", Double),
    Column("http_status", Integer),
    Column("finish_reason", Text),
    Column("error_message", Text),
    Column("tools_defined", Integer),
    Column("message_count", Integer),
    Column("tool_calls_count", Integer),
    Column("parallel_tool_calls_enabled", Boolean),
    Column("timeline", Text),
    Column("routing", Text),
    Column("is_vision_fallthrough", Boolean, nullable=False),
    Column("is_descriptor_request", Boolean, nullable=False),
    Column("vision_fallthrough_model", Text),
    Column("kwh_used", Double),
    Column("instance", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "start_time"),
    Index(None, "api_key", "start_time"),
    Index(None, "provider"),
    Index(None, "client_request_id"),
)

# Rows in flight are few among millions: the sweep for interrupted calls reads only this index.
IS_PENDING: Final = text("response_status = 'pending'")
Index(
    "ix_request_usage_pending",
    REQUEST_USAGE.c.instance,
    sqlite_where=IS_PENDING,
    postgresql_where=IS_PENDING,
)

INSTANCES: Final = Table(
    "instances",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("pid_space", Text, nullable=False),
    Column("pid_start", BigInteger),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)

# Few rows, all of which the gateways read: no index but the key's. A rest that ended early keeps
# its row, so that others hear of it.
COOLDOWNS: Final = Table(
    "cooldowns",
    METADATA,
    Column("provider", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("credential", Text, primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_error", Text),
    Column("credential_problem", Boolean, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("set_by", Text, nullable=False),
)

# One row per key and quota, owner "*" for a shared one. What gateways have reserved for calls under
# way is in `held`, JSON by instance: a process that waits for the row then sees all of it.
USER_QUOTAS: Final = Table(
    "user_quotas",
    METADATA,
    Column("owner", Text, primary_key=True),
    Column("quota", Text, primary_key=True),
    Column("limit_type", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("usage", Double, nullable=False),
    Column("held", Text, nullable=False),
    Column("window_start", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
