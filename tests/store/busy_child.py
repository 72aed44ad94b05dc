"""Queue rows on an event loop that never rests, then die; run by test_store.py in a process.

uvloop gives up the interpreter lock and takes it again around every callback, which keeps other
threads from getting it while the loop is busy: so the loop is uvloop's, and kept busy by sockets.
Prints, before it kills itself, how many of its rows have waited for more than 0.3 s.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from contextlib import closing

import uvloop

from plexus.store.store import Store
from tests.store.calls import finished

TURNS, A_TURN = 1_000, 5
WORK_S = 0.002  # a turn


async def main(url: str) -> None:
    """Queue some rows each time that a byte goes to and fro."""
    store = await Store.open(url)
    running = asyncio.ensure_future(store.writer.run())
    queued: list[float] = []
    loop = asyncio.get_running_loop()
    one, other = socket.socketpair()
    with closing(one), closing(other):
        one.setblocking(False)
        other.setblocking(False)
        for turn in range(TURNS):
            until = time.monotonic() + WORK_S
            for place in range(A_TURN):
                store.writer.put(finished(f"{turn}-{place}"))
                queued.append(time.monotonic())
            while time.monotonic() < until:
                pass
            await loop.sock_sendall(one, b".")
            await loop.sock_recv(other, 1)
    due = time.monotonic() - 0.3
    print(sum(when < due for when in queued), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
    await running


uvloop.run(main(sys.argv[1]))
