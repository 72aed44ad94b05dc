"""`plexus web`: the gateway under mitmweb, every call visible as it happens."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Mapping
from typing import override

from mitmproxy import exceptions, options
from mitmproxy.tools.web.master import WebMaster

from plexus.addons import logs
from plexus.addons.assembly import Gateway, apply_options, assemble
from plexus.addons.loop import new_event_loop
from plexus.addons.serve import Announcer, chosen_address, is_free
from plexus.config.environment import Environment, read_environment
from plexus.config.problems import ConfigError
from plexus.store.errors import StoreError
from plexus.transforms.errors import GatewayError


def web(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Run until ctrl-C; return the exit status."""
    try:
        environment = read_environment(env)
        logs.set_up(environment.log_level)
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(_web(arguments, environment, env))
    except (ConfigError, StoreError, GatewayError, exceptions.OptionsError) as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # mitmweb's page cannot be served
        print(f"plexus: {error.strerror or error}", file=sys.stderr)
        return 1


async def _web(
    arguments: argparse.Namespace, environment: Environment, env: Mapping[str, str]
) -> int:
    host, port = chosen_address(arguments, environment)
    if not is_free(host, port):
        return 1
    gateway = await assemble(environment, env, arguments.config, host, port)
    try:
        opts = options.Options()
        master = WebMaster(opts, with_termlog=False)
        master.addons.add(*gateway.addons, WebAnnouncer(master, gateway, host, port))
        opts.update(
            web_port=arguments.web_port,
            web_open_browser=not arguments.no_browser,
            store_streamed_bodies=True,
        )
        apply_options(opts, gateway, arguments.set)
        opts.update(scripts=arguments.script)
        _stop_on_signals(master)
        gateway.start_background()
        await master.run()
    finally:
        await gateway.close()
    return 0


class WebAnnouncer(Announcer):
    """Adds the page's address, with the token that opens it."""

    def __init__(self, master: WebMaster, gateway: Gateway, host: str, port: int) -> None:
        super().__init__(gateway, host, port)
        self._master = master

    @override
    def running(self) -> None:
        super().running()
        print(f"  web        {self._master.web_url}", flush=True)


def _stop_on_signals(master: WebMaster) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, master.shutdown)
