"""A whole gateway in the test's own loop: both doors, its ledger, its configuration."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mitmproxy import options

from plexus.addons.assembly import Gateway, apply_options, assemble
from plexus.addons.master import PlexusMaster
from plexus.config.environment import read_environment
from plexus.store.errors import TROUBLE
from plexus.store.records import UsageRecord
from tests.fakes.provider import Provider

PATIENCE_S = 10.0


@dataclass(slots=True, kw_only=True)
class Running:
    """A gateway that answers."""

    gateway: Gateway
    master: PlexusMaster
    port: int
    config: Path
    data: Path

    @property
    def url(self) -> str:
        """Its root."""
        return f"http://127.0.0.1:{self.port}"

    async def settled(self) -> None:
        """Return once no call is under way and every row is written."""
        await self.gateway.services.exchanges.wait_empty()
        writer = self.gateway.services.store.writer
        async with asyncio.timeout(PATIENCE_S):
            while writer.queued:
                try:
                    await writer.flush()
                except TROUBLE:  # cooldowns are saved at that moment: the file is locked
                    await asyncio.sleep(0.01)

    async def rows(self, count: int = 1) -> list[UsageRecord]:
        """Return the `count` latest finished rows, oldest first, once there are that many."""
        store = self.gateway.services.store
        await self.settled()
        rows = await store.usage.recent(count)
        assert len(rows) == count, f"{len(rows)} rows, {count} expected"
        return rows[::-1]


@asynccontextmanager
async def running(
    tmp_path: Path, config: str | None = None, env: Mapping[str, str] | None = None
) -> AsyncIterator[Running]:
    """Run a gateway with this configuration (YAML) until the block is left."""
    path = tmp_path / "plexus.yaml"
    if config is not None:
        path.write_text(textwrap.dedent(config))
    data = tmp_path / "data"
    variables = {"DATA_DIR": str(data), "LOG_LEVEL": "warn", **(env or {})}
    environment = read_environment(variables)
    gateway = await assemble(
        environment, variables, str(path) if config is not None else None, "127.0.0.1", 0
    )
    opts = options.Options()
    master = PlexusMaster(opts)
    ready = Ready()
    master.addons.add(*gateway.addons, ready)
    apply_options(opts, gateway, [])
    gateway.start_background()
    task = asyncio.get_running_loop().create_task(master.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            await ready.event.wait()
        port = master.addons.get("proxyserver").listen_addrs()[0][1]
        yield Running(gateway=gateway, master=master, port=port, config=path, data=data)
    finally:
        await master.stop_listening()
        master.shutdown()
        await task
        await gateway.close()


class Ready:
    """An addon that tells when mitmproxy has opened its servers."""

    name = "ready"

    def __init__(self) -> None:
        self.event = asyncio.Event()

    def running(self) -> None:
        """mitmproxy's hook."""
        self.event.set()


def one_provider(provider: Provider, dialect: str = "chat", **more: str) -> str:
    """A configuration with one alias `m` on a scriptable provider of this dialect.

    The provider never rests, so that a test may let it fail and go on.
    """
    base = provider.url + ("" if dialect == "gemini" else "/v1")
    return textwrap.dedent(f"""\
        adminKey: admin-secret-for-tests
        providers:
          acme:
            api_base_url: {{{dialect}: "{base}"}}
            api_key: sk-provider-secret
            disable_cooldown: true
            models:
              big:
                pricing: {{source: simple, input: 1.0, output: 2.0, cached: 0.1}}
        models:
          m:
            targets: [{{provider: acme, model: big}}]
        keys:
          app: {{secret: sk-plexus-app}}
        """) + "".join(f"{name}: {text}\n" for name, text in more.items())
