"""What the verbs share: one object, made at start, handed to each addon."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from plexus.addons.exchange import Exchanges
from plexus.addons.inspection.traces import Traces
from plexus.addons.metering.price_book import PriceBook
from plexus.addons.metering.quota_meter import QuotaMeter
from plexus.addons.routing.health import Health
from plexus.addons.routing.selector import Selector
from plexus.addons.tasks import Tasks
from plexus.addons.upstream.client import Upstream
from plexus.addons.upstream.seal_keeper import SealKeeper
from plexus.addons.workers import Worker
from plexus.config.environment import Environment
from plexus.config.reload import ConfigHolder
from plexus.store.store import Store
from plexus.transforms.codec import Dialect


@dataclass(slots=True, kw_only=True)
class Services:
    """The gateway's long-lived parts."""

    environment: Environment
    config: ConfigHolder
    store: Store
    upstream: Upstream
    dialects: Mapping[str, Dialect]
    selectors: Mapping[str, Selector]
    ca_dir: Path
    database: str  # where the ledger is, for people; holds no password
    random: Callable[[], float]
    worker: Worker = field(default_factory=Worker)
    is_watched: Callable[[], bool] = lambda: True  # whether others look at flows, too
    seals: SealKeeper = field(default_factory=lambda: SealKeeper(time.monotonic))
    health: Health = field(default_factory=Health)
    prices: PriceBook = field(default_factory=PriceBook)
    exchanges: Exchanges = field(default_factory=Exchanges)
    tasks: Tasks = field(default_factory=Tasks)
    quotas: QuotaMeter = field(init=False)
    traces: Traces = field(init=False)

    def __post_init__(self) -> None:
        self.traces = Traces(self.store.traces, always=self.environment.debug)
        self.quotas = QuotaMeter(self.store.quotas, lambda: self.prices.current)
