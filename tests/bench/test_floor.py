"""The kernel's part of a stream is measured, and the process stays where it was."""

from __future__ import annotations

import os

import pytest

from tests.bench.floor import stream_floor_us


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux pins processes")
def test_a_stream_costs_at_least_its_system_calls() -> None:
    before = os.sched_getaffinity(0)
    assert 10 < stream_floor_us(min(before), streams=5) < 100_000
    assert os.sched_getaffinity(0) == before
