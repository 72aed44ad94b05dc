"""Measure what a usage row costs: `python -m tests.store.bench_writer [DATABASE_URL]`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from plexus.store.backlog import Limits
from plexus.store.store import Store
from tests.store.calls import finished, pending

CALLS = 20_000


async def measure(url: str, *, per_flush: int) -> None:
    """Put each call twice, as pending and as finished, and flush every `per_flush` calls."""
    store = await Store.open(url, limits=Limits(capacity=CALLS, ceiling=CALLS))
    calls = [(pending(f"{url}-{n}"), finished(f"{url}-{n}")) for n in range(CALLS)]
    wall, cpu, loop = time.perf_counter(), time.process_time(), time.thread_time()
    for start in range(0, CALLS, per_flush):
        for begun, done in calls[start : start + per_flush]:
            store.writer.put(begun)
            store.writer.put(done)
        await store.writer.flush()
    wall, cpu, loop = (
        time.perf_counter() - wall,
        time.process_time() - cpu,
        time.thread_time() - loop,
    )
    await store.close()
    scheme = url.partition(":")[0]
    print(
        f"{scheme:10} {per_flush:5} rows/flush: {CALLS / wall:8.0f} rows/s, CPU per row "
        f"{cpu / CALLS * 1e6:5.1f} µs, of which on the event loop {loop / CALLS * 1e6:5.1f} µs"
    )


def main() -> None:
    """Measure several batch sizes, on a SQLite file in a temporary folder unless told otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        for per_flush in (1, 10, 40, 400):
            url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite://{Path(folder)}/{per_flush}.db"
            asyncio.run(measure(url, per_flush=per_flush))


if __name__ == "__main__":
    main()
