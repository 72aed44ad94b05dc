"""Turn measurements into figures: the median and how far the rounds lie apart."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Some rounds of one measurement, in one figure and its spread."""

    median: float
    low: float
    high: float
    rounds: int

    @property
    def spread(self) -> float:
        """Half the distance of the extremes, as a part of the median."""
        return (self.high - self.low) / 2 / self.median if self.median else 0.0


def figure(values: Sequence[float]) -> Figure | None:
    """Sum up the rounds; `None` if there was none."""
    if not values:
        return None
    return Figure(
        median=statistics.median(values), low=min(values), high=max(values), rounds=len(values)
    )


def ratio(value: Figure | None, yardstick: Figure | None) -> float | None:
    """How many times the yardstick a figure is; `None` where one of them is missing."""
    if value is None or yardstick is None or yardstick.median == 0:
        return None
    return value.median / yardstick.median
