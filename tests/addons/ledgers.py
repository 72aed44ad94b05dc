"""Write ledgers for the commands that look into them, and read them again."""

from __future__ import annotations

import asyncio
from pathlib import Path

from plexus.store.records import UsageRecord
from plexus.store.store import Store

NOON = 1_768_478_400_000  # 2026-01-15T12:00Z


def ledger(tmp_path: Path, *rows: UsageRecord) -> dict[str, str]:
    """Write a ledger; returns the environment in which it is found."""

    async def write() -> None:
        store = await Store.open(f"sqlite://{tmp_path}/plexus.db")
        for row in rows:
            store.writer.put(row)
        await store.close()

    asyncio.run(write())
    return {"DATA_DIR": str(tmp_path)}


def stored(tmp_path: Path) -> dict[str, UsageRecord]:
    """Return the calls of a ledger by their ids."""

    async def read() -> dict[str, UsageRecord]:
        store = await Store.open(f"sqlite://{tmp_path}/plexus.db")
        rows = await store.usage.recent(1000)
        await store.close()
        return {row.request_id: row for row in rows}

    return asyncio.run(read())


def row(number: int | str = 1, **other: object) -> UsageRecord:
    """Return a call that went well; a number makes it that much later."""
    later = number if isinstance(number, int) else 0
    known = {
        "request_id": f"r{number}",
        "start_time": NOON + later,
        "response_status": "success",
        "api_key": "app",
        "incoming_model_alias": f"m{number}",
        "provider": "acme",
        "selected_model_name": "fast",
        "tokens_input": 10,
        "tokens_output": 5,
        "cost_total": 0.00002,
        "ttft_ms": 12.4,
        "duration_ms": 50.6,
    }
    return UsageRecord(**{**known, **other})  # type: ignore[arg-type]  # of these types
