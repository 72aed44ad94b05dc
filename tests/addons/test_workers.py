"""Several processes on one port: started, replaced when they die, stopped together."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from plexus.addons.workers import Supervisor, Worker, has_ended, worker_command
from tests.e2e.processes import PATIENCE_S, Served, chat, rows_in, served
from tests.e2e.running import one_provider
from tests.fakes.provider import Provider


def test_a_process_knows_which_worker_it_is() -> None:
    assert Worker.of({"PLEXUS_WORKER": "2/4"}) == Worker(number=2, count=4)
    assert Worker.of({}) == Worker(number=1, count=1)
    assert [Worker.of(env).is_one_of_several for env in ({"PLEXUS_WORKER": "1/2"}, {})] == [
        True,
        False,
    ]


def test_a_worker_is_given_what_the_supervisor_was_given() -> None:
    given = argparse.Namespace(config="c.yaml", script=["a.py", "b.py"], set=["x=1"])
    assert worker_command(given, "", 4000) == [
        sys.executable, "-m", "plexus.addons.cli", "serve", "--host", "", "--port", "4000",
        "--config", "c.yaml", "--script", "a.py", "--script", "b.py", "--set", "x=1",
    ]  # fmt: skip


def test_the_end_of_a_pipe_is_noticed() -> None:
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    assert not has_ended(ours)
    os.close(theirs)
    assert has_ended(ours)
    os.close(ours)


async def test_workers_that_never_start_well_are_given_up() -> None:
    supervisor = Supervisor([sys.executable, "-c", "raise SystemExit(3)"], dict(os.environ), 2)
    assert await asyncio.wait_for(supervisor.run(), PATIENCE_S) == 1


def children_of(pid: int) -> set[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return {int(child) for child in found.split()}


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError, FileNotFoundError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


async def until_gone(*pids: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while any(map(is_alive, pids)):  # noqa: ASYNC110 - a process tells nobody of it
            await asyncio.sleep(0.02)


async def answers(gateway: Served) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(Exception):
                if (await chat(gateway.url)).status_code == 200:
                    return


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
async def test_a_worker_that_dies_is_replaced_and_all_stop_together(
    tmp_path: Path, provider: Provider
) -> None:
    config = one_provider(provider)
    async with served(tmp_path, config, "--workers", "2") as gateway:
        first = children_of(gateway.pid)
        assert len(first) == 2
        for _ in range(6):
            await answers(gateway)
        victim = min(first)
        os.kill(victim, signal.SIGKILL)
        await gateway.says("it is started again")
        await answers(gateway)
        async with asyncio.timeout(PATIENCE_S):
            while len(now := children_of(gateway.pid)) < 2 or victim in now:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
        gateway.signal(signal.SIGTERM)
        assert await gateway.ended() == 0
        await until_gone(*first, *now)
    rows = await rows_in(gateway.data)
    # The last row of the killed one may be lost with it.
    assert len(rows) >= 5 and {row.response_status for row in rows} == {"success"}


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
async def test_workers_do_not_outlive_their_supervisor(tmp_path: Path, provider: Provider) -> None:
    async with served(tmp_path, one_provider(provider), "--workers", "2") as gateway:
        workers = children_of(gateway.pid)
        gateway.signal(signal.SIGKILL)
        await until_gone(*workers)
