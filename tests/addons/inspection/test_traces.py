"""The queue of traces: written beside the calls, bounded, kept while the database is away."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy.exc import OperationalError

from plexus.addons.inspection.capture import Capture
from plexus.addons.inspection.trace_json import Taken
from plexus.addons.inspection.traces import Traces
from plexus.certs.sealer import Sealer
from plexus.store.records import TraceRecord
from plexus.store.store import Store
from plexus.store.traces import TraceLog
from tests.addons.factories import snapshot
from tests.addons.inspection.test_trace_json import body, taken


class Failing(TraceLog):
    """A trace log whose database is away."""

    async def add(self, traces: Sequence[TraceRecord]) -> None:
        raise OperationalError("INSERT", {}, Exception("away"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling(TraceLog):
    """A trace log that tells when something was written."""

    written: asyncio.Event = field(default_factory=asyncio.Event)

    async def add(self, traces: Sequence[TraceRecord]) -> None:
        self.written.set()


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    opened = await Store.open(":memory:")
    yield opened
    await opened.close()


def call(number: int, size: int = 0) -> Taken:
    return taken(request_id=f"r{number}", body=body(b"x" * size, most=size))


def away(store: Store) -> Failing:
    return Failing(engine=store.engine, sealer=Sealer())


async def test_what_is_put_is_written(store: Store) -> None:
    traces = Traces(store.traces, always=True)
    for number in range(40):
        traces.put(call(number))
    await traces.flush()
    found = [await store.traces.get(f"r{number}") for number in range(40)]
    assert all(one is not None and b"answer" in one.content for one in found)


async def test_the_background_task_writes_by_itself(store: Store) -> None:
    log = Telling(engine=store.engine, sealer=Sealer())
    traces = Traces(log, always=True)
    running = asyncio.get_running_loop().create_task(traces.run())
    traces.put(call(1))
    await asyncio.wait_for(log.written.wait(), 5)
    running.cancel()


async def test_more_than_there_is_room_for_is_dropped_and_told(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    traces = Traces(store.traces, always=True, most=20_000)
    with caplog.at_level(logging.WARNING):
        for number in range(5):
            traces.put(call(number, size=7_000))
    assert traces.lost == 3
    assert len([line for line in caplog.messages if "traces.lost" in line]) == 1
    await traces.flush()
    traces.put(call(9, size=7_000))
    assert traces.lost == 3
    await traces.flush()


async def test_one_large_call_always_has_room(store: Store) -> None:
    traces = Traces(store.traces, always=True, most=10)
    traces.put(call(1, size=7_000))
    assert traces.lost == 0
    await traces.flush()
    assert await store.traces.get("r1") is not None


async def test_a_database_that_is_away_is_tried_again_and_complained_of_once(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    tries = asyncio.Semaphore(0)

    async def sleep(_: float) -> None:
        tries.release()
        await asyncio.sleep(0)

    traces = Traces(away(store), always=True, sleep=sleep)
    running = asyncio.get_running_loop().create_task(traces.run())
    with caplog.at_level(logging.WARNING):
        traces.put(call(1))
        async with asyncio.timeout(5):
            for _ in range(3):
                await tries.acquire()
    running.cancel()
    assert len([line for line in caplog.messages if "traces.not_written" in line]) == 1


class Refusing(TraceLog):
    """A trace log that refuses what the first call says."""

    async def add(self, traces: Sequence[TraceRecord]) -> None:
        if any(trace.request_id == "r0" for trace in traces):
            raise ValueError("a value that cannot be stored")
        await super().add(traces)


async def test_what_cannot_be_stored_is_told_and_does_not_hold_up_the_others(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    traces = Traces(Refusing(engine=store.engine, sealer=Sealer()), always=True)
    for number in range(17):
        traces.put(call(number))
    await traces.flush()
    assert "traces.refused ids=r0, r1" in caplog.text
    assert await store.traces.get("r16") is not None
    assert await store.traces.get("r0") is None


async def test_what_cannot_be_written_at_the_end_is_counted(store: Store) -> None:
    traces = Traces(away(store), always=True)
    traces.put(call(1))
    assert await traces.close(within_s=1) == 1
    written = Traces(store.traces, always=True)
    written.put(call(1))
    assert await written.close(within_s=5) == 0
    assert await store.traces.get("r1") is not None


@pytest.mark.parametrize(
    ("always", "section", "expected"),
    [
        (False, {}, None),
        (False, {"captureOnError": False, "max_body_bytes": 5}, None),
        (False, {"captureOnError": True, "max_body_bytes": 5}, (5, True)),
        (True, {"captureOnError": False, "max_body_bytes": 5}, (5, False)),
        (True, {}, (10_485_760, False)),
    ],
)
async def test_the_configuration_says_which_calls_are_captured(
    store: Store, always: bool, section: dict[str, object], expected: tuple[int, bool] | None
) -> None:
    made = Traces(store.traces, always=always).begin(snapshot(sections={"debug": section}))
    shown = (made.most, made.only_errors) if isinstance(made, Capture) else None
    assert shown == expected
