"""Figures other than CPU per call: times, memory, throughput; one row each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.bench.table import table


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One figure; `errors` are calls that went wrong while it was taken."""

    what: str
    target: str
    value: float
    unit: str
    errors: int = 0
    examples: tuple[str, ...] = ()


def quantile(values: Iterable[float], part: float) -> float:
    """The smallest value that so large a part of the values does not exceed; NaN without any."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def readings_table(readings: Sequence[Reading]) -> str:
    """A row each."""
    rows = [[r.what, r.target, _digits(r.value), r.unit, str(r.errors)] for r in readings]
    return table(("figure", "target", "value", "unit", "errors"), rows, left=2)


def _digits(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
