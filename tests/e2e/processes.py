"""Plexus as a process of its own: what it says is read line by line, and waited for."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import textwrap
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from plexus.store.records import UsageRecord
from plexus.store.store import Store

PATIENCE_S = 30.0  # a start takes one or two; more on a busy machine
CLI = (sys.executable, "-m", "plexus.addons.cli")
READY = "is ready."


class Process:
    """A program that runs; it is killed at the end of the block if it has not ended by itself."""

    def __init__(self, running: asyncio.subprocess.Process) -> None:
        self._running = running
        self.out: list[str] = []
        self.err: list[str] = []
        self._said = asyncio.Condition()
        self._readers = [
            asyncio.ensure_future(self._read(running.stdout, self.out)),
            asyncio.ensure_future(self._read(running.stderr, self.err)),
        ]

    @property
    def pid(self) -> int:
        """Its number."""
        return self._running.pid

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._running.send_signal(number)

    async def says(self, words: str) -> str:
        """Return the first line, on either stream, that holds the words; wait until it is said."""
        async with asyncio.timeout(PATIENCE_S), self._said:
            while (line := self._line_with(words)) is None:
                assert not self._is_over(), f"ended without saying {words!r}:\n{self.everything()}"
                await self._said.wait()
        return line

    async def ended(self) -> int:
        """Wait until it has ended and everything it said is read; return its status."""
        async with asyncio.timeout(PATIENCE_S):
            status = await self._running.wait()
            await asyncio.gather(*self._readers)
        return status

    async def kill(self) -> None:
        """End it without a word, if it still runs."""
        if self._running.returncode is None:
            self._running.kill()
        await self.ended()

    def everything(self) -> str:
        """What it has said so far."""
        return "\n".join([*self.out, *self.err])

    async def _read(self, stream: asyncio.StreamReader | None, into: list[str]) -> None:
        assert stream is not None
        while line := await stream.readline():
            async with self._said:
                into.append(line.decode("utf-8", "replace").rstrip("\n"))
                self._said.notify_all()
        async with self._said:
            self._said.notify_all()

    def _line_with(self, words: str) -> str | None:
        return next((line for line in [*self.out, *self.err] if words in line), None)

    def _is_over(self) -> bool:
        return all(reader.done() for reader in self._readers)


@asynccontextmanager
async def process(command: Sequence[str], env: Mapping[str, str]) -> AsyncIterator[Process]:
    """Run a command with this environment and little else."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    started = Process(
        await asyncio.create_subprocess_exec(
            *command,
            env={**inherited, "PYTHONUNBUFFERED": "1", **env},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    )
    try:
        yield started
    finally:
        await started.kill()


class Served(Process):
    """A gateway that answers at `url`."""

    port: int
    data: Path
    config: Path

    @property
    def url(self) -> str:
        """Its root."""
        return f"http://127.0.0.1:{self.port}"

    async def rows(self) -> list[UsageRecord]:
        """The rows of its ledger, oldest first, read from the file."""
        return await rows_in(self.data)


@asynccontextmanager
async def served(
    tmp_path: Path,
    config: str,
    *more: str,
    command: Sequence[str] = ("serve",),
    env: Mapping[str, str] | None = None,
    port: int | None = None,
) -> AsyncIterator[Served]:
    """Run `plexus serve` (or another command) with this configuration until it is ready."""
    path = tmp_path / "plexus.yaml"
    path.write_text(textwrap.dedent(config))
    port = free_port() if port is None else port
    line = [*CLI, *command, "--port", str(port), "--config", str(path), *more]
    async with process(line, {"DATA_DIR": str(tmp_path / "data"), **(env or {})}) as started:
        started.__class__ = Served
        assert isinstance(started, Served)
        started.port, started.data, started.config = port, tmp_path / "data", path
        await started.says(READY)
        yield started


async def rows_in(data: Path) -> list[UsageRecord]:
    """The rows of the ledger in a data folder, oldest first."""
    store = await Store.open(f"sqlite://{data}/plexus.db")
    try:
        return (await store.usage.recent(10_000))[::-1]
    finally:
        await store.close()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def chat_body(*, stream: bool = False, model: str = "m") -> dict[str, object]:
    """A small chat call."""
    return {"model": model, "stream": stream, "messages": [{"role": "user", "content": "Hi"}]}


async def chat(url: str, key: str = "sk-plexus-app", **body: object) -> httpx.Response:
    """Make a small chat call at a gateway."""
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        return await client.post(
            f"{url}/v1/chat/completions",
            headers={"authorization": f"Bearer {key}"},
            json={**chat_body(), **body},
        )
