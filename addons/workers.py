"""`plexus serve --workers N`: several processes share one port, and this one looks after them.

Each worker binds the port with `SO_REUSEPORT`, so the kernel spreads connections over them. What
they must agree on (cooldowns, quotas, responses) they share through the database, exactly as
several nodes do.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from plexus.addons.sockets import listening_socket

log = logging.getLogger(__name__)

VARIABLE: Final = "PLEXUS_WORKER"  # "1/4" in the first of four
_QUICK_S: Final = 5.0  # a worker that lives no longer than this did not start well
_MOST_QUICK_ENDS: Final = 3  # in a row
_PAUSE_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Which of how many workers this process is."""

    number: int = 1
    count: int = 1

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Self:
        """Return what the supervisor told us; a process without one is the only one."""
        number, slash, count = env.get(VARIABLE, "").partition("/")
        return cls(number=int(number), count=int(count)) if slash else cls()

    @property
    def is_one_of_several(self) -> bool:
        """Whether the port is shared."""
        return self.count > 1


def supervise(arguments: argparse.Namespace, env: Mapping[str, str], host: str, port: int) -> int:
    """Run `arguments.workers` workers until told to stop; return the exit status.

    The port must be free; it is held for the workers while this runs. Raise `OSError` if it cannot
    be shared here.
    """
    with listening_socket(host, port, is_shared=True) as held:
        command = worker_command(arguments, host, held.getsockname()[1])
        supervisor = Supervisor(command, env, arguments.workers)
        return asyncio.run(supervisor.run())


def worker_command(arguments: argparse.Namespace, host: str, port: int) -> list[str]:
    """Return the command line of a worker."""
    command = [sys.executable, "-m", "plexus.addons.cli", "serve"]
    command += ["--host", host, "--port", str(port)]
    if arguments.config is not None:
        command += ["--config", arguments.config]
    for script in arguments.script:
        command += ["--script", script]
    for option in arguments.set:
        command += ["--set", option]
    return command


class Supervisor:
    """Starts workers, starts them again when they die, and stops them together."""

    def __init__(self, command: list[str], env: Mapping[str, str], count: int) -> None:
        self._command = command
        self._env = env
        self._count = count
        self._children: dict[int, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()
        self._failed = False

    async def run(self) -> int:
        """Return once all workers have ended."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        await asyncio.gather(*(self._keep(number + 1) for number in range(self._count)))
        return 1 if self._failed else 0

    def stop(self) -> None:
        """Tell the workers to stop; a second time, at once."""
        self._stopping.set()
        for child in self._children.values():
            if child.returncode is None:
                child.terminate()

    async def _keep(self, number: int) -> None:
        quick = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            status = await self._run(number)
            if self._stopping.is_set():
                return
            quick = quick + 1 if time.monotonic() - started < _QUICK_S else 1
            if quick >= _MOST_QUICK_ENDS:
                log.error("worker.gave_up worker=%d status=%d", number, status)
                self._failed = True
                self.stop()
                return
            log.error("worker.ended worker=%d status=%d: it is started again", number, status)
            await self._pause()

    async def _run(self, number: int) -> int:
        # A session of its own: ctrl-C at the terminal reaches us alone. The pipe at its standard
        # input ends when we do, however that happens.
        child = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
            env={**self._env, VARIABLE: f"{number}/{self._count}"},
        )
        self._children[number] = child
        if self._stopping.is_set():
            child.terminate()
        return await child.wait()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(_PAUSE_S):
                await self._stopping.wait()
        except TimeoutError:
            pass


def has_ended(pipe: int) -> bool:
    """Whether the other side of a readable pipe is gone."""
    try:
        return os.read(pipe, 4096) == b""
    except BlockingIOError:
        return False
