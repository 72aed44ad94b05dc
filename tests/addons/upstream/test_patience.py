"""Many waits, one timer, and none of them lasts too long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from plexus.addons.upstream.patience import Patience


async def soon() -> bytes:
    await asyncio.sleep(0)
    return b"x"


async def never() -> bytes:
    await asyncio.Event().wait()
    return b""


async def wait(patience: Patience, for_what: Callable[[], Awaitable[bytes]]) -> bytes:
    patience.begin()
    found = await for_what()
    patience.end()
    return found


async def test_what_comes_is_returned_however_often_it_is_waited_for() -> None:
    with Patience(5.0) as patience:
        assert [await wait(patience, soon) for _ in range(3)] == [b"x"] * 3
    assert not patience.is_over


async def test_a_wait_that_takes_too_long_is_ended() -> None:
    async def waiting(patience: Patience) -> None:
        with patience:
            await wait(patience, soon)
            await wait(patience, never)

    patience = Patience(0.02)
    with pytest.raises(TimeoutError):
        await waiting(patience)
    task = asyncio.current_task()
    assert task is not None and task.cancelling() == 0
    assert patience.is_over


async def test_the_time_between_waits_does_not_count() -> None:
    with Patience(0.05) as patience:
        await wait(patience, soon)
        await asyncio.sleep(0.08)
        assert await wait(patience, soon) == b"x"


async def test_a_cancelled_wait_is_cancelled_not_late() -> None:
    async def waiting() -> None:
        with Patience(5.0) as patience:
            await wait(patience, never)

    task = asyncio.ensure_future(waiting())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_wait_that_is_cancelled_and_late_is_cancelled() -> None:
    async def waiting() -> None:
        with Patience(0.0) as patience:
            asyncio.get_running_loop().call_soon(tasks[0].cancel)
            await wait(patience, never)

    tasks: list[asyncio.Task[None]] = []
    tasks.append(asyncio.ensure_future(waiting()))
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]


async def test_a_failure_passes_through() -> None:
    async def fail() -> bytes:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"), Patience(5.0) as patience:
        await wait(patience, fail)


async def test_a_late_wait_that_fails_otherwise_leaves_no_cancellation_behind() -> None:
    async def fail_late() -> bytes:
        try:
            return await never()
        except asyncio.CancelledError:
            raise ConnectionError("gone") from None

    with pytest.raises(ConnectionError, match="gone"), Patience(0.0) as patience:
        await wait(patience, fail_late)
    task = asyncio.current_task()
    assert task is not None and task.cancelling() == 0
