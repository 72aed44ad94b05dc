"""A stream that dries up is noticed, one that merely starts slowly is not."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.addons.upstream.stall import StallWatch
from plexus.config.resilience import Stall

STALL = Stall(min_bps=50, window_s=10, grace_s=30)
BEGAN = 1_000.0


def watched(*chunks: tuple[float, int], stall: Stall = STALL) -> StallWatch:
    """A watch over chunks of so many bytes, so long after the first."""
    watch = StallWatch(stall)
    for after, size in chunks:
        watch.note(size, BEGAN + after)
    return watch


def steady(size: int, seconds: int) -> Iterable[tuple[float, int]]:
    """A chunk of `size` each second."""
    return [(float(second), size) for second in range(seconds)]


def test_a_stream_that_stops_is_stalled_with_the_figures() -> None:
    watch = watched(*steady(100, 30), (30, 100))
    assert watch.check(BEGAN + 35) is None  # 600 bytes in the last 10 s
    assert watch.check(BEGAN + 37) == ("30.0 bytes/s over the last 10 s, at least 50 are asked for")
    assert "0.0 bytes/s" in str(watch.check(BEGAN + 60))


def test_a_stream_just_at_the_floor_is_not_stalled() -> None:
    assert watched(*steady(50, 60)).check(BEGAN + 59) is None
    assert watched(*steady(49, 60)).check(BEGAN + 59) is not None


def test_a_stalled_stream_that_recovers_is_not_stalled_any_more() -> None:
    watch = watched((0, 1))
    assert watch.check(BEGAN + 40) is not None
    watch.note(500, BEGAN + 41)
    assert watch.check(BEGAN + 41) is None


def test_the_time_that_a_slow_client_takes_is_not_counted() -> None:
    watch = watched(*steady(100, 40))
    watch.excuse(60)
    assert watch.check(BEGAN + 99) is None
    assert watch.next_check(BEGAN + 99) == 5
    watch.note(100, BEGAN + 100)
    assert watch.check(BEGAN + 105) is None
    assert watch.check(BEGAN + 110) is not None


def test_nobody_is_judged_within_the_period_of_grace() -> None:
    watch = watched((0, 1))
    assert watch.check(BEGAN + 29.9) is None
    assert watch.check(BEGAN + 30) is not None


def test_without_grace_a_whole_window_is_waited_for() -> None:
    watch = watched((0, 1), stall=replace(STALL, grace_s=0))
    assert watch.check(BEGAN + 9.9) is None
    assert watch.check(BEGAN + 10) is not None


def test_without_a_floor_nothing_is_ever_stalled() -> None:
    watch = watched((0, 1), stall=Stall())
    assert watch.check(BEGAN + 10_000) is None
    assert watch.next_check(BEGAN + 10_000) == math.inf


def test_before_the_first_byte_nothing_is_due() -> None:
    watch = watched()
    assert watch.check(BEGAN + 10_000) is None
    assert watch.next_check(BEGAN) == math.inf


@pytest.mark.parametrize(
    ("window", "after", "due"), [(10, 0, 30), (10, 20, 10), (10, 28, 5), (10, 99, 5), (1, 99, 1)]
)
def test_checks_are_due_every_half_window_from_the_end_of_grace(
    window: float, after: float, due: float
) -> None:
    watch = watched((0, 1), stall=replace(STALL, window_s=window))
    assert watch.next_check(BEGAN + after) == due


def test_a_fast_stream_costs_few_samples_and_loses_no_byte() -> None:
    watch = watched(*((tick / 1000, 3) for tick in range(60_000)))
    assert len(watch._samples) <= 500  # the bound is the point here
    assert (
        watch._bytes == sum(size for _, size in watch._samples) == pytest.approx(30_000, rel=0.01)
    )


@given(
    st.lists(st.tuples(st.floats(0, 20), st.integers(0, 5_000)), max_size=60),
    st.floats(0, 40),
)
def test_the_verdict_is_that_of_counting_all_bytes_of_the_window(
    steps: list[tuple[float, int]], silence: float
) -> None:
    watch, now, came = StallWatch(replace(STALL, grace_s=0)), BEGAN, []
    for pause, size in steps:
        now += pause
        came.append((now, size))
        watch.note(size, now)
    now += silence
    # Bytes that came together count from the first of them, at most a window's 400th part early.
    most = sum(size for at, size in came if at > now - 10) / 10
    least = sum(size for at, size in came if at > now - 10 + 0.025) / 10
    if came and now - came[0][0] >= 10 and most < 50:
        assert watch.check(now) is not None
    elif not came or now - came[0][0] < 10 or least >= 50:
        assert watch.check(now) is None
