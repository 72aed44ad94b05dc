"""That rows reach the database soon, in their last state, and are not lost on the way."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import override

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.dialects.sqlite.aiosqlite import dialect

from plexus.store.backlog import Limits
from plexus.store.records import UsageRecord
from plexus.store.sinks import Batch, Sink
from plexus.store.store import Store
from plexus.store.upsert import USAGE, compile_recipe
from plexus.store.writer import Writer
from tests.store.calls import START, finished, pending

UPSERT = compile_recipe(USAGE, dialect())


class ListSink(Sink):
    """Keeps batches as (request id, status) pairs; fails as often as there are `failures`."""

    def __init__(self, *failures: Exception) -> None:
        self.batches: list[list[tuple[object, object]]] = []
        self.failures = deque(failures)
        self.is_closed = False

    @override
    async def write(self, batch: Batch) -> None:
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.popleft()
        status = UPSERT.columns.index("response_status")
        self.batches.append([(row[0], row[status]) for rows in batch.values() for row in rows])

    @override
    async def close(self) -> None:
        self.is_closed = True


class StuckSink(ListSink):
    """Never finishes a batch, like a server that went silent."""

    @override
    async def write(self, batch: Batch) -> None:
        await asyncio.Event().wait()


class FakeTime:
    """A clock that moves when somebody sleeps; `after` is called at each sleep."""

    def __init__(self, after: Callable[[], object] = lambda: None) -> None:
        self.slept: list[float] = []
        self.after = after

    def now(self) -> int:
        return START + int(sum(self.slept) * 1000)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.after()
        await asyncio.sleep(0)


def _writer(sink: Sink, limits: Limits | None = None, time: FakeTime | None = None) -> Writer:
    time = FakeTime() if time is None else time
    return Writer(
        sink,
        {UsageRecord: UPSERT},
        instance="here",
        limits=limits,
        clock=time.now,
        sleep=time.sleep,
    )


async def _until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("what the test waits for did not come")


async def test_a_row_is_in_the_database_after_a_flush_with_everything_it_said(
    store: Store,
) -> None:
    store.writer.put(finished("r1"))
    await store.writer.flush()
    stored = await store.usage.get("r1")
    assert stored is not None
    assert stored.created_at is not None
    assert stored == finished("r1", instance=store.instances.id, created_at=stored.created_at)


async def test_a_final_row_replaces_the_pending_one_but_not_its_creation(store: Store) -> None:
    store.writer.put(pending("r1"))
    await store.writer.flush()
    begun = await store.usage.get("r1")
    store.writer.put(finished("r1"))
    await store.writer.flush()
    assert begun is not None
    assert begun == pending("r1", instance=store.instances.id, created_at=begun.created_at)
    assert await store.usage.recent() == [
        finished("r1", instance=store.instances.id, created_at=begun.created_at)
    ]


async def test_a_final_row_may_return_after_the_pending_one_was_deleted(store: Store) -> None:
    store.writer.put(pending("r1"))
    await store.writer.flush()
    async with store.engine.begin() as connection:
        await connection.execute(text("DELETE FROM request_usage"))
    store.writer.put(finished("r1"))
    await store.writer.flush()
    assert [one.response_status for one in await store.usage.recent()] == ["success"]


async def test_a_row_keeps_the_state_it_was_put_in_when_its_record_changes() -> None:
    sink = ListSink()
    writer = _writer(sink)
    record = pending("r1")
    writer.put(record)
    record.response_status = "success"
    await writer.flush()
    assert sink.batches == [[("r1", "pending")]]


async def test_only_the_last_of_several_waiting_states_is_written() -> None:
    sink = ListSink()
    writer = _writer(sink)
    writer.put(pending("r1"))
    writer.put(pending("r2"))
    writer.put(finished("r1"))
    await writer.flush()
    assert sink.batches == [[("r1", "success"), ("r2", "pending")]]


async def test_rows_are_flushed_within_fifty_milliseconds_and_gathered_meanwhile() -> None:
    sink, time = ListSink(), FakeTime()
    writer = _writer(sink, time=time)
    time.after = lambda: writer.put(finished(f"r{len(time.slept)}"))
    running = asyncio.ensure_future(writer.run())
    writer.put(pending("r0"))
    await _until(lambda: len(sink.batches) == 1)
    time.after = lambda: None
    assert await writer.close() == 0
    await running
    assert sink.batches[0] == [("r0", "pending"), ("r1", "success")]
    assert max(time.slept) < 0.05


async def test_a_flush_writes_what_waits_in_batches_and_not_what_comes_meanwhile() -> None:
    sink = ListSink()
    writer = _writer(sink, Limits(batch=2))
    for name in ("a", "b", "c"):
        writer.put(pending(name))
    flushing = asyncio.ensure_future(writer.flush())
    await asyncio.sleep(0)
    writer.put(pending("d"))
    await flushing
    assert [[name for name, _ in batch] for batch in sink.batches] == [["a", "b"], ["c"]]
    assert writer.queued == 1


async def test_a_failing_database_is_tried_again_ever_less_often_and_loses_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sink, time = ListSink(*[OSError("disk full")] * 9), FakeTime()
    writer = _writer(sink, time=time)
    running = asyncio.ensure_future(writer.run())
    writer.put(pending("r1"))
    time.after = lambda: writer.put(finished("r1")) if len(time.slept) == 4 else None
    await _until(lambda: bool(sink.batches))
    assert await writer.close() == 0
    await running
    assert sink.batches == [[("r1", "success")]]
    assert time.slept[:10] == [0.01, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    assert [record.getMessage() for record in caplog.records] == [
        "store.flush_failed rows=1 reason=OSError: disk full",
        "store.flush_recovered tries=9",
    ]


async def test_a_lasting_failure_is_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    sink, time = ListSink(*[OSError("disk full")] * 30), FakeTime()
    writer = _writer(sink, time=time)
    running = asyncio.ensure_future(writer.run())
    writer.put(pending("r1"))
    await _until(lambda: bool(sink.batches))
    await writer.close()
    await running
    told = [record for record in caplog.records if "flush_failed" in record.getMessage()]
    assert 120 < sum(time.slept) < 180
    assert len(told) == 3


async def test_one_poisoned_row_does_not_hold_up_the_others(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(20):
        store.writer.put(finished(f"r{number}"))
    store.writer.put(finished("bad", finish_reason={"not": "a column's value"}))
    await store.writer.flush()
    assert {one.request_id for one in await store.usage.recent()} == {f"r{n}" for n in range(20)}
    assert (store.writer.queued, store.writer.lost) == (0, 1)
    errors = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert len(errors) == 1
    assert errors[0].startswith("store.row_lost request_id=bad lost=1 reason=")


async def test_nothing_that_a_client_sends_keeps_its_call_out_of_the_books(store: Store) -> None:
    store.writer.put(finished("r1"))
    store.writer.put(
        finished("r2", incoming_model_alias="half \ud83d", tokens_input=10**30, attribution="a\0b")
    )
    await store.writer.flush()
    assert store.writer.lost == 0
    stored = await store.usage.get("r2")
    assert stored is not None
    assert stored == finished(
        "r2",
        incoming_model_alias="half ?",
        tokens_input=None,
        attribution="a\N{REPLACEMENT CHARACTER}b",
        instance=store.instances.id,
        created_at=stored.created_at,
    )


async def test_rows_survive_a_server_that_drops_its_connections(
    empty_postgres: str,
) -> None:
    store = await Store.open(empty_postgres)
    store.writer.put(finished("r1"))
    await store.writer.flush()
    other = await Store.open(empty_postgres)
    async with other.engine.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    await other.close()
    store.writer.put(finished("r2"))
    await store.writer.flush()
    names = {one.request_id for one in await store.usage.recent()}
    await store.close()
    assert names == {"r1", "r2"}


async def test_the_database_going_away_between_single_rows_keeps_the_rest() -> None:
    faulty, gone = OverflowError("too large"), OSError("gone")
    sink = ListSink(faulty, faulty, faulty, gone)
    writer = _writer(sink)
    for name in ("bad", "b", "c"):
        writer.put(pending(name))
    with pytest.raises(OSError, match="gone"):
        await writer.flush()
    assert (writer.queued, writer.lost) == (2, 1)
    await writer.flush()
    assert [[name for name, _ in batch] for batch in sink.batches] == [["b", "c"]]


async def test_a_flush_that_is_cancelled_keeps_its_rows() -> None:
    writer = _writer(StuckSink())
    writer.put(pending("r1"))
    flushing = asyncio.ensure_future(writer.flush())
    await asyncio.sleep(0)
    flushing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await flushing
    assert writer.queued == 1


async def test_callers_wait_while_the_queue_is_full() -> None:
    sink = ListSink()
    writer = _writer(sink, Limits(capacity=2, patience_s=30))
    await writer.room()
    for name in ("a", "b", "c"):
        writer.put(pending(name))
    waiting = asyncio.ensure_future(writer.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    await writer.flush()
    await waiting
    assert [len(batch) for batch in sink.batches] == [3]


async def test_calls_go_on_when_the_database_stays_away(caplog: pytest.LogCaptureFixture) -> None:
    writer = _writer(ListSink(), Limits(capacity=1, patience_s=0))
    for name in ("a", "b", "c"):
        writer.put(pending(name))
        await writer.room()
    assert writer.queued == 3
    assert [record.getMessage() for record in caplog.records] == [
        "store.full rows=2; calls go on after a wait"
    ]


async def test_rows_above_the_ceiling_are_lost_and_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    writer = _writer(ListSink(), Limits(capacity=1, ceiling=2))
    for name in ("a", "b", "c", "d"):
        writer.put(pending(name))
    writer.put(finished("b"))
    assert (writer.queued, writer.lost) == (2, 2)
    assert [record.getMessage() for record in caplog.records] == [
        "store.rows_lost lost=1 reason=too many rows wait"
    ]


async def test_closing_writes_the_rest_and_ends_the_loop() -> None:
    sink = ListSink(OSError("for a moment"))
    writer = _writer(sink)
    running = asyncio.ensure_future(writer.run())
    writer.put(pending("r1"))
    assert await writer.close() == 0
    await running
    assert sink.batches == [[("r1", "pending")]]
    assert sink.is_closed


async def test_closing_says_how_many_rows_could_not_be_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sink = StuckSink()
    writer = _writer(sink)
    writer.put(pending("r1"))
    writer.put(pending("r2"))
    assert await writer.close(within_s=0) == 2
    assert writer.lost == 2
    assert sink.is_closed
    assert [record.getMessage() for record in caplog.records] == [
        "store.rows_lost rows=2 reason=not written within 0 s"
    ]


async def test_a_row_that_comes_after_the_end_is_told(caplog: pytest.LogCaptureFixture) -> None:
    writer = _writer(ListSink())
    await writer.close()
    writer.put(finished("late"))
    assert (writer.queued, writer.lost) == (0, 1)
    assert [record.getMessage() for record in caplog.records] == [
        "store.row_lost request_id=late lost=1 reason=the store is closed"
    ]


@given(st.lists(st.one_of(st.integers(0, 3), st.sampled_from(["flush", "fail"])), max_size=40))
def test_whatever_fails_the_last_state_of_every_row_is_written_last(
    steps: list[int | str],
) -> None:
    async def act() -> tuple[dict[object, object], dict[object, object]]:
        sink, last = ListSink(), dict[object, object]()
        writer = _writer(sink, Limits(batch=2))
        for number, step in enumerate([*steps, "flush"]):
            if isinstance(step, int):
                last[str(step)] = str(number)
                writer.put(pending(str(step), response_status=str(number)))
                continue
            sink.failures.extend([OSError("gone")] if step == "fail" else [])
            try:
                await writer.flush()
            except OSError:
                continue
            sink.failures.clear()
        return {name: state for batch in sink.batches for name, state in batch}, last

    written, last = asyncio.run(act())
    assert written == last
