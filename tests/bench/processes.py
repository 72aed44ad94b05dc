"""Start the processes of a benchmark, each on its core, and stop them whatever happens."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

START_LIMIT = 60  # seconds until a process must listen
STOP_LIMIT = 10  # seconds until it is killed

_END_WITH_PARENT = 1  # PR_SET_PDEATHSIG, prctl(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A process that listens on a port."""

    name: str
    pid: int
    port: int
    folder: Path = Path()  # where its files are


class Processes:
    """Keeps what it started and ends it, by process id, when the block is left."""

    def __init__(self) -> None:
        self._started: list[tuple[str, subprocess.Popen[str], Path]] = []
        self._folder = tempfile.TemporaryDirectory(prefix="plexus-bench-")

    @property
    def folder(self) -> Path:
        """A folder for files that are gone afterwards."""
        return Path(self._folder.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._folder.cleanup()

    def stop(self) -> None:
        """End all processes, the latest first."""
        while self._started:
            _end(self._started.pop()[1])

    def end(self, running: Running) -> None:
        """End one of them."""
        for number, (_, process, _) in enumerate(self._started):
            if process.pid == running.pid:
                del self._started[number]
                _end(process)
                return

    def listen(
        self,
        name: str,
        command: Sequence[str],
        *,
        port: int,
        core: int | None,
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
        look: Callable[[int], bool] | None = None,
        pause: float = 0.05,
    ) -> Running:
        """Start a server and wait until it listens, or until `look` at its port is content.

        Looks `pause` seconds apart. Raise `RuntimeError` with its last words.
        """
        process, log = self._spawn(name, command, core=core, env=env, stdin=None)
        limit = time.monotonic() + START_LIMIT
        while not (look or is_open)(port):
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"{name} does not listen on {port}:\n{_tail(log)}")
            time.sleep(pause)
        return Running(name=name, pid=process.pid, port=port, folder=folder or self.folder)

    def converse(
        self, name: str, command: Sequence[str], *, core: int | None
    ) -> tuple[int, IO[str], IO[str]]:
        """Start a process that takes orders: its id, its standard input and its output."""
        process, _ = self._spawn(name, command, core=core, env=None, stdin=subprocess.PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        return process.pid, process.stdin, process.stdout

    def last_words(self, name: str) -> str:
        """The end of what a process wrote on its error output."""
        return "\n".join(_tail(log) for other, _, log in self._started if other == name)

    def _spawn(
        self,
        name: str,
        command: Sequence[str],
        *,
        core: int | None,
        env: Mapping[str, str] | None,
        stdin: int | None,
    ) -> tuple[subprocess.Popen[str], Path]:
        log = self.folder / f"{name}.log"
        with log.open("w") as errors:
            process = subprocess.Popen(
                command,
                stdin=stdin or subprocess.DEVNULL,
                stdout=subprocess.PIPE if stdin else errors,
                stderr=errors,
                text=True,
                env={**os.environ, **(env or {})},
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
                preexec_fn=_before_exec(core),  # noqa: PLW1509 - the harness has no threads
            )
        self._started.append((name, process, log))
        return process, log


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):  # what it did not read is no matter now
                pipe.close()


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def is_open(port: int) -> bool:
    """Whether somebody listens on the port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def _before_exec(core: int | None) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def prepare() -> None:
        prctl(_END_WITH_PARENT, signal.SIGTERM)  # even if we are killed
        if core is not None:
            os.sched_setaffinity(0, {core})

    return prepare
