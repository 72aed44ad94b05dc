"""Wait for something again and again, but each time not for ever.

One timer serves all the waits of a stream; `asyncio.timeout` makes one for each, which at 100
chunks costs more than passing them on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Patience:
    """For the waits of one task, one after the other; `stop` must be called in the end."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[object] | None = None  # that waits
        self._since = 0.0
        self._is_over = False

    async def wait[T](self, for_what: Callable[[], Awaitable[T]]) -> T:
        """Return what comes. Raise `TimeoutError` if that takes too long."""
        task = asyncio.current_task()
        assert task is not None
        asked_before = task.cancelling()
        self._task, self._since = task, self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._look)
        try:
            return await for_what()
        except asyncio.CancelledError:
            if self._is_over and task.uncancel() <= asked_before:
                raise TimeoutError from None
            raise
        finally:
            self._task = None

    def stop(self) -> None:
        """Let go of the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        waited = 0.0 if self._task is None else self._loop.time() - self._since
        if self._task is not None and waited >= self._seconds:
            self._is_over = True
            self._task.cancel()
            self._timer = None
        else:
            self._timer = self._loop.call_later(self._seconds - waited, self._look)
