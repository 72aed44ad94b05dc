"""Let every target take its turn in every round, and count its processor time."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench.callers import Outcome
from tests.bench.catalogue import as_order
from tests.bench.cpu import cpu_seconds
from tests.bench.processes import Processes, Running
from tests.bench.scenario import Scenario
from tests.bench.stats import Figure, figure
from tests.bench.targets import ca

_QUIET = 0.002  # seconds of CPU per look: what an idle process may use
_LOOK = 0.1  # seconds between two looks
_SETTLE = 3  # seconds to wait at most for a process to become idle


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is measured."""

    rounds: int
    seconds: float  # per round, at most
    calls: int  # per round, at most
    warm_up: int  # calls before the first round; 0: everything is warm
    held: float = 60.0  # seconds for which many streams are held open
    total: int = 100_000  # calls after which memory is looked at
    starts: int = 5
    slowly: float = 20.0  # seconds for which slow readers read
    talks: int = 3  # calls of each paced stream whose times are taken


@dataclass(slots=True, kw_only=True)
class Result:
    """What one target did in one scenario; times in microseconds per call."""

    scenario: str
    target: str
    cpu: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)  # calls per second
    reads: list[float] = field(default_factory=list)  # pieces in which a reply arrived
    calls: int = 0  # warm-up included
    errors: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def figure(self) -> Figure | None:
        """CPU per call over all rounds."""
        return figure(self.cpu)


class LoadGenerator:
    """The load generator's process."""

    def __init__(self, processes: Processes, *, core: int | None) -> None:
        command = [sys.executable, "-m", "tests.bench.load"]
        self.pid, self._orders, self._answers = processes.converse("load", command, core=core)
        self._processes = processes
        self._port = 0
        self.answered: dict[int, int] = {}  # calls answered as they should be, by port

    def connect(
        self,
        scenario: Scenario,
        target: Running,
        *,
        calls: int,
        seconds: float,
        timed: bool = False,
    ) -> None:
        """Have the connections opened."""
        order = {
            "scenario": as_order(scenario),
            "port": target.port,
            "calls": calls,
            "seconds": seconds,
            "ca": str(ca(target.folder)),
            "timed": timed,
        }
        self._port = target.port
        self._say(json.dumps(order))
        self._read()

    def go(self) -> None:
        """Let the calls begin."""
        self._say("go")

    def outcome(self) -> Outcome:
        """What became of them, when all are over."""
        found = Outcome(**json.loads(self._read()))
        self.answered[self._port] = self.answered.get(self._port, 0) + found.calls
        return found

    def _say(self, line: str) -> None:
        self._orders.write(line + "\n")
        self._orders.flush()

    def _read(self) -> str:
        line = self._answers.readline()
        if not line:
            raise RuntimeError("the load generator ended:\n" + self._processes.last_words("load"))
        return line


def measure(
    order: Sequence[tuple[Scenario, Running]], load: LoadGenerator, effort: Effort
) -> list[Result]:
    """Warm all up, then measure round by round, each scenario and target in turn.

    The machine's speed changes within minutes: so all of them see all of it.
    """
    results = [Result(scenario=scenario.name, target=target.name) for scenario, target in order]
    turns = [(*pair, result) for pair, result in zip(order, results, strict=True)]
    for scenario, target, result in turns if effort.warm_up else ():
        _turn(scenario, target, load, result, calls=effort.warm_up, seconds=effort.seconds)
        result.cpu.clear()
        result.rate.clear()
        result.reads.clear()
    for number in range(effort.rounds):
        if effort.rounds > 1:
            print(f"round {number + 1} of {effort.rounds} …", file=sys.stderr, flush=True)
        for scenario, target, result in turns:
            _turn(scenario, target, load, result, calls=effort.calls, seconds=effort.seconds)
    return results


def _turn(
    scenario: Scenario,
    target: Running,
    load: LoadGenerator,
    result: Result,
    *,
    calls: int,
    seconds: float,
) -> None:
    load.connect(scenario, target, calls=calls, seconds=seconds)
    before = settled(target.pid)
    load.go()
    outcome = load.outcome()
    used = settled(target.pid) - before
    result.calls += outcome.calls
    result.errors += outcome.errors
    result.examples += outcome.examples
    if outcome.calls:
        result.cpu.append(used / outcome.calls * 1e6)
        result.rate.append(outcome.calls / outcome.seconds)
        result.reads.append(outcome.reads / outcome.calls)


def settled(pid: int) -> float:
    """Processor time once a process has done what it put off: accounting, closing connections."""
    used = cpu_seconds(pid)
    for _ in range(round(_SETTLE / _LOOK)):
        time.sleep(_LOOK)
        earlier, used = used, cpu_seconds(pid)
        if used - earlier < _QUIET:
            break
    return used


def ceiling(scenario: Scenario, provider: Running, load: LoadGenerator, effort: Effort) -> Result:
    """Measure load generator and provider without anything between them."""
    own = direct(provider, load)
    before = cpu_seconds(provider.pid)
    (result,) = measure([(scenario, own)], load, effort)
    served = (cpu_seconds(provider.pid) - before) / max(result.calls, 1) * 1e6
    result.cpu = [used + served for used in result.cpu]
    return result


def direct(provider: Running, load: LoadGenerator) -> Running:
    """The load generator as if it were a target: what it does is called at the provider."""
    return Running(name="direct", pid=load.pid, port=provider.port)
