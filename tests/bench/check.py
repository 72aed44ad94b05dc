"""`python -m tests.bench.check` or `make bench-check`: has a call become dearer?

Two figures that do not depend on the clock, nor much on the machine, against `limits.json`:

- bytecode instructions that the gateway runs per call, libraries included. Nearly the same in
  every run, so the margin is narrow. Work in C does not show: JSON, parsers, the kernel.
- CPU per call as a multiple of the bare aiohttp proxy's in the same run. All work shows, and so
  does whatever else the machine does, so the margin is wide.

`--update` writes today's figures with their margins as the new limits.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, override

from tests.bench.arguments import list_of
from tests.bench.catalogue import scenarios
from tests.bench.inside import COUNT
from tests.bench.processes import Processes, Running
from tests.bench.rounds import Effort, measure, settled
from tests.bench.scenario import Scenario
from tests.bench.spy import ask, command
from tests.bench.stand import Stand
from tests.bench.stats import ratio
from tests.bench.table import table
from tests.bench.targets import YARDSTICK

LIMITS: Final = Path(__file__).with_name("limits.json")
MARGINS: Final = {"instructions": 1.15, "times aiohttp": 1.6}
# Where events pile up before a busy proxy, CPU per call is as the machine's other work lets it be:
# streams are compared at a pace.
SCENARIOS: Final[Mapping[str, tuple[str, ...]]] = {
    "instructions": (
        "small", "stream", "large", "small translated", "stream translated", "large translated",
        "small proxy-h1", "small proxy-h2", "small quota",
    ),
    "times aiohttp": (
        "small", "paced", "large", "small translated", "paced translated", "large translated",
        "small proxy-h1", "small proxy-h2", "small quota",
    ),
}  # fmt: skip
_ROUNDS: Final = 5
_ROUND: Final = Effort(rounds=1, seconds=0.3, calls=1_000, warm_up=20)
_WARM_UP: Final = 40  # calls
_COUNTED: Final = 120
_MOST_S: Final = 60.0

type Figures = dict[str, dict[str, float]]  # kind, then scenario


@dataclass(frozen=True, slots=True)
class Excess:
    """A figure above its limit, or without one."""

    kind: str
    scenario: str
    value: float
    limit: float | None

    @override
    def __str__(self) -> str:
        if self.limit is None:
            return f"{self.scenario}: no limit of {self.kind} is stored; run it with --update"
        return (
            f"{self.scenario}: {self.value:,.5g} {self.kind} per call, at most {self.limit:,.5g}"
            f" are allowed ({self.value / self.limit - 1:+.0%}): profile what was changed, or"
            " accept it with --update"
        )


def judge(found: Figures, limits: Mapping[str, Mapping[str, float]]) -> list[Excess]:
    """Which figures are above their limits."""
    return [
        Excess(kind, scenario, value, limit)
        for kind, figures in found.items()
        for scenario, value in figures.items()
        if (limit := limits.get(kind, {}).get(scenario)) is None or value > limit
    ]


def with_margins(found: Figures) -> Figures:
    """The limits that follow from figures, three digits each."""
    return {
        kind: {name: float(f"{value * MARGINS[kind]:.3g}") for name, value in figures.items()}
        for kind, figures in found.items()
    }


def counted(chosen: Sequence[Scenario]) -> dict[str, float]:
    """Instructions per call, by scenario."""
    with Processes() as processes:
        file = processes.folder / "told"
        stand = Stand(processes, ["gateway"], command(file), env={COUNT: "1"})
        return {call.name: _instructions(stand, call, file) for call in chosen}


def _instructions(stand: Stand, scenario: Scenario, file: Path) -> float:
    # One file for the gateways of all setups: only the one that is asked writes.
    gateway = stand.gateway(scenario.setup)
    _calls(stand, scenario, gateway, _WARM_UP)
    stand.load.connect(scenario, gateway, calls=_COUNTED, seconds=_MOST_S)
    settled(gateway.pid)
    before = ask(gateway.pid, file).instructions
    stand.load.go()
    outcome = stand.load.outcome()
    settled(gateway.pid)
    after = ask(gateway.pid, file).instructions
    if outcome.errors or outcome.calls != _COUNTED:
        raise RuntimeError(f"{scenario.name}: {outcome.errors} errors: {outcome.examples}")
    return (after - before) / outcome.calls


def _calls(stand: Stand, scenario: Scenario, gateway: Running, calls: int) -> None:
    stand.load.connect(scenario, gateway, calls=calls, seconds=_MOST_S)
    stand.load.go()
    stand.load.outcome()


def ratios(chosen: Sequence[Scenario]) -> dict[str, float]:
    """CPU per call as a multiple of the yardstick's in the call of the same size."""
    plain = {scenario.name: scenario for scenario in scenarios()}
    with Processes() as processes:
        stand = Stand(processes, [YARDSTICK])
        return {call.name: _ratio(stand, call, plain[call.name.split()[0]]) for call in chosen}


def _ratio(stand: Stand, scenario: Scenario, size: Scenario) -> float:
    # Round by round the one and the other, so that both see the same machine.
    gateway, yardstick, found = stand.gateway(scenario.setup), stand.targets[0], list[float]()
    for number in range(_ROUNDS):
        effort = replace(_ROUND, warm_up=0 if number else _ROUND.warm_up)
        (ours,) = measure([(scenario, gateway)], stand.load, effort)
        (theirs,) = measure([(size, yardstick)], stand.load, effort)
        times = ratio(ours.figure, theirs.figure)
        if times is None or ours.errors or theirs.errors:
            raise RuntimeError(f"{scenario.name}: {[*ours.examples, *theirs.examples]}")
        found.append(times)
    return statistics.median(found)


FIGURES: Final = {"instructions": counted, "times aiohttp": ratios}


def _calls_of(kind: str, chosen: Sequence[str]) -> list[Scenario]:
    return [s for s in scenarios() if s.name in SCENARIOS[kind] and s.name in chosen]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.check",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--update", action="store_true", help="store new limits")
    parser.add_argument("--limits", type=Path, default=LIMITS, metavar="FILE")
    names = list(dict.fromkeys(name for chosen in SCENARIOS.values() for name in chosen))
    parser.add_argument("--scenarios", type=list_of(names), default=names, metavar="A,B")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print figures beside their limits; return 1 if one is above, 2 if they cannot be taken."""
    chosen = _options(arguments)
    try:
        found = {kind: take(_calls_of(kind, chosen.scenarios)) for kind, take in FIGURES.items()}
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2
    stored = json.loads(chosen.limits.read_text()) if chosen.limits.exists() else {}
    if chosen.update:
        new = {
            kind: {**stored.get(kind, {}), **limits} for kind, limits in with_margins(found).items()
        }
        chosen.limits.write_text(json.dumps(new, indent=1) + "\n")
        stored = new
    rows = [
        [name, kind, f"{value:,.4g}", f"{stored.get(kind, {}).get(name, float('nan')):,.4g}"]
        for kind, figures in found.items()
        for name, value in figures.items()
    ]
    print(table(("scenario", "per call", "found", "limit"), rows, left=2))
    too_much = judge(found, stored)
    print("\n".join(map(str, too_much)), file=sys.stderr, end="\n" if too_much else "")
    return 1 if too_much else 0


if __name__ == "__main__":
    sys.exit(main())
