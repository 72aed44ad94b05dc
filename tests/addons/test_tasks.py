"""Background tasks."""

import asyncio

import pytest

from plexus.addons.tasks import Tasks


async def test_a_failure_is_logged_with_the_tasks_name(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise RuntimeError("broken")

    tasks = Tasks()
    tasks.start(fail(), "the sweeper")
    for _ in range(3):  # to run, to fail, to be heard of
        await asyncio.sleep(0)
    assert "the sweeper" in caplog.text and "broken" in caplog.text


async def test_stop_cancels_what_still_runs_and_waits_for_it() -> None:
    ended: list[str] = []

    async def run() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cleaned up")

    tasks = Tasks()
    tasks.start(run(), "for ever")
    await asyncio.sleep(0)
    await tasks.stop()
    assert ended == ["cleaned up"]


async def test_what_ends_by_itself_is_left_to_finish() -> None:
    told, ended = asyncio.Event(), []

    async def run() -> None:
        await told.wait()
        await asyncio.sleep(0)  # a query under way
        ended.append("finished")

    tasks = Tasks()
    tasks.start(run(), "sharing", ends_itself=True)
    told.set()
    await tasks.stop()
    assert ended == ["finished"]
