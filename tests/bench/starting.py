"""How long it takes from the command to the first answer: a first start, and later ones."""

from __future__ import annotations

import socket
import statistics
import time
from collections.abc import Iterator

from tests.bench.catalogue import one_client
from tests.bench.readings import Reading
from tests.bench.rounds import Effort
from tests.bench.stand import Stand
from tests.bench.targets import start_gateway

_PAUSE_S = 0.005


def start_up(stand: Stand, effort: Effort) -> Iterator[Reading]:
    """Seconds; the first start makes database and CA, the others find them."""
    taken = [_start(stand) for _ in range(1 + effort.starts)]
    again = statistics.median(taken[1:])
    for what, value in (("first start", taken[0]), ("start", again)):
        yield Reading(what=f"{what} to first answer", target="gateway", value=value, unit="s")


def _start(stand: Stand) -> float:
    place = stand.place("starting")
    start = start_gateway(place)
    began = time.monotonic()
    running = stand.processes.listen(
        "gateway start",
        start.command,
        port=place.port,
        core=stand.cores.tested,
        env={**start.env, **stand.env},
        look=answers,
        pause=_PAUSE_S,
    )
    taken = time.monotonic() - began
    stand.processes.end(running)
    return taken


def answers(port: int) -> bool:
    """Whether a small call is answered as it should be."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(one_client().request(f"127.0.0.1:{port}"))
            return connection.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
