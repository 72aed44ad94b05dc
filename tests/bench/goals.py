"""What issue 6 asks for beside what was measured, in Markdown, to be pasted into docs."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from tests.bench.readings import Reading
from tests.bench.rounds import Result
from tests.bench.stats import ratio
from tests.bench.table import markdown
from tests.bench.targets import YARDSTICK

NOTHING: Final = "–"

# The first bold row of issue 6; CPU per call in µs.
_CPU: Final = {
    "small": 300.0,
    "stream": 900.0,
    "large": 600.0,
    "small translated": 450.0,
    "stream translated": 2_500.0,
    "large translated": 3_500.0,
}


@dataclass(frozen=True, slots=True)
class _Times:
    """Readings that share a column."""

    head: str
    goals: tuple[float, ...]
    prefixes: tuple[str, ...]  # of the readings' names
    digits: int
    between: str


_READINGS: Final = (
    _Times("added p50, 1 client, ms", (0.6,), ("one client, p50, added",), 2, ""),
    _Times(
        "added TTFT, ms",
        (1.5, 8.0),
        ("TTFT, 64 streams, p50, added", "TTFT, 64 streams, p99, added"),
        1,
        " / ",
    ),
    _Times("RSS idle, after load, MB", (110.0, 130.0), ("RSS idle", "RSS after"), 0, ", "),
)


def goals_table(results: Sequence[Result], readings: Sequence[Reading]) -> str | None:
    """To reach, measured, × aiohttp, × the goal, the round that was disturbed least.

    `None` if nothing of it was measured.
    """
    measured = _row("measured", partial(_measured, results), partial(_found, readings))
    if not any(cell.strip(f"{NOTHING} /,") for cell in measured[1:]):
        return None
    rows = [
        _row("**to reach**", _goal, _wanted),
        measured,
        _row(f"× {YARDSTICK}", partial(_times, results), lambda _: ""),
        _row("× to reach", partial(_missed, results), partial(_missed_by, readings)),
        _row("fastest round", partial(_fastest, results), lambda _: ""),
    ]
    return markdown(["", *_CPU, *(times.head for times in _READINGS)], rows)


def _row(name: str, cpu: Callable[[str], str], of_times: Callable[[_Times], str]) -> list[str]:
    return [name, *map(cpu, _CPU), *map(of_times, _READINGS)]


def _goal(scenario: str) -> str:
    return f"{_CPU[scenario]:,.0f}"


def _wanted(times: _Times) -> str:
    return times.between.join(f"{goal:g}" for goal in times.goals)


def _result(results: Sequence[Result], scenario: str, target: str) -> Result | None:
    return next((r for r in results if (r.scenario, r.target) == (scenario, target)), None)


def _measured(results: Sequence[Result], scenario: str) -> str:
    own = _result(results, scenario, "gateway")
    return f"{statistics.median(own.cpu):,.0f}" if own and own.cpu else NOTHING


def _times(results: Sequence[Result], scenario: str) -> str:
    own = _result(results, scenario, "gateway")
    bare = _result(results, scenario.split(maxsplit=1)[0], YARDSTICK)
    times = ratio(own.figure, bare.figure) if own and bare else None
    return NOTHING if times is None else f"{times:.2f}"


def _missed(results: Sequence[Result], scenario: str) -> str:
    own = _result(results, scenario, "gateway")
    return f"{statistics.median(own.cpu) / _CPU[scenario]:.2f}" if own and own.cpu else NOTHING


def _fastest(results: Sequence[Result], scenario: str) -> str:
    own = _result(results, scenario, "gateway")
    return f"{min(own.cpu):,.0f}" if own and own.cpu else NOTHING


def _values(readings: Sequence[Reading], times: _Times) -> list[float | None]:
    own = [reading for reading in readings if reading.target == "gateway"]
    return [
        next((reading.value for reading in own if reading.what.startswith(prefix)), None)
        for prefix in times.prefixes
    ]


def _found(readings: Sequence[Reading], times: _Times) -> str:
    found = _values(readings, times)
    return times.between.join(NOTHING if v is None else f"{v:.{times.digits}f}" for v in found)


def _missed_by(readings: Sequence[Reading], times: _Times) -> str:
    pairs = zip(_values(readings, times), times.goals, strict=True)
    return times.between.join(NOTHING if v is None else f"{v / goal:.2f}" for v, goal in pairs)
