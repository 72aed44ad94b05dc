"""The gateway as an addon script, for mitmproxy's own tools.

    mitmweb -n -s addons/gateway.py
    mitmdump -n -s addons/gateway.py --set plexus_port=4000

Without `-n` the tool opens a proxy port of its own (8080, on all addresses) until we are loaded.
Configuration, data directory and database are taken from the environment as `plexus serve` does.
The tool must run in Plexus's own virtual environment (`.venv/bin/mitmweb`).
"""

from __future__ import annotations

import logging
import os

from mitmproxy import ctx
from mitmproxy.addonmanager import Loader

from plexus.addons.assembly import Gateway, apply_options, assemble
from plexus.addons.cli import plexus_version
from plexus.addons.summary import summary
from plexus.config.environment import read_environment
from plexus.config.problems import ConfigError
from plexus.store.errors import StoreError
from plexus.transforms.errors import GatewayError

log = logging.getLogger(__name__)


class GatewayScript:
    """Assembles the gateway once the tool runs, and puts the tool into `plexus` mode."""

    def __init__(self) -> None:
        self._gateway: Gateway | None = None

    def load(self, loader: Loader) -> None:
        """Declare our options."""
        loader.add_option("plexus_config", str, "", "Path of the Plexus configuration.")
        loader.add_option("plexus_port", int, 0, "Port to listen on; 0: $PORT or 4000.")

    async def running(self) -> None:
        """Bring the gateway up; whatever prevents it is said and ends the tool."""
        try:
            await self._start()
        except (ConfigError, StoreError, GatewayError, OSError) as error:
            log.error("plexus: %s", error)
            ctx.master.shutdown()

    async def done(self) -> None:
        """Write what waits."""
        if self._gateway is not None:
            gateway, self._gateway = self._gateway, None
            await gateway.close()

    async def _start(self) -> None:
        environment = read_environment(os.environ)
        port = ctx.options.plexus_port or environment.port
        gateway = await assemble(
            environment, os.environ, ctx.options.plexus_config or None, environment.host, port
        )
        self._gateway = gateway
        ctx.master.addons.add(*gateway.addons)
        ctx.options.update(store_streamed_bodies=True)
        apply_options(ctx.options, gateway, ["server=true"])
        proxyserver = ctx.master.addons.get("proxyserver")
        await proxyserver.setup_servers()
        if not proxyserver.listen_addrs():
            raise OSError(f"cannot listen on port {port}; mitmproxy has said why")
        gateway.start_background()
        log.info(summary(gateway.services, environment.host, port, plexus_version()))


addons = [GatewayScript()]
