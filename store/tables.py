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
    ColumnElement,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    literal_column,
    text,
)

from plexus.certs.sealer import PREFIX, PREFIX_BYTES
from plexus.store.partial_index import partial_index

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Marks a column that is sealed when `ENCRYPTION_KEY` is set: `store/sealed.py` finds it by this, so
# that sealing, opening, first boot and `plexus rekey` all know of it (docs/encryption.md).
SECRET: Final = {"secret": True}


def secrets_of(table: Table) -> list[Column[str | bytes]]:
    """Return the columns of a table that are marked `SECRET`."""
    return [column for column in table.columns if column.info.get("secret") is True]


def unsealed(table: Table, dialect: str) -> ColumnElement[bool]:
    """Return the condition that a secret value of this table is not sealed, though not empty.

    Written as literals throughout, for an index with the same condition to be of use.
    """
    mark = PREFIX_BYTES.hex()
    of_bytes = f"X'{mark}', X''" if dialect == "sqlite" else f"'\\x{mark}'::bytea, ''::bytea"
    of_text = f"'{PREFIX}', ''"
    return literal_column(
        " OR ".join(
            f"substr({column.name}, 1, {len(PREFIX)}) NOT IN "
            f"({of_bytes if isinstance(column.type, LargeBinary) else of_text})"
            for column in secrets_of(table)
        )
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
partial_index(
    "ix_request_usage_pending",
    REQUEST_USAGE.c.instance,
    sqlite=IS_PENDING,
    postgresql=IS_PENDING,
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

# `key` is `owner/id`, so that nobody finds what another one's key made. What a chain is walked by
# (input, output) stands apart from the rest of the response object, `body`; `size` counts the
# characters of both.
RESPONSES: Final = Table(
    "responses",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("completed_at", BigInteger),
    Column("status", Text, nullable=False),
    Column("model", Text),
    Column("provider", Text),
    Column("target_model", Text),
    Column("api_type", Text),
    Column("canonical_model", Text),
    Column("previous_key", Text),
    Column("conversation_key", Text),
    Column("size", BigInteger, nullable=False),
    Column("input", Text, nullable=False, info=SECRET),
    Column("output", Text, nullable=False, info=SECRET),
    Column("body", Text, nullable=False, info=SECRET),
    Column("instance", Text, nullable=False),
    Column("stored_at", BigInteger, nullable=False),
    Index(None, "owner", "created_at"),
    Index(None, "created_at"),
    Index(None, "conversation_key"),
)

CONVERSATIONS: Final = Table(
    "conversations",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("metadata", Text, nullable=False, info=SECRET),
    Index(None, "updated_at"),
)

# What was added to a conversation at once, in the order of `number`: a call's input and output, or
# items that a client added. One row each, so that nothing of it can be there without the rest.
CONVERSATION_TURNS: Final = Table(
    "conversation_turns",
    METADATA,
    Column("number", _ROW_ID, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("conversation_key", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("items", Text, nullable=False, info=SECRET),
    Column("instance", Text, nullable=False),
    Column("stored_at", BigInteger, nullable=False),
    Index(None, "conversation_key", "created_at"),
    Index(None, "created_at"),
)

# What was captured of a call, compressed: docs/tracing.md says what is in it.
DEBUG_LOGS: Final = Table(
    "debug_logs",
    METADATA,
    Column("request_id", Text, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("api_key", Text),
    Column("response_status", Integer),
    Column("content", LargeBinary, nullable=False, info=SECRET),
    Index(None, "created_at"),
)

# One row, `canary`: a sealed word that tells whether a key is the right one. `is_scrubbed` is false
# from the moment when values were sealed until nothing of their plain text is left in the file.
SEALING: Final = Table(
    "sealing",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("is_scrubbed", Boolean, nullable=False),
)

# What gateways tell each other of conversations, under hashes: seals of reasoning, who served last.
SHARED_MEMORY: Final = Table(
    "shared_memory",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False, info=SECRET),
    Column("expires_at", BigInteger, nullable=False),
    Index(None, "expires_at"),
)

# Sums over `request_usage` by UTC day (since 1970), for what is asked of many rows; "" where the
# row has nothing. They hold the rows up to the watermark `usage_days`, all but the stale days.
USAGE_DAYS: Final = Table(
    "usage_days",
    METADATA,
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("provider", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("api_key", Text, primary_key=True),
    Column("status", Text, primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("estimated", BigInteger, nullable=False),
    Column("unpriced", BigInteger, nullable=False),
    Column("tokens_input", BigInteger, nullable=False),
    Column("tokens_output", BigInteger, nullable=False),
    Column("tokens_reasoning", BigInteger, nullable=False),
    Column("tokens_cached", BigInteger, nullable=False),
    Column("tokens_cache_write", BigInteger, nullable=False),
    Column("cost_total", Double, nullable=False),
)

# Days of which a row changed after it was summed up: rated again, deleted, ended after all.
USAGE_DAYS_STALE: Final = Table(
    "usage_days_stale", METADATA, Column("day", BigInteger, nullable=False)
)

WATERMARKS: Final = Table(
    "watermarks",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("row_id", BigInteger, nullable=False),
)

# These are many and large: each start looks here for what is not sealed.
for _table in (DEBUG_LOGS, RESPONSES, CONVERSATION_TURNS):
    partial_index(
        f"ix_{_table.name}_unsealed",
        _table.c.created_at,
        sqlite=unsealed(_table, "sqlite"),
        postgresql=unsealed(_table, "postgresql"),
    )
