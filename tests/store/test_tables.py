"""That the tables stay portable and the promised indexes exist."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Double, Enum, Integer, LargeBinary, Text

from plexus.store.tables import METADATA, REQUEST_USAGE


def test_only_portable_types_are_used() -> None:
    types = {type(column.type) for table in METADATA.tables.values() for column in table.c}
    assert types == {BigInteger, Boolean, Double, Integer, LargeBinary, Text}
    assert not any(isinstance(c.type, Enum) for t in METADATA.tables.values() for c in t.c)


def test_times_and_token_counts_fit_sixty_four_bits() -> None:
    wide = [c.name for c in REQUEST_USAGE.c if c.name.endswith(("_time", "_at"))]
    wide += [c.name for c in REQUEST_USAGE.c if c.name.startswith("tokens_")]
    narrow = {c.name for c in REQUEST_USAGE.c if isinstance(c.type, Integer)} - {
        c.name for c in REQUEST_USAGE.c if isinstance(c.type, BigInteger)
    }
    assert not narrow & set(wide)


def test_the_log_is_indexed_by_time_key_provider_client_id_and_pending() -> None:
    indexed = {
        index.name: [column.name for column in index.columns] for index in REQUEST_USAGE.indexes
    }
    assert indexed == {
        "ix_request_usage_start_time": ["start_time"],
        "ix_request_usage_api_key_start_time": ["api_key", "start_time"],
        "ix_request_usage_provider": ["provider"],
        "ix_request_usage_client_request_id": ["client_request_id"],
        "ix_request_usage_pending": ["instance"],
    }
    assert REQUEST_USAGE.c.request_id.unique
