"""One timer for many waits."""

import asyncio
import gc
import weakref

import pytest

from plexus.addons.upstream.time_limits import TimeLimits


async def answer(after: asyncio.Event | None = None) -> str:
    if after is not None:
        await after.wait()
    return "done"


async def test_what_comes_in_time_is_returned() -> None:
    limits = TimeLimits()
    assert await limits.within(5.0, answer()) == "done"


async def test_what_takes_too_long_is_cancelled() -> None:
    never, was_cancelled = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        try:
            await never.wait()
        except asyncio.CancelledError:
            was_cancelled.set()
            raise

    with pytest.raises(TimeoutError):
        await TimeLimits().within(0.001, wait())
    assert was_cancelled.is_set()


async def test_the_task_goes_on_after_a_limit_as_if_it_had_not_been_cancelled() -> None:
    limits = TimeLimits()
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await limits.within(0.001, answer(asyncio.Event()))
    task = asyncio.current_task()
    assert task is not None and task.cancelling() == 0
    assert await limits.within(5.0, answer()) == "done"


async def test_a_later_wait_is_over_after_its_own_time() -> None:
    limits, loop = TimeLimits(), asyncio.get_running_loop()
    first = asyncio.ensure_future(limits.within(0.02, answer(asyncio.Event())))
    with pytest.raises(TimeoutError):
        await limits.within(0.01, answer(asyncio.Event()))
    began = loop.time()
    second = asyncio.ensure_future(limits.within(0.02, answer(asyncio.Event())))
    with pytest.raises(TimeoutError):
        await first
    assert not second.done()
    with pytest.raises(TimeoutError):
        await second
    assert loop.time() - began >= 0.02


async def test_an_end_in_time_leaves_the_others_their_limit() -> None:
    limits = TimeLimits()
    stuck = asyncio.ensure_future(limits.within(0.01, answer(asyncio.Event())))
    await limits.within(0.01, answer())
    with pytest.raises(TimeoutError):
        await stuck


async def test_a_cancellation_from_outside_stays_one() -> None:
    limits = TimeLimits()
    task = asyncio.ensure_future(limits.within(5.0, answer(asyncio.Event())))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_limit_inside_of_another_ends_the_inner_wait_only() -> None:
    limits = TimeLimits()

    async def inner() -> str:
        with pytest.raises(TimeoutError):
            await limits.within(0.001, answer(asyncio.Event()))
        return "went on"

    assert await limits.within(5.0, inner()) == "went on"


async def test_nothing_is_kept_of_a_wait_that_has_ended() -> None:
    class Big:
        pass

    async def hold(what: Big) -> weakref.ref[Big]:
        return weakref.ref(what)

    limits = TimeLimits()
    kept = await limits.within(5.0, hold(Big()))
    gc.collect()
    assert kept() is None
