"""What is measured, and how each is started in front of the provider.

A new target is one entry in `TARGETS`.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.setups import SETUPS

BINARIES = Path(sys.executable).parent
GATEWAY = f"{BINARIES / 'plexus'} serve --config {{config}} --host 127.0.0.1 --port {{port}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a target is to run."""

    port: int
    upstream: int  # the provider's port
    folder: Path  # for its files
    gateway: str = GATEWAY  # the command that starts the gateway, with {config} and {port}
    setup: str = "plain"  # the gateway's configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A command line and what it adds to the environment."""

    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


def start_reference(place: Place) -> Start:
    """The bare aiohttp proxy."""
    upstream = f"http://127.0.0.1:{place.upstream}"
    return Start(command=[sys.executable, "-m", "tests.bench.reference", str(place.port), upstream])


def start_mitmdump(place: Place) -> Start:
    """Stock mitmdump as a reverse proxy; it buffers replies whole, streamed ones too."""
    command = [
        str(BINARIES / "mitmdump"), "--quiet", "--mode", f"reverse:http://127.0.0.1:{place.upstream}",
        "--listen-host", "127.0.0.1", "--listen-port", str(place.port),
        "--set", f"confdir={place.folder / 'mitmproxy'}",
    ]  # fmt: skip
    return Start(command=command)


def start_gateway(place: Place) -> Start:
    """The gateway's listener, with keys, routing, prices and accounting to SQLite."""
    place.folder.mkdir(parents=True, exist_ok=True)
    config = place.folder / "plexus.yaml"
    setup = SETUPS[place.setup]
    config.write_text(setup.yaml(place.upstream))
    env = {
        "DATA_DIR": str(place.folder / "data"),
        "DATABASE_URL": f"sqlite:///{ledger(place.folder)}",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "warn"),
    }
    command = place.gateway.format(config=config, port=place.port)
    return Start(command=shlex.split(command), env={**env, **setup.env})


def ledger(folder: Path) -> Path:
    """The SQLite file into which a gateway accounts."""
    return folder / "ledger.db"


def ca(folder: Path) -> Path:
    """The authority that a gateway signs with."""
    return folder / "data" / "ca" / "ca.pem"


YARDSTICK = "aiohttp"
TARGETS: dict[str, Callable[[Place], Start]] = {
    "gateway": start_gateway,
    YARDSTICK: start_reference,
    "mitmdump": start_mitmdump,
}
