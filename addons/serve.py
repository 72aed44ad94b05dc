"""`plexus serve`: run the gateway until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from mitmproxy import ctx, exceptions, options

from plexus.addons import logs
from plexus.addons.assembly import GRACE_S, Gateway, apply_options, assemble, database_url
from plexus.addons.cli import plexus_version
from plexus.addons.loop import new_event_loop
from plexus.addons.master import PlexusMaster
from plexus.addons.sockets import listening_socket
from plexus.addons.summary import in_use, summary
from plexus.addons.workers import Worker, has_ended, supervise
from plexus.certs.authority import load_or_create
from plexus.config.environment import Environment, read_environment
from plexus.config.problems import ConfigError
from plexus.config.reload import ConfigHolder
from plexus.store.errors import StoreError
from plexus.store.url import SqliteUrl, parse_url
from plexus.transforms.errors import GatewayError

log = logging.getLogger(__name__)


def serve(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Run until SIGTERM or ctrl-C; return the exit status."""
    try:
        environment = read_environment(env)
        logs.set_up(environment.log_level)
        if arguments.workers > 1 and not Worker.of(env).is_one_of_several:
            return _supervise(arguments, environment, env)
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(_serve(arguments, environment, env))
    except (ConfigError, StoreError, GatewayError, exceptions.OptionsError) as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1


def _supervise(
    arguments: argparse.Namespace, environment: Environment, env: Mapping[str, str]
) -> int:
    # What can be wrong is found here once, not by each worker.
    host, port = chosen_address(arguments, environment)
    if not is_free(host, port):
        return 1
    url = parse_url(database_url(environment))
    if isinstance(url, SqliteUrl) and url.path is None:
        print("plexus: workers need a database to share; set DATABASE_URL", file=sys.stderr)
        return 1
    path = None if arguments.config is None else Path(arguments.config)
    ConfigHolder.open(path, environment, env)
    load_or_create(Path(environment.data_dir) / "ca", now=datetime.now(UTC))
    return supervise(arguments, env, host, port)


async def _serve(
    arguments: argparse.Namespace, environment: Environment, env: Mapping[str, str]
) -> int:
    host, port = chosen_address(arguments, environment)
    worker = Worker.of(env)
    if not worker.is_one_of_several and not is_free(host, port):
        return 1
    gateway = await assemble(environment, env, arguments.config, host, port)
    try:
        opts = options.Options()
        master = PlexusMaster(opts)
        announcer = Announcer(gateway, host, port)
        master.addons.add(*gateway.addons, announcer)
        apply_options(opts, gateway, arguments.set)
        opts.update(scripts=arguments.script)
        stopper = Stopper(master, gateway)
        stopper.listen()
        if worker.is_one_of_several:
            stopper.follow(sys.stdin.fileno())
        gateway.start_background()
        await master.run()
    finally:
        await gateway.close()
    return 0 if announcer.is_listening else 1


def chosen_address(arguments: argparse.Namespace, environment: Environment) -> tuple[str, int]:
    """Return where to listen: the command line outranks the environment."""
    host = environment.host if arguments.host is None else arguments.host
    port = environment.port if arguments.port is None else arguments.port
    return host, port


def is_free(host: str, port: int) -> bool:
    """Whether the port can be had; says so if not."""
    try:
        listening_socket(host, port).close()
    except OSError as error:
        print(in_use(host, port, error), file=sys.stderr)
        return False
    return True


class Announcer:
    """Says that the gateway is ready, once it is."""

    name = "plexus_announcer"

    def __init__(self, gateway: Gateway, host: str, port: int) -> None:
        self._gateway = gateway
        self._host = host
        self._port = port
        self.is_listening = False

    def running(self) -> None:
        """mitmproxy has opened its servers, or has said why it could not."""
        addresses = ctx.master.addons.get("proxyserver").listen_addrs()
        if not addresses:  # somebody took the port since we looked
            ctx.master.shutdown()
            return
        self.is_listening = True
        # What the start has made stays: the collector need not look at it again with every call.
        # It has just looked at most of it; what came last is young.
        gc.collect(0)
        gc.freeze()
        port = self._port or addresses[0][1]
        if self._gateway.services.worker.number > 1:
            return  # the first one speaks for all
        print(summary(self._gateway.services, self._host, port, plexus_version()), flush=True)


class Stopper:
    """The first signal stops gently, the second at once."""

    def __init__(self, master: PlexusMaster, gateway: Gateway) -> None:
        self._master = master
        self._gateway = gateway
        self._stopping = False

    def listen(self) -> None:
        """Take over SIGINT and SIGTERM."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)

    def follow(self, pipe: int) -> None:
        """Stop when the other side of a pipe is gone: our supervisor."""
        loop = asyncio.get_running_loop()

        def look() -> None:
            if has_ended(pipe):
                loop.remove_reader(pipe)
                self.stop()

        loop.add_reader(pipe, look)

    def stop(self) -> None:
        """Begin to stop."""
        if self._stopping:
            self._master.shutdown()
            return
        self._stopping = True
        self._gateway.services.tasks.start(self._stop(), "stop")

    async def _stop(self) -> None:
        open_calls = len(self._gateway.services.exchanges)
        if open_calls:
            print(
                f"plexus: finishing {open_calls} open calls, at most {GRACE_S:g} s "
                "(again to stop at once)",
                file=sys.stderr,
            )
        await self._master.stop_listening()
        cut = await self._gateway.drain()
        if cut:
            log.warning("stop.cut calls=%d", cut)
        self._master.shutdown()
