"""The figures are what they claim to be."""

from __future__ import annotations

import pytest

from tests.bench.stats import Figure, figure, ratio


def test_rounds_are_summed_up_by_median_and_extremes() -> None:
    assert figure([30.0, 10.0, 12.0]) == Figure(median=12.0, low=10.0, high=30.0, rounds=3)
    assert figure([]) is None


def test_the_spread_is_half_the_range_over_the_median() -> None:
    summed = figure([90.0, 100.0, 130.0])
    assert summed is not None
    assert summed.spread == pytest.approx(0.2)
    assert Figure(median=0, low=0, high=0, rounds=1).spread == 0


def test_a_ratio_needs_both_figures_and_a_yardstick_above_zero() -> None:
    two, one = figure([2.0]), figure([1.0])
    assert ratio(two, one) == 2
    assert (ratio(None, one), ratio(two, None), ratio(two, figure([0.0]))) == (None, None, None)
