"""Let stored responses and conversations expire: at the start and every hour."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from plexus.config.snapshot import Snapshot
from plexus.store.errors import TROUBLE, reason
from plexus.store.store import Store, until
from plexus.transforms.wire import number_at, object_at

EVERY_S: Final = 3600.0
_DAY_MS: Final = 24 * 3600 * 1000.0
_USUAL_DAYS: Final = 7.0  # dataplane.md §13

log = logging.getLogger(__name__)

type Pause = Callable[[asyncio.Event, float], Awaitable[bool]]


def ttl_ms(snapshot: Snapshot) -> float:
    """Return how long stored responses live: `responses.ttl_days`."""
    section = object_at(snapshot.sections, "responses") or {}
    days = number_at(section, "ttl_days")
    return (_USUAL_DAYS if days is None else days) * _DAY_MS


def expired_before(snapshot: Snapshot) -> int:
    """Return the time, ms since 1970, before which everything has expired."""
    return int(time.time() * 1000 - ttl_ms(snapshot))


async def clean(store: Store, before: int) -> tuple[int, int]:
    """Remove what was last used before a time (ms): return how many responses, conversations."""
    responses = await store.responses.purge(before)
    return responses, await store.conversations.purge(before)


async def run_cleaning(
    store: Store,
    before: Callable[[], int],  # the time, ms since 1970, before which everything has expired
    stop: asyncio.Event,
    *,
    pause: Pause = until,
) -> None:
    """Clean now and every hour until `stop` is set; a failing database is tried an hour later."""
    while True:
        try:
            gone = await clean(store, before())
        except TROUBLE as exc:
            log.warning("responses.cleaning_failed reason=%s", reason(exc))
        else:
            if any(gone):
                log.info("responses.expired responses=%d conversations=%d", *gone)
        if await pause(stop, EVERY_S):
            return
