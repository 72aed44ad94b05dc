"""A restart does not forget who is fast."""

from pathlib import Path

import pytest

from plexus.addons.routing.measures import Mean, Measures
from plexus.addons.routing.warm import try_to_warm_up, warm_up
from plexus.store.engine import build_engine
from plexus.store.records import UsageRecord
from plexus.store.store import Store
from plexus.store.url import SqliteUrl
from plexus.store.usage import UsageLog

NOW_MS = 1_700_000_000_000


async def test_the_latest_calls_of_the_ledger_are_known_at_the_start() -> None:
    store = await Store.open("sqlite://:memory:")
    for n, ttft in enumerate((5000.0, 300.0)):
        store.writer.put(
            UsageRecord(
                request_id=f"r{n}",
                start_time=NOW_MS - 1000 + n,
                response_status="success",
                door="gateway",
                attempt_count=1,
                final_attempt_provider="acme",
                final_attempt_model="fast",
                is_streamed=True,
                duration_ms=ttft + 1000,
                ttft_ms=ttft,
                tokens_output=50,
            )
        )
    await store.writer.flush()
    measures = Measures(1, clock=lambda: NOW_MS / 1000)
    await warm_up(measures, store.usage, 1, NOW_MS)
    await store.close()
    found = measures.of("acme", "fast")
    assert found.ttft_s == Mean(0.3, 1, (NOW_MS - 999) / 1000)
    assert found.tokens_per_s.value == 50.0
    assert found.requests_24h == 2


async def test_a_ledger_that_cannot_be_read_is_no_reason_not_to_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = build_engine(SqliteUrl(path=tmp_path / "empty.db"))  # without a table
    measures = Measures(clock=lambda: NOW_MS / 1000)
    await try_to_warm_up(measures, UsageLog(engine=engine), 100, NOW_MS)
    await engine.dispose()
    assert "measures.not_loaded" in caplog.text
    assert measures.of("acme", "fast").samples == 0
