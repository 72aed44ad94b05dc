"""`plexus run -- CMD`: start a program whose LLM calls go through the intercepting door.

Only the child's environment is changed, nothing on the system. If no gateway listens at the port,
one is started for as long as the child runs.
"""

from __future__ import annotations

import argparse
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from plexus.certs.authority import load_or_create
from plexus.certs.trust import child_environment, child_notes, write_bundle
from plexus.config.environment import read_environment
from plexus.config.hosts import HOSTS
from plexus.config.problems import ConfigError
from plexus.transforms.errors import GatewayError

_START_LIMIT_S = 20.0
_STOPPING = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
)  # Windows has no SIGHUP
HOST_NAMES = tuple(host for host, _, _ in HOSTS)


def run_child(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Run the child and return its exit status."""
    try:
        environment = read_environment(env)
        authority = load_or_create(
            Path(environment.data_dir).resolve() / "ca", now=datetime.now(UTC)
        )
    except (ConfigError, GatewayError) as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1
    trust = Trust(authority.certificate, env)
    if arguments.print_env:
        print(trust.as_shell(environment.port))
        return 0
    if is_gateway(environment.port):
        return _run(arguments.child, trust.environment(environment.port))
    with own_gateway(arguments.config, env) as port:
        if port is None:
            return 1
        return _run(arguments.child, trust.environment(port))


class Trust:
    """The environment in which a program trusts and uses us."""

    def __init__(self, certificate: Path, env: Mapping[str, str]) -> None:
        self._certificate = certificate
        self._env = env

    def changes(self, port: int) -> dict[str, str]:
        """Return the variables to set; what the user should know goes to stderr."""
        proxy = f"http://127.0.0.1:{port}"
        target = self._certificate.with_name("bundle.pem")
        bundle = write_bundle(target, [self._certificate], self._env)
        for note in child_notes(self._env, proxy, HOST_NAMES):
            print(f"plexus: {note}", file=sys.stderr)
        return child_environment(self._env, proxy, self._certificate, bundle)

    def environment(self, port: int) -> dict[str, str]:
        """Return the whole environment for the child."""
        return {**self._env, **self.changes(port)}

    def as_shell(self, port: int) -> str:
        """Return the changed variables as lines for a shell's `eval`."""
        changes = self.changes(port).items()
        return "\n".join(f"export {name}={shlex.quote(text)}" for name, text in changes)


def is_gateway(port: int) -> bool:
    """Whether a Plexus answers on this machine at `port`."""
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}/healthz", timeout=2) as reply:
            page: bytes = reply.read(64)
            return page.strip() == b'{"ok":true}'
    except OSError:
        return False


@contextmanager
def own_gateway(config: str | None, env: Mapping[str, str]) -> Iterator[int | None]:
    """Run a gateway of our own on a free port; yields `None`, having said why, if it cannot."""
    port = _free_port()
    command = [sys.executable, "-m", "plexus.addons.cli", "serve", "--port", str(port)]
    command += ["--config", config] if config is not None else []
    for number in _STOPPING:
        signal.signal(number, _leave)  # or we would end without ending the gateway
    # A group of its own: ctrl-C is the child's, the gateway ends after it.
    gateway = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
        command, env=dict(env), stdout=sys.stderr, start_new_session=True
    )
    try:
        print(f"plexus: no gateway is running; started one on port {port}", file=sys.stderr)
        yield port if _came_up(gateway, port) else None
    finally:
        gateway.terminate()
        gateway.wait()


def _leave(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def _came_up(gateway: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + _START_LIMIT_S
    while gateway.poll() is None and time.monotonic() < deadline:
        if is_gateway(port):
            return True
        time.sleep(0.05)
    print("plexus: the gateway did not start; its own message is above", file=sys.stderr)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    try:
        child = subprocess.Popen(command, env=dict(environment))  # noqa: S603 - the user's command
    except OSError as error:
        print(f"plexus: cannot run {command[0]!r}: {error.strerror}", file=sys.stderr)
        return 127
    for number in _STOPPING:
        signal.signal(number, lambda got, _: child.send_signal(got))
    while True:
        try:
            status = child.wait()
        except KeyboardInterrupt:
            continue  # the terminal sent it to the child too, who decides
        return status if status >= 0 else 128 - status
