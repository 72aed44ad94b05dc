"""What slow readers may cost is judged by two limits; what they cost others, by one."""

from __future__ import annotations

import pytest

from tests.bench.pressure import FLAT_MB, MORE_MB, too_high, too_slow


@pytest.mark.parametrize(
    ("early", "highest"),
    [(100.0, 100.0 + FLAT_MB), (100.0 + 8 * MORE_MB, 100.0 + 8 * MORE_MB), (100.0, 90.0)],
)
def test_memory_may_grow_a_little_in_the_beginning_and_less_later(
    early: float, highest: float
) -> None:
    assert too_high(100.0, early, highest, 8) is None


def test_memory_that_goes_on_growing_is_wrong() -> None:
    assert too_high(100.0, 104.0, 104.1 + FLAT_MB, 8) == (
        "RSS grew from 100.0 to 104.0 and on to 108.1 MB, at most 108.0 are allowed"
    )
    assert too_high(100.0, 140.0, 140.0, 8) == (
        "RSS grew from 100.0 to 140.0 and on to 140.0 MB, at most 132.0 are allowed"
    )


def test_small_calls_may_take_twice_as_long_and_a_millisecond() -> None:
    assert too_slow(0.6, 2.2) is None
    assert too_slow(0.6, 2.3) == "a small call took 2.30 ms, at most 2.20 are allowed"
