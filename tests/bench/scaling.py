"""`--workers 2` against one: calls per second when everything is busy.

Two workers, the provider and the load generator have two cores together (more, if there are more).
What the latter two use, the workers cannot; so the reading says how large that share is, and what
the ratio would be if the workers had both cores for themselves. CPU per call of both says the same
on a machine that has other things to do. Rounds reconnect, because the kernel spreads connections,
not calls.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench.catalogue import busy
from tests.bench.cpu import cpu_seconds
from tests.bench.readings import Reading, of_gateway
from tests.bench.rounds import Effort, settled
from tests.bench.stand import Stand
from tests.bench.targets import start_gateway

WORKERS = 2


@dataclass(slots=True)
class Taken:
    """What some workers did, round by round."""

    rate: list[float] = field(default_factory=list)  # calls per second
    load: list[float] = field(default_factory=list)  # cores that load and provider used
    own: list[float] = field(default_factory=list)  # µs of the workers' CPU per call
    errors: int = 0
    examples: list[str] = field(default_factory=list)


def workers(stand: Stand, effort: Effort) -> Iterator[Reading]:
    """Throughput of one and of two, their ratio, and the load generator's share."""
    one, two = _measure(stand, 1, effort), _measure(stand, WORKERS, effort)
    rate, more = statistics.median(one.rate), statistics.median(two.rate)
    shared = (os.cpu_count() or 1) < WORKERS + 1
    used = statistics.median(two.load) if shared else 0.0
    figures = [
        ("1 worker", rate, "calls/s"),
        (f"{WORKERS} workers", more, "calls/s"),
        (f"{WORKERS} workers to 1, as measured", more / rate, "times"),
        ("load and provider took of their cores", used / WORKERS * 100, "%"),
        (f"{WORKERS} workers to 1, had they all of it", full(more, used) / rate, "times"),
        ("1 worker, CPU per call", statistics.median(one.own), "µs"),
        (f"{WORKERS} workers, CPU per call", statistics.median(two.own), "µs"),
    ]
    yield from of_gateway(figures, one.errors + two.errors, (*one.examples, *two.examples))


def full(rate: float, used: float) -> float:
    """The rate of `WORKERS` full cores, measured while others used so many of them."""
    return rate * WORKERS / (WORKERS - used) if used < WORKERS else rate


def _measure(stand: Stand, count: int, effort: Effort) -> Taken:
    place = stand.place(f"workers-{count}")
    start = start_gateway(place)
    alone = count == 1
    gateway = stand.processes.listen(
        f"{count} workers",
        [*start.command, "--workers", str(count)],
        port=place.port,
        core=stand.cores.tested if alone else None,
        env={**start.env, **stand.env},
        folder=place.folder,
    )
    settled(gateway.pid)  # the port is open as soon as the first of them listens
    taken, scenario = Taken(), busy()
    others = (stand.load.pid, stand.provider.pid)
    for _ in range(effort.rounds + 1):
        stand.load.connect(scenario, gateway, calls=1_000_000, seconds=effort.seconds)
        own = settled(gateway.pid)
        before, began = sum(map(cpu_seconds, others)), time.monotonic()
        stand.load.go()
        outcome = stand.load.outcome()
        used = sum(map(cpu_seconds, others)) - before
        taken.rate.append(outcome.calls / outcome.seconds)
        taken.load.append(used / (time.monotonic() - began))
        taken.own.append((settled(gateway.pid) - own) / max(outcome.calls, 1) * 1e6)
        taken.errors += outcome.errors
        taken.examples += outcome.examples
    stand.processes.end(gateway)
    del taken.rate[0], taken.load[0], taken.own[0]  # the first round warmed up
    return taken
