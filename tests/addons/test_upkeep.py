"""Old records are removed at the start and then hourly, as the configuration of the moment says."""

import asyncio
import logging

import pytest

from plexus.addons.upkeep import EVERY_S, ages_of, keep_up
from plexus.store.records import TraceRecord
from plexus.store.retention import Ages
from tests.addons.factories import snapshot
from tests.addons.making import services

SECTIONS = {
    "debug": {"retention_days": 12.0},
    "retention": {"usage_days": 400.0, "error_days": 14.0},
}


def test_the_configuration_says_how_long() -> None:
    assert ages_of(snapshot(sections=SECTIONS)) == Ages(traces=12.0, usage=400.0, errors=14.0)


def test_traces_have_thirty_days_and_calls_are_kept_unless_it_says_otherwise() -> None:
    assert ages_of(snapshot()) == Ages(traces=30.0, usage=None, errors=None)


async def test_each_round_removes_what_has_expired_by_then() -> None:
    async with services(snapshot()) as made:
        stop, pauses = asyncio.Event(), list[float]()
        traces = made.store.traces

        async def pause(_: asyncio.Event, seconds: float) -> bool:
            pauses.append(seconds)
            assert await traces.get("r") is None
            await traces.add([TraceRecord(request_id="r", created_at=1, content=b"{}")])
            if len(pauses) == 3:
                stop.set()
            return stop.is_set()

        await traces.add([TraceRecord(request_id="r", created_at=1, content=b"{}")])
        await keep_up(made, stop, pause=pause)
    assert pauses == [EVERY_S] * 3


async def test_a_database_that_fails_is_told_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with services(snapshot()) as made:
        stop, rounds = asyncio.Event(), list[float]()

        async def pause(_: asyncio.Event, seconds: float) -> bool:
            rounds.append(seconds)
            if len(rounds) == 2:
                stop.set()
            return stop.is_set()

        async with made.store.engine.begin() as connection:
            await connection.exec_driver_sql("DROP TABLE debug_logs")
        with caplog.at_level(logging.WARNING):
            await keep_up(made, stop, pause=pause)
    told = [line for line in caplog.messages if "retention.failed" in line]
    assert len(told) == 2
