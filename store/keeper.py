"""Hand finished responses to the database: apart from the ledger, since they are large.

Strategy: a writer of its own, so that neither a batch of megabytes nor a row that the database
refuses holds up the ledger; small transactions, since they run on the event loop on SQLite; and a
bound in characters rather than rows, for the time when the database is gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.certs.sealer import Sealer
from plexus.store.backlog import Limits
from plexus.store.engine import Sleep
from plexus.store.instances import Clock
from plexus.store.records import ResponseRecord, TurnRecord
from plexus.store.sealed import sealed_record
from plexus.store.sinks import open_sink
from plexus.store.tables import CONVERSATION_TURNS, RESPONSES
from plexus.store.upsert import RESPONSE, TURN, compile_recipe
from plexus.store.url import DatabaseUrl
from plexus.store.writer import Writer, wall_ms

MOST_CHARACTERS: Final = 64 * 1024 * 1024  # that may wait to be written
_LIMITS: Final = Limits(batch=16, capacity=1_000, ceiling=2_000)
_CHECKPOINT_ROWS: Final = 100  # a response is some dozen KB

log = logging.getLogger(__name__)


class Keeper:
    """Takes responses and turns; never waits. For use on the event loop only."""

    def __init__(
        self, writer: Writer, *, sealer: Sealer | None = None, most: int = MOST_CHARACTERS
    ) -> None:
        self.writer: Final = writer
        self._sealer: Final = Sealer() if sealer is None else sealer
        self._most: Final = most
        self._sizes: Final[deque[int]] = deque()  # of the rows that wait, oldest first
        self._held = 0

    def put(self, record: ResponseRecord | TurnRecord) -> bool:
        """Queue a row; return whether there was place for it, which is logged if there was not."""
        while len(self._sizes) > self.writer.queued:
            self._held -= self._sizes.popleft()
        size = len(record.items) if isinstance(record, TurnRecord) else _size(record)
        if self._sizes and self._held + size > self._most:
            log.warning("store.response_lost key=%s reason=too many wait to be written", record.key)
            return False
        self._sizes.append(size)
        self._held += size
        self.writer.put(self._sealed(record))
        return True

    def _sealed(self, record: ResponseRecord | TurnRecord) -> ResponseRecord | TurnRecord:
        if isinstance(record, TurnRecord):
            return sealed_record(self._sealer, CONVERSATION_TURNS, record)
        return sealed_record(self._sealer, RESPONSES, record)

    async def settle(self) -> None:
        """Write what waits, for somebody who is about to read; raise one of `errors.TROUBLE`."""
        if self.writer.queued:
            await self.writer.flush()


def open_keeper(
    engine: AsyncEngine,
    url: DatabaseUrl,
    *,
    instance: str,
    sealer: Sealer | None = None,
    clock: Clock = wall_ms,
    sleep: Sleep = asyncio.sleep,
) -> Keeper:
    """Make a keeper for a database; its owner runs `writer.run()` and closes the writer."""
    recipes = (RESPONSE, TURN)
    writer = Writer(
        open_sink(engine, url, checkpoint_rows=_CHECKPOINT_ROWS),
        {recipe.record: compile_recipe(recipe, engine.dialect) for recipe in recipes},
        instance=instance,
        limits=_LIMITS,
        clock=clock,
        sleep=sleep,
    )
    return Keeper(writer, sealer=sealer)


def _size(record: ResponseRecord) -> int:
    return len(record.input) + len(record.output) + len(record.body)
