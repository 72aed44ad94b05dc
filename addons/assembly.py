"""Put the gateway together and take it apart: the same for `serve`, `web` and `mitmdump -s`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from mitmproxy import options

from plexus.addons.account import Account
from plexus.addons.bridge import Bridge
from plexus.addons.chain import verbs
from plexus.addons.exchange import Exchanges
from plexus.addons.front import Front, trigger
from plexus.addons.inspection.attempt_flow import WatchedUpstream
from plexus.addons.inspection.traced_upstream import TracedUpstream
from plexus.addons.keep_trace import keep_unfinished
from plexus.addons.listener import mode_spec
from plexus.addons.master import has_spectators
from plexus.addons.metering.price_book import PriceBook
from plexus.addons.roots import provider_roots, tls_context
from plexus.addons.routing.cooldowns import Cooldowns
from plexus.addons.routing.health import Health
from plexus.addons.routing.measures import Measures
from plexus.addons.routing.rest import rules_of
from plexus.addons.routing.selector import Selector
from plexus.addons.routing.sharing import Sharing
from plexus.addons.routing.sticky import Sticky
from plexus.addons.routing.warm import try_to_warm_up
from plexus.addons.services import Services
from plexus.addons.stateful.cleaning import expired_before, run_cleaning
from plexus.addons.upkeep import keep_up
from plexus.addons.upstream.client import Pool
from plexus.addons.upstream.fetch import fetch
from plexus.addons.upstream.seal_keeper import SealKeeper
from plexus.addons.upstream.shared_seals import SharedSeals
from plexus.addons.workers import Worker
from plexus.certs.authority import load_or_create
from plexus.certs.sealer import Sealer
from plexus.config.environment import Environment
from plexus.config.reload import ConfigHolder
from plexus.store.store import Store
from plexus.store.url import PostgresUrl, parse_url
from plexus.store.writer import wall_ms
from plexus.transforms.codec import Dialect
from plexus.transforms.registry import discover

log = logging.getLogger(__name__)

UNENCRYPTED = (
    "store.unencrypted ENCRYPTION_KEY is not set: traces and stored responses are kept in plain "
    "text (docs/encryption.md)"
)
GRACE_S = 10.0  # how long calls under way may go on after the signal to stop


@dataclass(slots=True, kw_only=True)
class Gateway:
    """A gateway that is assembled: its parts, its addons, its end."""

    services: Services
    front: Front
    bridge: Bridge
    sharing: Sharing
    addons: list[object]
    mitmproxy_options: dict[str, object]
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    def start_background(self) -> None:
        """Start what runs beside the calls."""
        services = self.services
        services.tasks.start(
            services.config.watch(self._stop), "watch configuration", ends_itself=True
        )
        services.tasks.start(services.store.writer.run(), "ledger writer")
        services.tasks.start(services.quotas.ledger.run(), "quota ledger")
        services.tasks.start(
            services.store.run_background(self._stop), "store upkeep", ends_itself=True
        )
        services.tasks.start(services.store.keeper.writer.run(), "responses writer")
        if services.worker.number == 1:  # of several workers one cleans
            expired = partial(_expired_before, services)
            cleaning = run_cleaning(services.store, expired, self._stop)
            services.tasks.start(cleaning, "expiry of responses", ends_itself=True)
        services.tasks.start(services.traces.run(), "traces")
        lasting = keep_unfinished(services.exchanges, services.traces, sleep=asyncio.sleep)
        services.tasks.start(lasting, "traces of lasting calls")
        if services.worker.number <= 1:
            services.tasks.start(keep_up(services, self._stop), "retention", ends_itself=True)
        services.tasks.start(self.sharing.run(self._stop), "shared cooldowns", ends_itself=True)
        if services.seals.is_shared:
            services.tasks.start(services.store.memory.run(), "shared memory")
        renewal = services.prices.run(self._stop, lambda: services.config.current)
        services.tasks.start(renewal, "list prices", ends_itself=True)
        for addon in self.addons:
            if isinstance(addon, Account):
                services.tasks.start(addon.watch(), "pending rows")

    async def drain(self, grace_s: float = GRACE_S) -> int:
        """Let calls under way finish for at most `grace_s`; return how many were cut off."""
        await self.front.stop_idle()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self.services.exchanges.wait_empty()
        return len(self.services.exchanges)

    async def close(self) -> None:
        """End everything; rows that wait are written."""
        self._stop.set()
        await self.front.close()
        await self.bridge.close()
        for addon in self.addons:
            if isinstance(addon, Account):
                addon.cut_off()
        await self.services.upstream.close()
        await self.services.quotas.ledger.close()
        await self.services.tasks.stop()
        await self.sharing.save()
        await self.services.traces.close()
        await self.services.store.close()


async def assemble(
    environment: Environment, env: Mapping[str, str], config: str | None, host: str, port: int
) -> Gateway:
    """Return a gateway, ready for its addons to be added to a master.

    Must run in the loop that will serve. Raise `ConfigError`, `StoreError` or `GatewayError`,
    whose texts are meant for the person at the terminal.
    """
    path = Path(config) if config is not None else None
    holder = ConfigHolder.open(path, environment, env)
    snapshot = holder.current
    ca_dir = Path(environment.data_dir) / "ca"
    for note in load_or_create(ca_dir, now=datetime.now(UTC)).notes:
        log.warning("%s", note)
    dialects: dict[str, Dialect] = discover("plexus.transforms.dialects", "DIALECT")
    selectors: dict[str, Selector] = discover("plexus.addons.routing.selectors", "SELECTOR")
    roots = provider_roots(Path(environment.data_dir), snapshot.intercept.upstream_ca, env)
    store = await _open_ledger(environment)
    cooldowns = Cooldowns(time.time, rules=lambda: rules_of(holder.current))
    sharing, worker = Sharing(cooldowns, store.cooldowns), Worker.of(env)
    await sharing.load()
    measures = Measures(environment.performance_samples)
    await try_to_warm_up(measures, store.usage, environment.performance_samples, wall_ms())
    memory = store.memory if shares_memory(database_url(environment), worker) else None
    exchanges = Exchanges()
    traced = TracedUpstream(Pool(tls_context(roots)), exchanges)
    services = Services(
        environment=environment,
        config=holder,
        store=store,
        upstream=WatchedUpstream(traced, trigger, has_spectators),
        exchanges=exchanges,
        dialects=dialects,
        selectors=selectors,
        ca_dir=ca_dir,
        worker=worker,
        is_watched=has_spectators,
        database=parse_url(database_url(environment)).place,
        random=random.random,
        seals=SealKeeper(time.monotonic, None if memory is None else SharedSeals(memory)),
        health=Health(cooldowns=cooldowns, measures=measures, sticky=Sticky(memory)),
        prices=_prices(environment, roots, worker),
    )
    front, bridge = Front(services), Bridge()
    await front.open()
    await bridge.open()
    return Gateway(
        services=services,
        front=front,
        bridge=bridge,
        sharing=sharing,
        addons=verbs(services, front, bridge),
        mitmproxy_options={
            "mode": [mode_spec(host, port)],
            "confdir": str(ca_dir),
            "connection_strategy": "lazy",  # nothing is dialled before we know where to
            "ssl_verify_upstream_trusted_ca": str(roots),
        },
    )


def _prices(environment: Environment, roots: Path, worker: Worker) -> PriceBook:
    # Of several workers one fetches; the others read what it has kept.
    async def get(url: str) -> bytes:
        return await fetch(url, tls_context(roots))

    return PriceBook(Path(environment.data_dir), get if worker.number == 1 else None)


def _expired_before(services: Services) -> int:
    return expired_before(services.config.current)


def database_url(environment: Environment) -> str:
    """Return where the ledger lives: `DATABASE_URL`, else a SQLite file in the data directory."""
    return environment.database_url or f"sqlite://{environment.data_dir}/plexus.db"


async def _open_ledger(environment: Environment) -> Store:
    store = await open_store(environment)
    if not store.sealer.has_key:
        log.warning("%s", UNENCRYPTED)
    return store


def shares_memory(url: str, worker: Worker) -> bool:
    """Whether other processes may serve a conversation's next turn; raise `StoreError`.

    Nobody knows how many nodes a PostgreSQL database has.
    """
    return worker.is_one_of_several or isinstance(parse_url(url), PostgresUrl)


async def open_store(environment: Environment) -> Store:
    """Open the ledger with the key of this environment; raise `StoreError`."""
    sealer = Sealer.of(environment.encryption_key)
    return await Store.open(database_url(environment), sealer=sealer)


def apply_options(opts: options.Options, gateway: Gateway, extra: list[str]) -> None:
    """Set the mitmproxy options of the gateway, then the user's. Raise `OptionsError`."""
    opts.update(**gateway.mitmproxy_options)
    opts.set(*extra)
