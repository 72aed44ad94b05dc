"""Keep list prices up to date: those of this release, of an address, and of a file, in that order.

What was fetched is kept beside the ledger, so that other processes and the next start have it, too.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from plexus.config.price_catalogue import (
    OPENROUTER_URL,
    PriceCatalogue,
    read_catalogue,
    shipped,
)
from plexus.config.snapshot import Snapshot
from plexus.store.store import until
from plexus.transforms.errors import GatewayError
from plexus.transforms.wire import number_at, object_at, text_at

type Fetch = Callable[[str], Awaitable[bytes]]
type Pause = Callable[[asyncio.Event, float], Awaitable[bool]]

LOOK_EVERY_S: Final = 30.0
RETRY_S: Final = 600.0
_HOUR_S: Final = 3600.0

log = logging.getLogger(__name__)


class PriceBook:
    """Owns which catalogue is in force: `current`."""

    def __init__(
        self,
        folder: Path | None = None,
        fetch: Fetch | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`folder` is where what is fetched is kept; without `fetch` only what is there is read."""
        self.current: PriceCatalogue = shipped()
        self._folder = folder
        self._fetch = fetch
        self._clock = clock
        self._seen: tuple[tuple[str, int, int], ...] = ()
        self._not_before = 0.0  # s since 1970, after a failure

    async def run(
        self, stop: asyncio.Event, config: Callable[[], Snapshot], *, pause: Pause = until
    ) -> None:
        """Renew the prices whenever they are due or a file has changed, until `stop` is set."""
        while True:
            await self.renew(config())
            if await pause(stop, LOOK_EVERY_S):
                return

    async def renew(self, snapshot: Snapshot) -> None:
        """Fetch what is due and read what has changed; what fails is told, and nothing is lost."""
        url = catalogue_url(snapshot)
        kept = self._kept(url)
        if url is not None and kept is not None and self._is_due(kept, _hours(snapshot)):
            await self._get(url, kept)
        try:
            await asyncio.to_thread(self.load, snapshot)
        except OSError as exc:
            log.warning("prices.unreadable reason=%s", exc)

    def load(self, snapshot: Snapshot) -> None:
        """Read the files, if they are not those of the last time. Raise `OSError`."""
        paths = [self._kept(catalogue_url(snapshot)), _file(snapshot)]
        present = [path for path in paths if path is not None and path.is_file()]
        seen = tuple(_state(path) for path in present)
        if seen == self._seen:
            return
        self._seen = seen
        found = shipped()
        for path in present:
            try:
                found = found.renewed_by(read_catalogue(path.read_bytes()))
            except GatewayError as exc:
                log.warning("prices.unreadable file=%s reason=%s", path, exc.message)
        self.current = found
        log.info("prices.loaded models=%d", len(found.prices))

    def _kept(self, url: str | None) -> Path | None:
        if url is None or self._folder is None:
            return None
        name = hashlib.blake2b(url.encode(), digest_size=6).hexdigest()
        return self._folder / f"prices-{name}.json"

    def _is_due(self, kept: Path, hours: float) -> bool:
        now = self._clock()
        if self._fetch is None or now < self._not_before:
            return False
        try:
            age_s = now - kept.stat().st_mtime
        except OSError:
            return True
        return age_s >= hours * _HOUR_S

    async def _get(self, url: str, kept: Path) -> None:
        if self._fetch is None:
            return
        try:
            data = await self._fetch(url)
            read_catalogue(data)
            await asyncio.to_thread(_write, kept, data)
        except (GatewayError, OSError) as exc:
            self._not_before = self._clock() + RETRY_S
            log.warning("prices.not_renewed retry_in_s=%.0f reason=%s", RETRY_S, exc)


def catalogue_url(snapshot: Snapshot) -> str | None:
    """Return where prices are fetched: as configured, or at OpenRouter's if a model needs them."""
    section = object_at(snapshot.sections, "price_catalogue") or {}
    url = text_at(section, "url")
    return OPENROUTER_URL if url is None and _names_slugs(snapshot) else url


def _names_slugs(snapshot: Snapshot) -> bool:
    return any(
        price is not None and price.slug is not None
        for provider in snapshot.providers.values()
        for model in provider.models.values()
        for price in (model.pricing, *model.repriced)
    )


def _hours(snapshot: Snapshot) -> float:
    section = object_at(snapshot.sections, "price_catalogue") or {}
    hours = number_at(section, "refresh_hours")
    return 24.0 if hours is None else hours


def _file(snapshot: Snapshot) -> Path | None:
    named = text_at(object_at(snapshot.sections, "price_catalogue") or {}, "file")
    return None if named is None else Path(named)


def _state(path: Path) -> tuple[str, int, int]:
    state = path.stat()
    return str(path), state.st_mtime_ns, state.st_size


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_bytes(data)
    beside.replace(path)
