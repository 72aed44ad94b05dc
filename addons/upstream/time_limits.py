"""Limit many waits with one timer for each limit there is.

`asyncio.timeout` makes a timer for each wait, which costs as much as sending a request does. Nearly
all waits of a gateway have the same limit, and the one that began first is over first: so a queue
for each limit does, and a timer for the head of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final


class TimeLimits:
    """For the waits of one event loop."""

    def __init__(self) -> None:
        self._queues: Final[dict[float, _Queue]] = {}

    async def within[T](self, seconds: float, what: Awaitable[T]) -> T:
        """Return what comes. Raise `TimeoutError`, `what` cancelled, if that takes too long."""
        task = asyncio.current_task()
        assert task is not None
        queue = self._queues.get(seconds)
        if queue is None:
            queue = self._queues[seconds] = _Queue(seconds)
        wait = _Wait(task)
        queue.begin(wait)
        try:
            return await what
        except asyncio.CancelledError:
            if wait.is_over and task.uncancel() <= wait.asked_before:
                raise TimeoutError from None
            raise
        finally:
            queue.end(wait)


class _Wait:
    __slots__ = ("asked_before", "is_over", "task")

    def __init__(self, task: asyncio.Task[object]) -> None:
        self.task = task
        self.asked_before = task.cancelling()
        self.is_over = False


class _Queue:
    """The waits of one limit, in the order in which they are over."""

    def __init__(self, seconds: float) -> None:
        self._seconds: Final = seconds
        self._loop: Final = asyncio.get_running_loop()
        self._ends: Final[dict[_Wait, float]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, wait: _Wait) -> None:
        end = self._ends[wait] = self._loop.time() + self._seconds
        if self._timer is None:
            self._timer = self._loop.call_at(end, self._look)

    def end(self, wait: _Wait) -> None:
        self._ends.pop(wait, None)

    def _look(self) -> None:
        self._timer = None
        now = self._loop.time()
        for wait, end in list(self._ends.items()):
            if end > now:
                self._timer = self._loop.call_at(end, self._look)
                return
            del self._ends[wait]
            wait.is_over = True
            wait.task.cancel()
