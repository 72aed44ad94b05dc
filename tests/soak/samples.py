"""What the gateway holds, looked at again and again, and whether it is back to the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

from tests.bench.table import table

TOLERANCE: Final = 0.10
# Of a dozen files or tasks, a tenth is one; what comes and goes by the clock is two.
SLACK: Final = {"resident_mb": 0.0, "files": 2.0, "tasks": 2.0, "objects": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A look at the gateway when nothing is under way."""

    when: str
    resident_mb: float
    files: int
    tasks: int
    objects: int  # tracked by the garbage collector: leaks show here before they do in memory
    calls: int  # answered or broken off so far
    seconds: float


HEADS: Final = ("when", "calls", "seconds", "RSS MB", "files", "tasks", "objects")


def samples_table(samples: Sequence[Sample]) -> str:
    """A row each."""
    rows = [
        [
            s.when,
            f"{s.calls:,}",
            f"{s.seconds:.0f}",
            f"{s.resident_mb:.1f}",
            str(s.files),
            str(s.tasks),
            f"{s.objects:,}",
        ]
        for s in samples
    ]
    return table(HEADS, rows)


def grown(start: Sample, end: Sample) -> list[str]:
    """What holds more than at the start, by more than it may."""
    found = []
    for name in (field.name for field in fields(Sample) if field.name in SLACK):
        before, after = getattr(start, name), getattr(end, name)
        allowed = max(before * (1 + TOLERANCE), before + SLACK[name])
        if after > allowed:
            found.append(
                f"{name}: {before:g} at the start, {after:g} at the end, at most {allowed:.4g}"
                " are allowed"
            )
    return found
