"""A load generator that costs little: raw protocols on uvloop, replies checked by their ending.

It runs by itself and takes orders on standard input, one JSON object a line:
`{"scenario": "small|0", "port": 4000, "calls": 1000, "seconds": 5}`. When the connections are open
it says `ready`, any line lets it go on, and a line with the counts ends it: what it costs to
connect, a TLS handshake perhaps, is not in the figures.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

import uvloop

from tests.bench.callers import Caller, Http1, Http2, Load, Outcome
from tests.bench.catalogue import from_order
from tests.bench.doors import connect
from tests.bench.scenario import Door, Scenario

_GRACE: Final = 30  # seconds for calls in flight once the time is up
_SPEAKERS: Final[dict[Door, type[Caller]]] = {
    "listener": Http1,
    "proxy-h1": Http1,
    "proxy-h2": Http2,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """So many calls at most in so many seconds; an intercepting door wants the CA to trust."""

    scenario: Scenario
    port: int
    calls: int
    seconds: float
    ca: Path | None = None
    timed: bool = False

    @classmethod
    def read(cls, line: str) -> Self:
        """Read a line of JSON."""
        given = json.loads(line)
        given["scenario"] = from_order(given["scenario"])
        given["ca"] = Path(given["ca"]) if given.get("ca") else None
        return cls(**given)


async def run(order: Order, ready: Callable[[], None] | None = None) -> Outcome:
    """Open the connections, say so, and make the calls."""
    scenario = order.scenario
    load = Load(
        scenario=scenario,
        host=f"127.0.0.1:{order.port}" if scenario.door == "listener" else scenario.vendor,
        calls=order.calls,
        timed=order.timed,
    )
    callers = [await _connected(load, order) for _ in range(min(scenario.connections, order.calls))]
    if ready is not None:
        ready()
    began = time.monotonic()
    load.deadline = began + order.seconds
    ends = [caller.start(number * scenario.stagger) for number, caller in enumerate(callers)]
    try:
        async with asyncio.timeout(order.seconds + _GRACE):
            await asyncio.gather(*ends)
    except TimeoutError:
        load.outcome.failed(f"no answer within {_GRACE} s after the time was up")
    load.outcome.seconds = time.monotonic() - began
    for caller in callers:
        caller.end()
    return load.outcome


async def _connected(load: Load, order: Order) -> Caller:
    caller = _SPEAKERS[load.scenario.door](load)
    await connect(
        lambda: caller, load.scenario.door, order.port, vendor=load.scenario.vendor, ca=order.ca
    )
    return caller


def _wait_for_go() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


def main() -> None:
    """Obey orders until standard input ends."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for line in iter(sys.stdin.readline, ""):
            print(json.dumps(asdict(runner.run(run(Order.read(line), _wait_for_go)))), flush=True)


if __name__ == "__main__":
    main()
