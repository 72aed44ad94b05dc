"""Wait for something again and again, but each time not for ever.

One timer serves all the waits of a stream; `asyncio.timeout` makes one for each, which at 100
chunks costs more than passing them on.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self


class Patience:
    """For the waits of one task, one after the other: inside `with`, between `begin` and `end`.

    A wait that takes longer than `seconds` is cancelled; `with` makes that a `TimeoutError`.
    """

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[object] | None = None  # that waits
        self._cancelled_before = 0
        self._since: float | None = None

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        assert self._task is not None
        self._cancelled_before = self._task.cancelling()
        self._timer = self._loop.call_later(self._seconds, self._look)
        return self

    def begin(self) -> None:
        """A wait begins."""
        self._since = self._loop.time()

    def end(self) -> None:
        """What was waited for has come."""
        self._since = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self.is_over or self._task is None:
            return
        is_ours = self._task.uncancel() <= self._cancelled_before
        if is_ours and isinstance(error, asyncio.CancelledError):
            raise TimeoutError from None

    def _look(self) -> None:
        waited = 0.0 if self._since is None else self._loop.time() - self._since
        if self._task is not None and self._since is not None and waited >= self._seconds:
            self.is_over = True
            self._timer = None
            self._task.cancel()
        else:
            self._timer = self._loop.call_later(self._seconds - waited, self._look)
