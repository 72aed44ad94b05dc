"""`python -m tests.chaos`: thousands of calls while providers fail; exit 1 if one came to harm.

Seeded, on loopback ports only. `--only N` makes one call of the run again, by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.chaos.calls import Call, planned
from tests.chaos.chaos import Report, run
from tests.chaos.table import failures, table


def main() -> int:
    """Run, print the table, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, metavar="N", help="make call N alone")
    parser.add_argument("--phase", help="make the calls of one phase alone")
    options = parser.parse_args()
    calls = _chosen(planned(options.calls, options.seed), options.only, options.phase)
    logging.getLogger("plexus").setLevel(logging.ERROR)  # failures are what this is about
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="plexus-chaos-") as folder:
        report = asyncio.run(run(calls, Path(folder)))
    _print(report, time.monotonic() - began, options.seed)
    return 1 if report.wrong or report.problems else 0


def _chosen(calls: Sequence[Call], only: int | None, phase: str | None) -> list[Call]:
    found = [c for c in calls if only in (None, c.number) and phase in (None, c.phase.name)]
    if not found:
        sys.exit("no such call")
    return found if only is None else [replace(call, victim_first=True) for call in found]


def _print(report: Report, seconds: float, seed: int) -> None:
    print(table(report))
    if report.wrong or report.problems:
        print(f"\nFailures (again with --seed {seed} --calls as above --only N):")
        print(failures(report))
    calls, wrong = len(report.verdicts), len(report.wrong) + len(report.problems)
    print(f"\n{calls} calls, seed {seed}: {wrong} failures, {seconds:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
