"""Measure how long questions to a ledger of a million calls take: `python -m tests.bench.ledger`.

The rows are made up, but shaped like a company's: some keys call much, some little, each a few
models, over 90 days. What is asked is what a dashboard asks: by day, by model, by key.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from itertools import batched
from pathlib import Path

from plexus.store.errors import TROUBLE
from plexus.store.records import UsageRecord
from plexus.store.store import Store
from plexus.store.usage_days import DAY_MS, UsageDays
from plexus.store.usage_sums import Grouping, UsageFilter, sums

LIMIT_MS = 300.0
NOW = 1_763_600_000_000
DAYS = 90
ROUTING = '{"requested":"m","canonical":"m","planned":[{"target":"p/m","reason":"in_order"}]}'
BATCH = 5_000

type Question = tuple[str, UsageFilter, tuple[Grouping, ...]]

QUESTIONS: tuple[Question, ...] = (
    ("day by day", UsageFilter(), ("day",)),
    ("by model", UsageFilter(), ("model",)),
    ("by key", UsageFilter(), ("api_key",)),
    ("by provider and status", UsageFilter(), ("provider", "status")),
    ("one key, day by day", UsageFilter(api_key="key-3"), ("day",)),
    ("last 30 days to the minute", UsageFilter(since=NOW - 30 * DAY_MS - 1), ("day",)),
    ("everything", UsageFilter(), ()),
)


def rows(count: int, seed: int = 1) -> Iterator[UsageRecord]:
    """Make up so many calls, the oldest first."""
    rng = random.Random(seed)
    for number in range(count):
        key = min(49, int(rng.expovariate(0.12)))
        model = (key * 7 + rng.randrange(4)) % 30
        failed = rng.random() < 0.03
        yield UsageRecord(
            request_id=f"00000000-0000-4000-8000-{number:012}",
            start_time=NOW - DAYS * DAY_MS + DAYS * DAY_MS * number // count,
            response_status="error" if failed else "success",
            api_key=f"key-{key}",
            door="gateway",
            request_method="POST",
            request_path="/v1/chat/completions",
            incoming_api_type="chat",
            incoming_model_alias=f"alias-{model}",
            outgoing_api_type="chat",
            provider=f"provider-{model % 6}",
            selected_model_name=f"model-{model}",
            attempt_count=1,
            tokens_input=None if failed else rng.randrange(20_000),
            tokens_output=None if failed else rng.randrange(2_000),
            tokens_cached=None if failed else rng.randrange(10_000),
            cost_total=None if failed else rng.random() / 50,
            cost_source="simple",
            cost_metadata='{"input":1.0,"output":2.0,"cached":0.1,"cache_write":0.0}',
            duration_ms=rng.random() * 5000,
            ttft_ms=rng.random() * 500,
            routing=ROUTING,
            timeline='{"identify":0.1,"route":0.4,"first_byte":23.4,"done":123.4}',
        )


async def timed(work: Callable[[], Awaitable[object]], times: int = 1) -> float:
    """Return the ms that it takes, at best."""
    best = float("inf")
    for _ in range(times):
        begun = time.perf_counter()
        await work()
        best = min(best, time.perf_counter() - begun)
    return best * 1000


async def fill(store: Store, count: int) -> None:
    """Write the rows as a gateway does."""
    for batch in batched(rows(count), BATCH):
        for row in batch:
            store.writer.put(row)
        await flush(store)


async def flush(store: Store) -> None:
    """Write what waits; as in a gateway, a lock is waited for."""
    while store.writer.queued:
        try:
            await store.writer.flush()
        except TROUBLE:
            await asyncio.sleep(0.05)


async def measure(place: Path, count: int) -> list[tuple[str, float]]:
    """Return what was done and how many ms it took."""
    store = await Store.open(f"sqlite://{place}/plexus.db")
    days = UsageDays(engine=store.engine)
    found: list[tuple[str, float]] = []
    try:
        filled = await timed(lambda: fill(store, count))
        found.append((f"write {count:,} rows", filled))
        found.append(("sum them up, once", await timed(days.catch_up)))
        await fill_more(store, count)
        found.append(("sum up the 1,000 rows of the last minute", await timed(days.catch_up)))
        for name, wanted, by in QUESTIONS:
            asked = partial(sums, store.engine, wanted, by)
            found.append((name, await timed(asked, 5)))
    finally:
        await store.close()
    return found


async def fill_more(store: Store, count: int) -> None:
    """Write another thousand rows."""
    for number, row in enumerate(rows(1_000, seed=2)):
        row.request_id = f"00000000-0000-4000-8000-{count + number:012}"
        store.writer.put(row)
    await flush(store)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; the status is 1 if a question took longer than it may."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ledger", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="plexus-ledger-") as folder:
        found = asyncio.run(measure(Path(folder), options.rows))
        size = (Path(folder) / "plexus.db").stat().st_size
    for name, ms in found:
        print(f"{ms:12,.1f} ms  {name}")
    print(f"{size / 2**20:12,.0f} MiB the database")
    names = {name for name, _, _ in QUESTIONS}
    return int(any(ms > LIMIT_MS for name, ms in found if name in names))


if __name__ == "__main__":
    sys.exit(main())
