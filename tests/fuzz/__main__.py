"""`python -m tests.fuzz --minutes N [--decoder NAME] [--seed S]`: mutate recordings, decode, watch.

Without `--decoder` every decoder gets an equal share of the time. Exit status 1 on any fault.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence

from tests.fuzz.mutate import minimised, mutate
from tests.fuzz.seeds import others, seeds
from tests.fuzz.targets import Target, targets

MOST_FAULTS = 10  # kinds of them, after which a decoder's run ends


def main() -> int:
    """Fuzz, print what was found, and return the exit status."""
    asked = _arguments()
    names = [asked.decoder] if asked.decoder else [*targets()]
    share = asked.minutes * 60 / len(names)
    faults = sum(run(name, share, asked.seed) for name in names)
    return 1 if faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--decoder", choices=[*targets()])
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def run(name: str, seconds: float, seed: int) -> int:
    """Fuzz one decoder for a time, print the count, and return how many kinds of fault it has."""
    dialect, _, kind = name.partition("-")
    target = targets()[name]
    grounds, foreign = seeds(dialect, kind), others(kind)
    rand = random.Random(seed)
    found: dict[str, bytes] = {}
    count = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until and len(found) < MOST_FAULTS:
        data = mutate(rand.choice(grounds), rand, foreign)
        count += 1
        fault = fault_of(target, data, count)
        if fault is not None and fault not in found:
            found[fault] = data
            _print(name, fault, data, target, count)
    print(f"{name}: {count} executions, {len(found)} kinds of fault, seed {seed}", flush=True)
    return len(found)


def fault_of(target: Target, data: bytes, seed: int) -> str | None:
    """Return what went wrong and where, or `None`."""
    try:
        target(data, seed)
    except Exception as error:  # whatever it is, it should not have come out
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
        words = str(error).splitlines()[:1]
        told: Sequence[str] = words if isinstance(error, AssertionError) else ()
        return " ".join([type(error).__name__, place, *told])
    return None


def _print(name: str, fault: str, data: bytes, target: Target, seed: int) -> None:
    small = minimised(data, lambda part: fault_of(target, part, seed) == fault)
    print(f"{name}: {fault}\n  splits of seed {seed}\n  {small!r}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
