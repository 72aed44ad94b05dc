"""What can go wrong with a provider, and what its calls must then come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

type Entry = Literal["", "closed", "hasty", "strict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A failure. `early`: before the client got a byte, so that it must never hear of it."""

    name: str
    early: bool = True
    when: Literal["unary", "stream", "both"] = "both"
    rests: bool = False  # whether the target comes to rest after it
    status: int | None = None  # what the history says that the provider answered
    entry: Entry = ""  # under which of its names the victim is asked; see tests/chaos/stage.py
    weight: float = 1.0  # how often, beside the others


NONE = Fault(name="none", early=False, weight=2)
_EARLY = (
    Fault(name="refused", rests=True, entry="closed"),
    Fault(name="reset", rests=True),
    Fault(name="reset-body", when="unary", rests=True, status=200),
    Fault(name="status-400", status=400),
    Fault(name="status-404", rests=True, status=404),
    Fault(name="status-429", rests=True, status=429),
    Fault(name="status-500", rests=True, status=500),
    Fault(name="status-529", rests=True, status=529),
    Fault(name="empty-200", status=200),
    Fault(name="html-200", status=200),
    Fault(name="garbage-200", status=200),
    Fault(name="empty-answer", when="unary", status=200),
    Fault(name="error-first", when="stream", rests=True, status=200),
    Fault(name="cut-first", when="stream", rests=True, status=200),
    Fault(name="timeout", rests=True, entry="hasty", weight=0.3),
    Fault(name="stall", when="stream", status=200, entry="strict", weight=0.03),
)
_LATE = (
    Fault(name="cut", early=False, when="stream", status=200),
    Fault(name="unfinished", early=False, when="stream", status=200),
    Fault(name="error-late", early=False, when="stream", status=200),
)
_TOOL = Fault(name="cut-tool", early=False, when="stream", status=200)

FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in (NONE, *_EARLY, *_LATE, _TOOL)}
RESTING = tuple(f for f in _EARLY if f.rests and not f.entry)
BROKEN_STREAMS = (NONE, *_LATE, _TOOL, FAULTS["error-first"], FAULTS["status-500"])
ORDINARY = (NONE, *_EARLY, *_LATE)
QUICK = tuple(fault for fault in ORDINARY if not fault.entry)
