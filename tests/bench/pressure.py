"""Slow readers and slow providers: memory stays flat, and nobody else waits.

Both are right or wrong, not only large or small: what is wrong is told like a wrong answer.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Final

from tests.bench.catalogue import as_order, one_client, scenarios, silent, torrents
from tests.bench.processes import Running
from tests.bench.readers import Crowd, Read
from tests.bench.readings import Reading, quantile
from tests.bench.rounds import Effort, settled
from tests.bench.scenario import Scenario
from tests.bench.stand import Stand
from tests.bench.targets import ca
from tests.bench.usage import resident_mb

SLOWLY: Final = 10_000.0  # bytes a second
MORE_MB: Final = 4.0  # for each reader, at most, in the beginning: what is read and written at once
FLAT_MB: Final = 4.0  # for all of them, at most, from a quarter of the time on
SLOWER: Final = 2.0  # times the median without; far more than a loop of 64 idle connections adds
_AND_MS: Final = 1.0  # for a machine that is busy with other things
_LOOK_S: Final = 0.25
_WARM_UP: Final = 200  # calls of either kind


@dataclass(slots=True)
class _Memory:
    """Resident memory of one gateway, in MB."""

    gateway: Running
    scenario: Scenario
    start: float
    early: float = 0.0  # at a quarter of the time
    highest: float = 0.0
    end: float = 0.0
    read: Read = field(default_factory=Read)

    def look(self) -> None:
        self.highest = max(self.highest, resident_mb(self.gateway.pid))


def slow_readers(stand: Stand, effort: Effort) -> Iterator[Reading]:
    """Memory while streams that come fast are read slowly, by every way that they can take."""
    taken = [_begun(stand, scenario, f"torrent-{n}") for n, scenario in enumerate(torrents())]
    crowds = [_crowd(memory.scenario, memory.gateway, SLOWLY) for memory in taken]
    with _readers(stand, crowds) as leave:
        time.sleep(effort.slowly / 4)
        for memory in taken:
            memory.early = resident_mb(memory.gateway.pid)
        limit = time.monotonic() + effort.slowly * 3 / 4
        while time.monotonic() < limit:
            for memory in taken:
                memory.look()
            time.sleep(_LOOK_S)
        for memory, read in zip(taken, leave(), strict=True):
            memory.read = read
    for memory in taken:
        settled(memory.gateway.pid)
        memory.end = resident_mb(memory.gateway.pid)
        yield from _told(memory)
        stand.processes.end(memory.gateway)
    yield from _others(stand, effort)


def too_high(start: float, early: float, highest: float, readers: int) -> str | None:
    """What is wrong when so many readers let memory grow from `start` MB, if anything is."""
    allowed = min(start + readers * MORE_MB, early + FLAT_MB)
    if highest <= allowed:
        return None
    return (
        f"RSS grew from {start:.1f} to {early:.1f} and on to {highest:.1f} MB, at most"
        f" {allowed:.1f} are allowed"
    )


def too_slow(without: float, beside: float) -> str | None:
    """What is wrong when small calls take so many ms without and beside others, if anything is."""
    allowed = without * SLOWER + _AND_MS
    if beside <= allowed:
        return None
    return f"a small call took {beside:.2f} ms, at most {allowed:.2f} are allowed"


def _begun(stand: Stand, scenario: Scenario, folder: str) -> _Memory:
    gateway = stand.start(folder)
    _warm(stand, gateway)
    return _Memory(gateway, scenario, resident_mb(gateway.pid))


def _warm(stand: Stand, gateway: Running) -> None:
    for call in scenarios()[:2]:
        stand.load.connect(call, gateway, calls=_WARM_UP, seconds=60.0)
        stand.load.go()
        stand.load.outcome()
    settled(gateway.pid)


def _told(memory: _Memory) -> Iterator[Reading]:
    scenario, read = memory.scenario, memory.read
    # That they all leave at once is no slow reading, but costs no more than they were allowed.
    readers = scenario.connections
    wrong = too_high(memory.start, memory.early, memory.highest, readers) or too_high(
        memory.start, memory.end, memory.end, readers
    )
    complaints = [*read.examples, *([wrong] if wrong else [])]
    name = f"{scenario.connections} slow readers, {scenario.name}"
    figures = [
        ("RSS before", memory.start, "MB"),
        ("RSS at a quarter of the time", memory.early, "MB"),
        (
            f"RSS highest (+{scenario.connections * MORE_MB:g}, then +{FLAT_MB:g} at most)",
            memory.highest,
            "MB",
        ),
        ("RSS after", memory.end, "MB"),
        ("read by each", read.bytes / 1e3 / scenario.connections, "KB"),
    ]
    for what, value, unit in figures:
        yield Reading(
            what=f"{name}: {what}",
            target="gateway",
            value=value,
            unit=unit,
            errors=len(complaints) if what.startswith("RSS highest") else 0,
            examples=tuple(complaints),
        )


def _others(stand: Stand, effort: Effort) -> Iterator[Reading]:
    """The median of small calls without and beside stalled providers and readers."""
    gateway = stand.start("pressed")
    _warm(stand, gateway)
    before, errors = _median(stand, gateway, effort)
    idle, torrent = silent(), torrents()[0]
    crowds = [_crowd(idle, gateway, 0.0, is_answered=False)]
    crowds += [_crowd(torrent, gateway, 0.0)] * (idle.connections // torrent.connections)
    with _readers(stand, crowds) as leave:
        settled(gateway.pid)
        beside, more = _median(stand, gateway, effort)
        lost = sum((read.examples for read in leave()), list[str]())
    settled(gateway.pid)
    after, again = _median(stand, gateway, effort)
    wrong = too_slow(max(before, after), beside)
    complaints = [*errors, *more, *again, *lost, *([wrong] if wrong else [])]
    count = idle.connections
    name = f"small call beside {count} stalled providers and {count} readers that stopped, p50"
    yield Reading(what="small call, p50", target="gateway", value=(before + after) / 2, unit="ms")
    yield Reading(
        what=name,
        target="gateway",
        value=beside,
        unit="ms",
        errors=len(complaints),
        examples=tuple(complaints),
    )
    stand.processes.end(gateway)


def _median(stand: Stand, gateway: Running, effort: Effort) -> tuple[float, list[str]]:
    seconds = effort.seconds * effort.rounds / 2
    stand.load.connect(one_client(), gateway, calls=1_000_000, seconds=seconds, timed=True)
    stand.load.go()
    outcome = stand.load.outcome()
    return quantile(outcome.whole, 0.5) * 1e3, outcome.examples


def _crowd(scenario: Scenario, gateway: Running, pace: float, *, is_answered: bool = True) -> Crowd:
    return Crowd(
        order=as_order(scenario),
        port=gateway.port,
        bytes_per_s=pace,
        is_answered=is_answered,
        ca=str(ca(gateway.folder)),
    )


@contextmanager
def _readers(stand: Stand, crowds: Sequence[Crowd]) -> Iterator[Callable[[], list[Read]]]:
    """Let them read; what is yielded sends them away and returns what they read."""
    command = [sys.executable, "-m", "tests.bench.readers"]
    core = stand.cores.other
    pid, orders, answers = stand.processes.converse("readers", command, core=core)

    def said() -> str:
        line = answers.readline()
        if not line:
            words = stand.processes.last_words("readers")
            raise RuntimeError("the slow readers ended:\n" + words)
        return line

    def leave() -> list[Read]:
        orders.write("leave\n")
        orders.flush()
        return [Read(**read) for read in json.loads(said())]

    try:
        orders.write(json.dumps([asdict(crowd) for crowd in crowds]) + "\n")
        orders.flush()
        said()
        yield leave
    finally:
        stand.processes.end(Running(name="readers", pid=pid, port=0))
