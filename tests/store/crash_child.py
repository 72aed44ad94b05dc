"""Make calls until killed; run by test_store.py as a process of its own.

Prints, per round, how many calls are begun and how many finished in the database for certain.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count

from plexus.store.store import Store
from tests.store.calls import finished, pending


async def main(url: str) -> None:
    """Begin ten calls a round and finish the first five of them."""
    store = await Store.open(url)
    running = asyncio.ensure_future(store.writer.run())
    for number in count():
        for call in range(10):
            store.writer.put(pending(f"{number}-{call}"))
        await store.writer.flush()
        print("begun", number, flush=True)
        for call in range(5):
            store.writer.put(finished(f"{number}-{call}"))
        while store.writer.queued:  # noqa: ASYNC110 - written by `run`, as in the gateway
            await asyncio.sleep(0.001)
        print("finished", number, flush=True)
    await running


asyncio.run(main(sys.argv[1]))
