"""Background tasks: kept alive, named, and heard of when they fail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Final

PATIENCE_S: Final = 2.0

log = logging.getLogger(__name__)


class Tasks:
    """Owns every task that outlives the call that started it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._ending: set[asyncio.Task[None]] = set()

    def start(
        self, work: Coroutine[None, None, None], name: str, *, ends_itself: bool = False
    ) -> None:
        """Run `work` beside everything else; a failure is logged with its name.

        `ends_itself`: it heeds an event that is set before `stop`, and is left to finish what it
        is at, a query for instance.
        """
        task = asyncio.get_running_loop().create_task(work, name=name)
        if not task.done():
            self._tasks.add(task)
            if ends_itself:
                self._ending.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._ending.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("task.failed name=%s", task.get_name(), exc_info=error)

    async def stop(self) -> None:
        """Wait for what ends by itself, 2 s at most; cancel what then still runs."""
        if self._ending:
            await asyncio.wait(list(self._ending), timeout=PATIENCE_S)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
