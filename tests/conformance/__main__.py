"""`python -m tests.conformance`: every recording through every format; exit 1 on a fault.

`$PLEXUS_WIRE_DIR` and `$PLEXUS_CLIENT_DIR` name the folders (see tests/wire_files.py).
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.conformance.corpus import cases
from tests.conformance.excused import excuse_for
from tests.conformance.outcome import Failure, Outcome
from tests.conformance.run import check_all
from tests.wire_files import wire_dir

_KINDS = ("request", "response", "stream", "error")


def main() -> int:
    """Check everything, print the table, and return the exit status."""
    if wire_dir() is None:
        print("no recordings: set PLEXUS_WIRE_DIR to their folder", file=sys.stderr)
        return 2
    began = time.monotonic()
    outcomes = check_all(cases())
    failures = [failure for outcome in outcomes for failure in outcome.failures]
    unexplained = [failure for failure in failures if excuse_for(failure) is None]
    print(table(outcomes))
    print_failures("Explained by the recording itself", excused(failures))
    print_failures("Failures", [f"{f.name}  {f.check}  {f.reason}" for f in unexplained])
    print(f"\n{len(unexplained)} failures, {time.monotonic() - began:.0f} s")
    return 1 if unexplained else 0


def table(outcomes: Sequence[Outcome]) -> str:
    """The counts of each format, one to a line."""
    head = f"{'format':40}{'files':>7}{'requests':>10}{'answers':>9}{'streams':>9}{'errors':>8}"
    lines = [f"{head}{'checks':>9}{'failures':>10}{'excused':>9}"]
    formats = sorted({outcome.format for outcome in outcomes})
    lines += [_line(name, [o for o in outcomes if o.format == name]) for name in formats]
    return "\n".join([*lines, _line("all", outcomes)])


def _line(name: str, outcomes: Sequence[Outcome]) -> str:
    kinds = Counter(outcome.kind for outcome in outcomes)
    failures = [failure for outcome in outcomes for failure in outcome.failures]
    excuses = sum(excuse_for(failure) is not None for failure in failures)
    files = len({outcome.name for outcome in outcomes})
    counted = "".join(f"{kinds[kind]:>{w}}" for kind, w in zip(_KINDS, (10, 9, 9, 8), strict=True))
    checks = sum(outcome.checks for outcome in outcomes)
    return f"{name:40}{files:>7}{counted}{checks:>9}{len(failures) - excuses:>10}{excuses:>9}"


def excused(failures: Sequence[Failure]) -> list[str]:
    """The failures that have an excuse, with it."""
    found = ((failure, excuse_for(failure)) for failure in failures)
    return [f"{f.name}  {f.check}  {excuse.why}" for f, excuse in found if excuse is not None]


def print_failures(title: str, lines: Sequence[str]) -> None:
    """Print a list under its title, unless it is empty."""
    if lines:
        print(f"\n{title}:")
        print("\n".join(f"  {line}" for line in lines))


if __name__ == "__main__":
    sys.exit(main())
