"""Share rests through the store: with the other gateways of it, and with the next start."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from plexus.addons.routing.cooldowns import Cooldowns
from plexus.store.cooldowns import CooldownLog, Mark
from plexus.store.errors import TROUBLE, reason
from plexus.store.store import until

type Pause = Callable[[asyncio.Event, float], Awaitable[bool]]

EVERY_S: Final = 0.3  # twice that, and a little, until another gateway honours a rest
TIDY_TURNS: Final = 3_000  # a quarter of an hour

log = logging.getLogger(__name__)


class Sharing:
    """Keeps `cooldowns` and the store's table alike."""

    def __init__(
        self, cooldowns: Cooldowns, rows: CooldownLog, *, tidy_turns: int = TIDY_TURNS
    ) -> None:
        self._cooldowns = cooldowns
        self._rows = rows
        self._tidy_turns = tidy_turns
        self._mark: Mark | None = None
        self._is_failing = False

    async def load(self) -> None:
        """Take over the rests and counts of before; call it before the first call is planned."""
        try:
            await self._rows.clean()
            await self._read()
        except TROUBLE as exc:
            self._tell(exc)

    async def run(self, stop: asyncio.Event, *, pause: Pause = until) -> None:
        """Write what changed here and read what changed elsewhere, until `stop` is set.

        A store that fails is told of once; meanwhile rests are kept in memory.
        """
        turns = 0
        while not await pause(stop, EVERY_S):
            turns += 1
            await self._turn(is_tidying=turns % self._tidy_turns == 0)
        await self.save()

    async def save(self) -> None:
        """Write what changed here and is not written yet."""
        try:
            await self._write()
        except TROUBLE as exc:
            self._tell(exc)

    async def _turn(self, *, is_tidying: bool) -> None:
        self._cooldowns.prune()
        try:
            await self._write()
            await self._read()
            if is_tidying:
                await self._rows.clean()
        except TROUBLE as exc:
            self._tell(exc)
            return
        if self._is_failing:
            log.info("cooldowns.shared_again")
        self._is_failing = False

    async def _write(self) -> None:
        # What is written counts as saved once it is read: the store may know better.
        records = self._cooldowns.unsaved()
        if records:
            await self._rows.save(records)

    async def _read(self) -> None:
        mark = await self._rows.mark()
        if mark != self._mark:
            # Rows that change after the mark was taken are read once more next time.
            self._cooldowns.adopt(await self._rows.all(), self._rows.instance)
            self._mark = mark

    def _tell(self, exc: Exception) -> None:
        if not self._is_failing:
            log.warning("cooldowns.not_shared reason=%s", reason(exc))
        self._is_failing = True
