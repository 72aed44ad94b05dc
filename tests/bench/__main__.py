"""Measure the gateway: `python -m tests.bench` or `make bench`.

CPU per call of the gateway beside a bare aiohttp proxy and stock mitmdump, all in one run and in
turns, so that they share whatever else the machine is doing; then times, memory and throughput. The
process under test has one core, the load generator and the provider another one.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType

from tests.bench import report
from tests.bench.arguments import list_of
from tests.bench.catalogue import scenarios
from tests.bench.extras import EXTRAS, OF_ALL_TARGETS
from tests.bench.floor import stream_floor_us
from tests.bench.processes import Processes, Running
from tests.bench.readings import Reading, readings_table
from tests.bench.rounds import Effort, Result, ceiling, measure
from tests.bench.scenario import Scenario
from tests.bench.stand import Stand
from tests.bench.targets import GATEWAY, TARGETS

FULL = Effort(rounds=5, seconds=1.0, calls=5_000, warm_up=300)
QUICK = Effort(
    rounds=2,
    seconds=0.3,
    calls=1_000,
    warm_up=30,
    held=4,
    total=3_000,
    starts=1,
    slowly=4,
    talks=1,
)
LEFT_OUT = ("mitmdump",)  # of a quick run, unless asked for


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    names = [*(scenario.name for scenario in scenarios()), *EXTRAS]
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="a short run: rough figures")
    parser.add_argument("--only", type=list_of(TARGETS), metavar="A,B")
    parser.add_argument("--scenarios", type=list_of(names), default=names, metavar="A,B")
    parser.add_argument("--held", type=float, metavar="SECONDS", help="hold 256 streams so long")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything here, too")
    parser.add_argument(
        "--gateway-command",
        default=GATEWAY,
        metavar="COMMAND",
        help="how to start the gateway, with {config} and {port} in it",
    )
    chosen = parser.parse_args(arguments)
    if chosen.only is None:
        chosen.only = [name for name in TARGETS if not (chosen.quick and name in LEFT_OUT)]
    return chosen


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return 1 if any call went wrong."""
    chosen = options(arguments)
    if not Path("/proc/self/stat").exists():
        print("The benchmark reads CPU times from /proc: it runs on Linux only.", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _leave)
    about = report.surroundings([Path(sys.executable).name, "-m", "tests.bench", *sys.argv[1:]])
    print("\n".join(f"{name + ':':16}{value}" for name, value in about.items()), flush=True)
    if warning := report.warn_if_unpinned():
        print(f"note: {warning}")
    began = time.monotonic()
    results: list[Result] = []
    readings: list[Reading] = []
    broken = False
    try:
        _run(chosen, results, readings)
    except RuntimeError as error:  # what was measured before it is told nevertheless
        print(error, file=sys.stderr)
        broken = True
    except KeyboardInterrupt:
        return 130
    if results:
        print(f"\n{report.results_table(results)}\n\n{report.explain()}")
        print("\n".join(report.ceilings(results)))
    if readings:
        print(f"\n{readings_table(readings)}")
    print(f"\ntaken in {time.monotonic() - began:.0f} s")
    if tables := report.for_docs(results, readings):
        print(f"\n{tables}")
    if chosen.json:
        found = report.as_json(about, results, readings)
        chosen.json.write_text(json.dumps(found, indent=1) + "\n")
    complaints = report.complaints(results, readings)
    print("\n".join(complaints), file=sys.stderr, end="\n" if complaints else "")
    return 2 if broken else 1 if complaints else 0


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _run(chosen: argparse.Namespace, results: list[Result], readings: list[Reading]) -> None:
    effort = QUICK if chosen.quick else FULL
    effort = effort if chosen.held is None else replace(effort, held=chosen.held)
    with Processes() as processes:
        stand = Stand(processes, chosen.only, chosen.gateway_command)
        if "stream" in chosen.scenarios:
            floor = stream_floor_us(stand.cores.other)
            print(f"the kernel alone wants {floor:.0f} µs for a stream's writes and reads")
        results.extend(_results(chosen.scenarios, stand, effort))
        for name in _extras(chosen):
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            readings.extend(EXTRAS[name](stand, effort))
        processes.stop()
        if "gateway" in chosen.only:
            print(stand.accounted())


def _extras(chosen: argparse.Namespace) -> Iterator[str]:
    for name in EXTRAS:
        if name in chosen.scenarios and (name in OF_ALL_TARGETS or "gateway" in chosen.only):
            yield name


def _results(names: Collection[str], stand: Stand, effort: Effort) -> list[Result]:
    chosen = [scenario for scenario in scenarios() if scenario.name in names]
    bare = []
    for scenario in chosen:
        if not scenario.only_gateway:
            print(f"measuring {scenario.name} without a proxy …", file=sys.stderr, flush=True)
            bare.append(ceiling(scenario, stand.provider, stand.load, effort))
    order = [(scenario, target) for scenario in chosen for target in _targets(scenario, stand)]
    found = [*bare, *measure(order, stand.load, effort)]
    in_order = [scenario.name for scenario in chosen]
    return sorted(found, key=lambda result: in_order.index(result.scenario))


def _targets(scenario: Scenario, stand: Stand) -> Sequence[Running]:
    if not scenario.only_gateway:
        return stand.targets
    return [stand.gateway(scenario.setup)] if "gateway" in stand.chosen else []


if __name__ == "__main__":
    sys.exit(main())
