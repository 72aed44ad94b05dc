"""`--workers 2` against one: calls per second when everything is busy.

Provider and load generator need processor time, too. On two cores there is none that two workers
would not have used, so no ratio is right by itself, and three are told:

- as measured: one worker on a core of its own, two workers that share two cores with the others;
- what that would be if the workers had both cores for themselves, by what the others used;
- all on one core with one worker, all on two cores with two: nobody's share is left out.

CPU per call says how much dearer a call becomes by the sharing, on any machine. Rounds reconnect,
because the kernel spreads connections, not calls.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.bench.catalogue import busy
from tests.bench.cpu import cpu_seconds, family
from tests.bench.processes import Running
from tests.bench.readings import Reading, of_gateway
from tests.bench.rounds import Effort, settled
from tests.bench.stand import Cores, Stand
from tests.bench.targets import start_gateway

WORKERS = 2

type CoreSet = frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How many workers there are, and which cores they and the others may use; none: any."""

    workers: int
    gateway: CoreSet = frozenset()
    others: CoreSet = frozenset()


@dataclass(slots=True)
class Taken:
    """What some workers did, round by round."""

    rate: list[float] = field(default_factory=list)  # calls per second
    load: list[float] = field(default_factory=list)  # cores that load and provider used
    own: list[float] = field(default_factory=list)  # µs of the workers' CPU per call
    errors: int = 0
    examples: list[str] = field(default_factory=list)


def layouts(cores: Cores) -> tuple[Layout, Layout, Layout]:
    """One worker apart from the others, one on the same core as they, two and all everywhere."""
    tested, other = (
        frozenset() if core is None else frozenset({core}) for core in (cores.tested, cores.other)
    )
    return (
        Layout(workers=1, gateway=tested, others=other),
        Layout(workers=1, gateway=tested, others=tested),
        Layout(workers=WORKERS, gateway=tested | other, others=tested | other),
    )


def workers(stand: Stand, effort: Effort) -> Iterator[Reading]:
    """Throughput of one and of two, their ratios, and the load generator's share."""
    found = [
        _measure(stand, layout, effort, f"workers-{number}")
        for number, layout in enumerate(layouts(stand.cores))
    ]
    apart, together, two = (statistics.median(taken.rate) for taken in found)
    used = statistics.median(found[2].load)
    figures = [
        ("1 worker", apart, "calls/s"),
        ("1 worker on one core with load and provider", together, "calls/s"),
        (f"{WORKERS} workers on {WORKERS} cores with load and provider", two, "calls/s"),
        (f"{WORKERS} workers to 1, as measured", two / apart, "times"),
        (f"load and provider took of {WORKERS} cores", used / WORKERS * 100, "%"),
        (f"{WORKERS} workers to 1, had they all of it", full(two, used) / apart, "times"),
        (f"{WORKERS} workers to 1, all on {WORKERS} cores to all on 1", two / together, "times"),
        ("1 worker, CPU per call", statistics.median(found[0].own), "µs"),
        (f"{WORKERS} workers, CPU per call", statistics.median(found[2].own), "µs"),
    ]
    examples = [example for taken in found for example in taken.examples]
    yield from of_gateway(figures, sum(taken.errors for taken in found), examples)


def full(rate: float, used: float) -> float:
    """The rate of `WORKERS` full cores, measured while others used so many of them."""
    return rate * WORKERS / (WORKERS - used) if used < WORKERS else rate


def _measure(stand: Stand, layout: Layout, effort: Effort, folder: str) -> Taken:
    gateway = _start(stand, layout, folder)
    others = (stand.load.pid, stand.provider.pid)
    for pid in others:
        _pin(pid, layout.others)
    taken, scenario = Taken(), busy()
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
    for pid in others:
        _pin(pid, layouts(stand.cores)[0].others)
    del taken.rate[0], taken.load[0], taken.own[0]  # the first round warmed up
    return taken


def _start(stand: Stand, layout: Layout, folder: str) -> Running:
    place = stand.place(folder)
    start = start_gateway(place)
    gateway = stand.processes.listen(
        f"{layout.workers} workers",
        [*start.command, "--workers", str(layout.workers)],
        port=place.port,
        core=None,
        env={**start.env, **stand.env},
        folder=place.folder,
    )
    settled(gateway.pid)  # the port is open as soon as the first of them listens
    for pid in family(gateway.pid):
        _pin(pid, layout.gateway)
    return gateway


def _pin(pid: int, cores: Iterable[int]) -> None:
    if not (chosen := set(cores)):
        return
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
        for task in os.listdir(f"/proc/{pid}/task"):  # each thread has its own cores
            os.sched_setaffinity(int(task), chosen)
