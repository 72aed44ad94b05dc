"""The spy in the gateway counts what runs."""

from __future__ import annotations

import sys

from tests.bench.inside import Instructions, report


def test_instructions_are_counted_from_the_beginning_on() -> None:
    counted = Instructions()
    counted.begin()
    try:
        before = counted.run
        for _ in range(1000):
            pass
        assert 2_000 < counted.run - before < 20_000
    finally:
        sys.monitoring.set_events(sys.monitoring.PROFILER_ID, 0)
        sys.monitoring.free_tool_id(sys.monitoring.PROFILER_ID)


async def test_a_report_counts_the_tasks_of_the_running_loop() -> None:
    told = report(Instructions(run=5))
    assert (told["instructions"], told["tasks"]) == (5, 1)
    assert told["objects"] > 1000


def test_without_a_loop_there_are_no_tasks() -> None:
    assert report(Instructions())["tasks"] == 0
