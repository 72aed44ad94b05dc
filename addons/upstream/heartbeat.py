"""Keep an idle stream alive: what the client's format has for it, every fifteen seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

EVERY_S = 15.0

type Write = Callable[[bytes], Awaitable[None]]


class Heartbeat:
    """Writes `frame` whenever nothing has been written for a while. One timer per stream.

    Streams are written in whole frames only, so a frame of ours can never split another.
    """

    def __init__(self, frame: bytes, write: Write, every_s: float = EVERY_S) -> None:
        self._frame = frame
        self._write = write
        self._every_s = every_s
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._beat: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch; a format without keep-alive is never written to."""
        if self._frame:
            self._timer = self._loop.call_later(self._every_s, self._tick)

    def wrote(self) -> None:
        """Something has just been written."""
        self._last = self._loop.time()

    def stop(self) -> None:
        """Write no more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._beat is not None:
            self._beat.cancel()

    def _tick(self) -> None:
        quiet = self._loop.time() - self._last
        if quiet >= self._every_s:
            quiet = 0.0
            self.wrote()
            self._beat = self._loop.create_task(self._send())
        self._timer = self._loop.call_later(self._every_s - quiet, self._tick)

    async def _send(self) -> None:
        try:
            await self._write(self._frame)
        except ConnectionError:
            self.stop()  # the client is gone; the pump will notice by itself
