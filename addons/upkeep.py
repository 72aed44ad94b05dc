"""Remove old records, at the start and then hourly (controlplane.md §6.4)."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from plexus.addons.services import Services
from plexus.config.snapshot import Snapshot
from plexus.store.errors import TROUBLE, reason
from plexus.store.retention import Ages, remove_expired
from plexus.store.store import Pause, until
from plexus.store.writer import wall_ms
from plexus.transforms.wire import number_at, object_at

EVERY_S: Final = 3600.0

log = logging.getLogger(__name__)


async def keep_up(services: Services, stop: asyncio.Event, *, pause: Pause = until) -> None:
    """Remove what the configuration of the moment says is too old, until `stop` is set."""
    while not stop.is_set():
        ages = ages_of(services.config.current)
        try:
            await remove_expired(services.store.engine, ages, now=wall_ms())
        except TROUBLE as exc:
            log.warning("retention.failed reason=%s", reason(exc))
        await pause(stop, EVERY_S)


def ages_of(snapshot: Snapshot) -> Ages:
    """Return how long this configuration keeps records."""
    debug = object_at(snapshot.sections, "debug") or {}
    section = object_at(snapshot.sections, "retention") or {}
    traces = number_at(debug, "retention_days")
    return Ages(
        traces=Ages().traces if traces is None else traces,
        usage=number_at(section, "usage_days"),
        errors=number_at(section, "error_days"),
    )
