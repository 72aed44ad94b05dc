"""The table of a run: a fault to a line."""

from __future__ import annotations

from collections.abc import Sequence

from tests.chaos.calls import PHASES
from tests.chaos.chaos import Report
from tests.chaos.judge import Outcome, Verdict

_OUTCOMES: Sequence[Outcome] = ("served", "told", "left", "wrong")
_HEADS = {"served": "served", "told": "in-band error", "left": "client left", "wrong": "wrong"}
_WIDTH = 14
_SHOWN = 10


def table(report: Report) -> str:
    """Return the table, phase by phase."""
    heads = "".join(f"{head:>{_WIDTH}}" for head in ("calls", *_HEADS.values(), "attempts/call"))
    lines = [f"{'fault':24}{heads}"]
    for phase in PHASES:
        found = [verdict for verdict in report.verdicts if verdict.call.phase is phase]
        if found:
            lines += ["", f"{phase.name} ({' + '.join(phase.dialects)})"]
            names = dict.fromkeys(fault.name for fault in phase.faults)
            lines += [
                _line(name, [v for v in found if v.call.fault.name == name]) for name in names
            ]
    return "\n".join([*filter(None.__ne__, lines), "", _line("all", report.verdicts)])


def failures(report: Report) -> str:
    """Return the first wrong calls, and how to make them again."""
    told = [f"  {v.call}\n    {v.wrong}" for v in report.wrong[:_SHOWN]]
    more = len(report.wrong) - _SHOWN
    told += [f"  … and {more} more"] if more > 0 else []
    return "\n".join([*(f"  {problem}" for problem in report.problems), *told])


def _line(name: str, verdicts: Sequence[Verdict]) -> str:
    if not verdicts:
        return f"  {name:22}{0:>{_WIDTH}}"
    counts = [sum(v.outcome == outcome for v in verdicts) for outcome in _OUTCOMES]
    mean = sum(v.attempts for v in verdicts) / len(verdicts)
    numbers = "".join(f"{count:>{_WIDTH}}" for count in (len(verdicts), *counts))
    return f"  {name:22}{numbers}{mean:>{_WIDTH}.2f}"
