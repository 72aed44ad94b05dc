"""Many waits, one timer, and none of them lasts too long."""

from __future__ import annotations

import asyncio

import pytest

from plexus.addons.upstream.patience import Patience


async def soon() -> bytes:
    await asyncio.sleep(0)
    return b"x"


async def never() -> bytes:
    await asyncio.Event().wait()
    return b""


async def test_what_comes_is_returned_however_often_it_is_waited_for() -> None:
    patience = Patience(5.0)
    assert [await patience.wait(soon) for _ in range(3)] == [b"x"] * 3
    patience.stop()


async def test_a_wait_that_takes_too_long_is_ended() -> None:
    patience = Patience(0.02)
    await patience.wait(soon)
    with pytest.raises(TimeoutError):
        await patience.wait(never)
    patience.stop()
    task = asyncio.current_task()
    assert task is not None and task.cancelling() == 0


async def test_the_time_between_waits_does_not_count() -> None:
    patience = Patience(0.05)
    await patience.wait(soon)
    await asyncio.sleep(0.08)
    assert await patience.wait(soon) == b"x"
    patience.stop()


async def test_a_cancelled_wait_is_cancelled_not_late() -> None:
    patience = Patience(5.0)
    waiting = asyncio.ensure_future(patience.wait(never))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    patience.stop()


async def test_a_failure_passes_through() -> None:
    async def fail() -> bytes:
        raise ConnectionError("gone")

    patience = Patience(5.0)
    with pytest.raises(ConnectionError, match="gone"):
        await patience.wait(fail)
    patience.stop()
