"""Figures other than CPU per call: times, memory, throughput; one row each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.table import markdown, table

_HEADS: Final = ("figure", "target", "value", "unit", "errors")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One figure; `errors` are calls that went wrong while it was taken."""

    what: str
    target: str
    value: float
    unit: str
    errors: int = 0
    examples: tuple[str, ...] = ()


def of_gateway(
    figures: Iterable[tuple[str, float, str]], errors: int, examples: Iterable[str]
) -> Iterator[Reading]:
    """Figures of the gateway (what, value, unit) that were taken together."""
    told = tuple(examples)
    for what, value, unit in figures:
        yield Reading(
            what=what, target="gateway", value=value, unit=unit, errors=errors, examples=told
        )


def quantile(values: Iterable[float], part: float) -> float:
    """The smallest value that so large a part of the values does not exceed; NaN without any."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def readings_table(readings: Sequence[Reading]) -> str:
    """A row each."""
    return table(_HEADS, [_row(reading) for reading in readings], left=2)


def readings_markdown(readings: Sequence[Reading]) -> str:
    """The same in Markdown."""
    return markdown(_HEADS, [_row(reading) for reading in readings])


def _row(reading: Reading) -> list[str]:
    value = _digits(reading.value)
    return [reading.what, reading.target, value, reading.unit, str(reading.errors)]


def _digits(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
