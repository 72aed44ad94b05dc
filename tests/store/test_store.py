"""The whole store: opened, killed, opened again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from plexus.store.errors import StoreError
from plexus.store.instances import HEARTBEAT_S
from plexus.store.store import Store, until
from plexus.store.usage import INTERRUPTED
from tests.store.calls import START, finished, pending

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def _child(
    url: str, program: str = "crash_child"
) -> AsyncIterator[asyncio.subprocess.Process]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"tests.store.{program}",
        url,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def _lines(child: asyncio.subprocess.Process, count: int) -> list[bytes]:
    assert child.stdout is not None
    return [await child.stdout.readline() for _ in range(count)]


async def test_a_killed_gateway_loses_no_acknowledged_row_and_leaves_none_pending(
    database_url: str,
) -> None:
    async with _child(database_url) as child:
        assert child.stdout is not None
        told = await _lines(child, 40)
        os.kill(child.pid, signal.SIGKILL)
        told += (await child.stdout.read()).splitlines()
        await child.wait()
    begun = {
        f"{line.split()[1].decode()}-{n}" for line in told if b"begun" in line for n in range(10)
    }
    done = {
        f"{line.split()[1].decode()}-{n}" for line in told if b"finished" in line for n in range(5)
    }

    store = await Store.open(database_url)
    rows = {one.request_id: one for one in await store.usage.recent(100_000)}
    await store.close()

    assert len(done) >= 100
    assert begun <= rows.keys()
    assert {rows[name].response_status for name in done} == {"success"}
    assert {row.response_status for row in rows.values()} == {"success", "error"}
    closed = [row for row in rows.values() if row.response_status == "error"]
    assert {row.error_message for row in closed} == {INTERRUPTED}
    assert len(closed) >= len(begun) // 2 - 5


async def test_a_gateway_killed_under_full_load_loses_only_the_last_rows(database_url: str) -> None:
    async with _child(database_url, "busy_child") as child:
        assert child.stdout is not None
        due = int(await child.stdout.readline())
        await child.wait()
    store = await Store.open(database_url)
    rows = await store.usage.recent(100_000)
    await store.close()
    assert due >= 1_000  # of 5,000
    assert len(rows) >= due


async def test_calls_of_a_process_that_lives_are_left_alone_until_it_dies(
    database_url: str,
) -> None:
    async with _child(database_url) as child:
        await _lines(child, 1)
        os.kill(child.pid, signal.SIGSTOP)  # it lives but can give no sign of it
        store = await Store.open(database_url)
        before = await store.usage.get("0-9")
        closed_while_it_lives = await store.sweep()
        os.kill(child.pid, signal.SIGKILL)
        await child.wait()
        closed_when_dead = await store.sweep()
        after = await store.usage.get("0-9")
        left = await store.instances.all()
        await store.close()
    assert before is not None
    assert before.response_status == "pending"
    assert closed_while_it_lives == 0
    assert closed_when_dead >= 5
    assert after is not None
    assert after.response_status == "error"
    assert [one.id for one in left] == [store.instances.id]


async def test_closing_writes_what_waits_and_signs_off(database_url: str) -> None:
    store = await Store.open(database_url)
    store.writer.put(finished("r1"))
    assert await store.close() == 0
    again = await Store.open(database_url)
    names = [one.request_id for one in await again.usage.recent()]
    listed = [one.id for one in await again.instances.all()]
    await again.close()
    assert names == ["r1"]
    assert listed == [again.instances.id]


async def test_calls_that_were_open_at_a_clean_stop_are_closed_at_the_next_start(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = await Store.open(database_url)
    store.writer.put(pending("r1"))
    await store.close()
    again = await Store.open(database_url)
    stored = await again.usage.get("r1")
    await again.close()
    assert stored is not None
    assert (stored.response_status, stored.error_message) == ("error", INTERRUPTED)
    assert "store.interrupted_calls_closed rows=1" in caplog.text


async def test_the_background_gives_signs_of_life_and_sweeps_every_third_time(
    database_url: str,
) -> None:
    now = START
    store = await Store.open(database_url, clock=lambda: now)
    seen: list[tuple[float, int, str]] = []

    async def pause(stop: asyncio.Event, seconds: float) -> bool:
        nonlocal now
        (ours,) = (one for one in await store.instances.all() if one.id == store.instances.id)
        row = await store.usage.get("r1")
        seen.append((seconds, ours.seen_at - START, row.response_status if row else "absent"))
        if len(seen) == 1:
            store.writer.put(pending("r1"))
            await store.writer.flush()
            async with store.engine.begin() as connection:
                await connection.execute(text("UPDATE request_usage SET instance = 'unknown'"))
        now += 20_000
        return len(seen) == 4

    await store.run_background(asyncio.Event(), pause=pause)
    await store.close()
    assert seen == [
        (HEARTBEAT_S, 0, "absent"),
        (HEARTBEAT_S, 20_000, "pending"),
        (HEARTBEAT_S, 40_000, "pending"),
        (HEARTBEAT_S, 60_000, "error"),
    ]


async def test_the_background_outlives_a_database_that_fails_and_tells_it_once(
    empty_sqlite: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = await Store.open(empty_sqlite)
    pauses = 0

    async def pause(stop: asyncio.Event, seconds: float) -> bool:
        nonlocal pauses
        pauses += 1
        old, new = ("instances", "away") if pauses == 1 else ("away", "instances")
        if pauses in {1, 4}:
            async with store.engine.begin() as connection:
                await connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
        return pauses == 5

    await store.run_background(asyncio.Event(), pause=pause)
    listed = await store.instances.all()
    await store.close()
    told = [one.getMessage() for one in caplog.records if "heartbeat" in one.getMessage()]
    assert len(told) == 1
    assert "no such table: instances" in told[0]
    assert len(listed) == 1


async def test_a_pause_ends_with_its_time_or_with_the_stop() -> None:
    stop = asyncio.Event()
    assert not await until(stop, 0)
    stop.set()
    assert await until(stop, 60)


async def test_a_database_in_memory_works_and_is_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = await Store.open(":memory:")
    for number in range(30):
        store.writer.put(finished(f"r{number}"))
    await store.writer.flush()
    found = await store.usage.recent()
    await store.close()
    assert len(found) == 30
    assert "store.in_memory" in caplog.text


async def test_a_store_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="SQLite takes no options"):
        await Store.open(f"sqlite://{tmp_path}/plexus.db?mode=ro")


async def test_a_store_of_a_newer_release_is_not_opened(database_url: str) -> None:
    store = await Store.open(database_url)
    async with store.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await store.close()
    with pytest.raises(StoreError, match="revision that this release does not know"):
        await Store.open(database_url)


async def test_a_store_closes_although_its_database_is_gone(
    empty_sqlite: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = await Store.open(empty_sqlite)
    async with store.engine.begin() as connection:
        await connection.execute(text("DROP TABLE instances"))
    assert await store.close() == 0
    assert "store.unregister_failed reason=OperationalError: no such table" in caplog.text
