"""Measure CPU per call: `python -m tests.bench` or `make bench`.

The gateway's listener stands beside a bare aiohttp proxy and stock mitmdump, all in one run and in
turns, so that they share whatever else the machine is doing. The process under test has one core,
the load generator and the provider another one.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import FrameType

from tests.bench import report
from tests.bench.processes import Processes, Running, free_port
from tests.bench.rounds import Effort, LoadGenerator, Result, ceiling, measure
from tests.bench.scenario import Scenario, scenarios
from tests.bench.targets import GATEWAY, TARGETS, Place, ledger

FULL = Effort(rounds=5, seconds=2.0, calls=5_000, warm_up=300)
QUICK = Effort(rounds=3, seconds=0.7, calls=1_000, warm_up=50)


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    names = [scenario.name for scenario in scenarios()]
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="a short run: rough figures")
    parser.add_argument("--only", type=_list_of(TARGETS), default=list(TARGETS), metavar="A,B")
    parser.add_argument("--scenarios", type=_list_of(names), default=names, metavar="A,B")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything here, too")
    parser.add_argument(
        "--gateway-command",
        default=GATEWAY,
        metavar="COMMAND",
        help="how to start the gateway, with {config} and {port} in it",
    )
    return parser.parse_args(arguments)


def _list_of(known: Iterable[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        chosen = [name.strip() for name in text.split(",")]
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"unknown {name!r}; known: {', '.join(known)}")
        return chosen

    return parse


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
    try:
        results = _run(chosen)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(f"\n{report.results_table(results)}\n\n{report.explain()}")
    if chosen.json:
        chosen.json.write_text(json.dumps(report.as_json(about, results), indent=1) + "\n")
    complaints = report.complaints(results)
    print("\n".join(complaints), file=sys.stderr, end="\n" if complaints else "")
    return 1 if any(result.errors for result in results) else 0


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _run(chosen: argparse.Namespace) -> list[Result]:
    effort = QUICK if chosen.quick else FULL
    tested, other = _cores()
    results: list[Result] = []
    with Processes() as processes:
        port = free_port()
        command = [sys.executable, "-m", "tests.bench.provider", str(port)]
        provider = processes.listen("provider", command, port=port, core=other)
        targets = [_start(name, processes, provider, chosen, tested) for name in chosen.only]
        load = LoadGenerator(processes, core=other)
        for scenario in scenarios():
            if scenario.name in chosen.scenarios:
                results += _scenario(scenario, provider, targets, load, effort)
        processes.stop()
        if "gateway" in chosen.only:
            print(_accounted(results, ledger(processes.folder)))
    return results


def _cores() -> tuple[int | None, int | None]:
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    cores = sorted(os.sched_getaffinity(0))
    return cores[0], cores[-1]


def _start(
    name: str,
    processes: Processes,
    provider: Running,
    chosen: argparse.Namespace,
    core: int | None,
) -> Running:
    place = Place(
        port=free_port(),
        upstream=provider.port,
        folder=processes.folder,
        gateway=chosen.gateway_command,
    )
    start = TARGETS[name](place)
    return processes.listen(name, start.command, port=place.port, core=core, env=start.env)


def _scenario(
    scenario: Scenario,
    provider: Running,
    targets: Sequence[Running],
    load: LoadGenerator,
    effort: Effort,
) -> list[Result]:
    if scenario.only_gateway:
        return measure(scenario, [t for t in targets if t.name == "gateway"], load, effort)
    print(f"measuring {scenario.name} …", file=sys.stderr, flush=True)
    direct = ceiling(scenario, provider, load, effort)
    return [direct, *measure(scenario, targets, load, effort)]


def _accounted(results: Sequence[Result], path: Path) -> str:
    made = sum(result.calls for result in results if result.target == "gateway")
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            (rows,) = database.execute("SELECT count(*) FROM request_usage").fetchone()
    except sqlite3.Error as error:
        return f"the gateway's ledger could not be read: {error}"
    return f"the gateway answered {made} calls and accounted for {rows}"


if __name__ == "__main__":
    sys.exit(main())
