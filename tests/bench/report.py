"""Say what was measured: the surroundings, a table, and the same as JSON."""

from __future__ import annotations

import datetime
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.bench.goals import goals_table
from tests.bench.readings import Reading, readings_markdown
from tests.bench.rounds import Result
from tests.bench.stats import Figure, ratio
from tests.bench.table import markdown, table
from tests.bench.targets import YARDSTICK

PACKAGES = ("aiohttp", "uvloop", "mitmproxy", "orjson", "plexus-gateway")
HEADS = ("scenario", "target", "CPU µs/call", "±", f"× {YARDSTICK}", "calls/s", "reads", "errors")

_ENOUGH = 1.5  # times what the fastest target does


def surroundings(command: Sequence[str]) -> dict[str, str]:
    """Date, command, versions and machine."""
    packages = {name: _version(name) for name in PACKAGES}
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": " ".join(command),
        "commit": _commit(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        **packages,
        "kernel": f"{platform.system()} {platform.release()}",
        "processor": f"{_processor()}, {os.cpu_count()} cores",
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def results_table(results: Sequence[Result]) -> str:
    """Every result in a row, compared with the yardstick in the scenario of the same size."""
    return table(HEADS, _rows(results), left=2)


def for_docs(results: Sequence[Result], readings: Sequence[Reading]) -> str:
    """Every table in Markdown, issue 6's first; nothing without the gateway's figures."""
    goals = goals_table(results, readings)
    if goals is None:
        return ""
    tables = [goals]
    tables += [markdown(HEADS, _rows(results))] if results else []
    tables += [readings_markdown(readings)] if readings else []
    return "\n\n".join(["For docs/performance.md:", *tables])


def _rows(results: Sequence[Result]) -> list[list[str]]:
    yardsticks = {r.scenario: r.figure for r in results if r.target == YARDSTICK}
    return [_row(result, yardsticks) for result in results]


def _row(result: Result, yardsticks: dict[str, Figure | None]) -> list[str]:
    figure = result.figure
    size = result.scenario.split()[0]
    times = ratio(figure, yardsticks.get(size))
    return [
        result.scenario,
        result.target,
        f"{figure.median:,.0f}" if figure else "-",
        f"{figure.spread:.0%}" if figure else "-",
        f"{times:.2f}" if times is not None and result.target != "direct" else "-",
        f"{statistics.median(result.rate):,.0f}" if result.rate else "-",
        f"{statistics.median(result.reads):.1f}" if result.reads else "-",
        str(result.errors),
    ]


def ceilings(results: Sequence[Result]) -> list[str]:
    """Where load generator and provider are nearly what is measured, and how nearly.

    Where frames come at a pace, that is what sets the rate of all.
    """
    rates = {(r.scenario, r.target): statistics.median(r.rate) for r in results if r.rate}
    notes = []
    for scenario in {r.scenario: None for r in results if r.target == "direct"}:
        if scenario == "paced":
            continue
        alone = rates.get((scenario, "direct"), 0.0)
        others = [v for (s, target), v in rates.items() if s == scenario and target != "direct"]
        if others and alone < _ENOUGH * max(others):
            notes.append(
                f"note: in {scenario}, load and provider alone make {alone / max(others):.1f} times"
                " the calls of the fastest target: its CPU per call is right, its calls/s are not"
            )
    return notes


def complaints(results: Sequence[Result], readings: Sequence[Reading] = ()) -> list[str]:
    """What went wrong, with one example for each target and scenario."""
    wrong = [(r.target, r.scenario, r.errors, r.examples) for r in results if r.errors]
    wrong += [(r.target, r.what, r.errors, list(r.examples)) for r in readings if r.errors]
    return [
        f"{target}, {what}: {errors} errors, such as: {[*examples, 'nothing said'][0]}"
        for target, what, errors, examples in wrong
    ]


def as_json(
    about: dict[str, str], results: Sequence[Result], readings: Sequence[Reading] = ()
) -> dict[str, object]:
    """Everything that was measured; times of `results` in microseconds."""
    return {
        "about": about,
        "results": [asdict(result) for result in results],
        "readings": [asdict(reading) for reading in readings],
    }


def explain() -> str:
    """What the columns mean."""
    return (
        "CPU µs/call: median over the rounds of the processor time of the process, its threads and"
        " children included; ±: half the distance of the extreme rounds; reads: in how many pieces"
        " a reply reached the client; direct: load generator and provider alone, the ceiling."
    )


def warn_if_unpinned() -> str | None:
    """Why the figures are worth less than they could be, if so."""
    if not hasattr(os, "sched_setaffinity"):
        return "this system cannot pin processes to cores: figures may jump"
    if len(os.sched_getaffinity(0)) < 2:
        return "one core only: proxy and load generator share it, figures may jump"
    return None if sys.platform == "linux" else "only Linux tells the CPU time this counts"
