"""Begin with what the ledger knows of earlier calls, not with nothing."""

from __future__ import annotations

import logging

from plexus.addons.routing.measures import Measures
from plexus.store.errors import TROUBLE, reason
from plexus.store.usage import UsageLog

_DAY_MS = 24 * 3600 * 1000

log = logging.getLogger(__name__)


async def warm_up(measures: Measures, usage: UsageLog, kept: int, now_ms: int) -> None:
    """Load the latest speeds, `kept` per target, and the requests of the last 24 hours."""
    measures.load(await usage.speeds(kept), await usage.hourly(now_ms - _DAY_MS))


async def try_to_warm_up(measures: Measures, usage: UsageLog, kept: int, now_ms: int) -> None:
    """Warm up if the ledger lets us; a gateway can start without."""
    try:
        await warm_up(measures, usage, kept, now_ms)
    except TROUBLE as error:
        log.warning("measures.not_loaded reason=%s", reason(error))
