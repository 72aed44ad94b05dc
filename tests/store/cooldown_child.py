"""Be a second gateway that shares its rests; run by test_cooldowns.py in a process of its own.

Does what the lines of its input say (`fail NAME`, `succeed NAME`, `wait NAME`, `free NAME`), and
prints `done` with the seconds since 1970 at which it was.
"""

from __future__ import annotations

import asyncio
import sys
import time

from plexus.addons.routing.cooldowns import Cooldowns
from plexus.addons.routing.sharing import Sharing
from plexus.store.store import Store
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.factories import target

BUSY = GatewayError(Kind.RATE_LIMITED, "slow down", upstream_status=429)


async def main(url: str) -> None:
    """Follow the script on the standard input."""
    store = await Store.open(url)
    cooldowns = Cooldowns(time.time)
    sharing, stop = Sharing(cooldowns, store.cooldowns), asyncio.Event()
    await sharing.load()
    running = asyncio.ensure_future(sharing.run(stop))
    print("done", time.time(), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        verb, name = line.split()
        one = target(name)
        match verb:
            case "fail":
                cooldowns.failed(one, BUSY, time.monotonic())
            case "succeed":
                cooldowns.succeeded(one, time.monotonic())
            case _:
                while (cooldowns.blocked(one) is None) is (verb == "wait"):  # noqa: ASYNC110 - another process, which has no event
                    await asyncio.sleep(0.005)
        print("done", time.time(), flush=True)
    stop.set()
    await running
    await store.close()


asyncio.run(main(sys.argv[1]))
