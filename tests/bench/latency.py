"""What a gateway adds in time: to a small call, to the first token, and between two frames.

All are wall-clock times on a machine that is far from busy; `direct` is the same call without
anything between, and what is "added" is the difference of the same quantile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench.catalogue import one_client, scenarios, talking
from tests.bench.processes import Running
from tests.bench.readings import Reading, quantile
from tests.bench.rounds import Effort, direct
from tests.bench.scenario import Scenario
from tests.bench.stand import Stand

_TTFT_STREAMS = 64
_GAP_STREAMS = 16
_WARM_UP = 50  # calls
_NO_LIMIT_S = 60.0


@dataclass(slots=True)
class _Times:
    target: str
    whole: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    errors: int = 0
    examples: list[str] = field(default_factory=list)


def one(stand: Stand, effort: Effort) -> Iterator[Reading]:
    """The median of a call when there is one client."""
    taken = _take(stand, one_client(), effort.rounds, 1_000_000, effort.seconds / 2)
    yield from _added("one client, p50", taken, "whole", 0.5)


def ttft(stand: Stand, effort: Effort) -> Iterator[Reading]:
    """Median and 99th percentile of the time to the first token of streams that come slowly."""
    taken = _talk(stand, _TTFT_STREAMS, effort)
    for part in (0.5, 0.99):
        yield from _added(f"TTFT, {_TTFT_STREAMS} streams, p{part * 100:g}", taken, "first", part)


def gaps(stand: Stand, effort: Effort) -> Iterator[Reading]:
    """Median and 99th percentile of the time between two pieces of a stream, in itself."""
    taken = _talk(stand, _GAP_STREAMS, effort)
    for part in (0.5, 0.99):
        for times in taken:
            name = f"gap, {_GAP_STREAMS} streams, p{part * 100:g}"
            yield _reading(name, times, quantile(times.gaps, part))


def _take(
    stand: Stand, scenario: Scenario, rounds: int, calls: int, seconds: float
) -> list[_Times]:
    targets = [direct(stand.provider, stand.load), *stand.targets]
    found = [_Times(target.name) for target in targets]
    for target in targets:
        _round(stand, scenarios()[1], target, _Times(target.name), _WARM_UP, seconds)
    for _ in range(rounds):
        for target, times in zip(targets, found, strict=True):
            _round(stand, scenario, target, times, calls, seconds)
    return found


def _talk(stand: Stand, streams: int, effort: Effort) -> list[_Times]:
    # The time is no limit here: each stream makes its calls, one after the other.
    rounds = max(1, effort.rounds // 2)
    return _take(stand, talking(streams), rounds, streams * effort.talks, _NO_LIMIT_S)


def _round(
    stand: Stand, scenario: Scenario, target: Running, times: _Times, calls: int, seconds: float
) -> None:
    stand.load.connect(scenario, target, calls=calls, seconds=seconds, timed=True)
    stand.load.go()
    outcome = stand.load.outcome()
    times.whole += outcome.whole
    times.first += outcome.first
    times.gaps += outcome.gaps
    times.errors += outcome.errors
    times.examples += outcome.examples


def _added(name: str, taken: list[_Times], kind: str, part: float) -> Iterator[Reading]:
    bare = quantile(getattr(taken[0], kind), part)
    yield _reading(name, taken[0], bare)
    for times in taken[1:]:
        yield _reading(f"{name}, added", times, quantile(getattr(times, kind), part) - bare)


def _reading(name: str, times: _Times, seconds: float) -> Reading:
    return Reading(
        what=name,
        target=times.target,
        value=seconds * 1e3,
        unit="ms",
        errors=times.errors,
        examples=tuple(times.examples),
    )
