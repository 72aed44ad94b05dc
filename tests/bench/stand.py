"""The test stand: provider, load generator and what is measured between them, each on its core."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.processes import Processes, Running, free_port
from tests.bench.rounds import LoadGenerator
from tests.bench.targets import GATEWAY, TARGETS, Place, ledger, start_gateway


@dataclass(frozen=True, slots=True)
class Cores:
    """Where processes run: the one under test, and provider and load; `None`: anywhere."""

    tested: int | None
    other: int | None

    @classmethod
    def found(cls) -> Cores:
        """The first and the last core that we may use."""
        if not hasattr(os, "sched_getaffinity"):
            return cls(None, None)
        usable = sorted(os.sched_getaffinity(0))
        return cls(usable[0], usable[-1])


@dataclass(slots=True)
class Stand:
    """Starts what is measured when it is first asked for, and keeps it."""

    processes: Processes
    chosen: Sequence[str]  # names of targets
    command: str = GATEWAY
    env: Mapping[str, str] = field(default_factory=dict)  # added to the gateway's
    cores: Cores = field(default_factory=Cores.found)
    provider: Running = field(init=False)
    load: LoadGenerator = field(init=False)
    _running: dict[str, Running] = field(default_factory=dict)

    def __post_init__(self) -> None:
        port = free_port()
        command = [sys.executable, "-m", "tests.bench.provider", str(port)]
        self.provider = self.processes.listen("provider", command, port=port, core=self.cores.other)
        self.load = LoadGenerator(self.processes, core=self.cores.other)

    @property
    def targets(self) -> list[Running]:
        """The chosen ones; the gateway in its plain setup."""
        return [self.gateway() if name == "gateway" else self._target(name) for name in self.chosen]

    def gateway(self, setup: str = "plain") -> Running:
        """The gateway in a setup."""
        name = f"gateway {setup}"
        if name not in self._running:
            self._running[name] = self.start(setup, setup)
        return self._running[name]

    def place(self, folder: str, setup: str = "plain") -> Place:
        """Where a gateway of its own may run."""
        return Place(
            port=free_port(),
            upstream=self.provider.port,
            folder=self.processes.folder / folder,
            gateway=self.command,
            setup=setup,
        )

    def start(self, folder: str, setup: str = "plain") -> Running:
        """Start another gateway, with its files in a folder of its own."""
        place = self.place(folder, setup)
        start = start_gateway(place)
        return self.processes.listen(
            "gateway",
            start.command,
            port=place.port,
            core=self.cores.tested,
            env={**start.env, **self.env},
            folder=place.folder,
        )

    def _target(self, name: str) -> Running:
        if name not in self._running:
            place = self.place(name)
            start = TARGETS[name](place)
            self._running[name] = self.processes.listen(
                name, start.command, port=place.port, core=self.cores.tested, env=start.env
            )
        return self._running[name]

    def accounted(self) -> str:
        """Compare the gateways' ledgers with what they answered; call it when they have ended."""
        gateways = [r for name, r in self._running.items() if name.startswith("gateway ")]
        made = sum(self.load.answered.get(gateway.port, 0) for gateway in gateways)
        try:
            rows = sum(_rows(ledger(gateway.folder)) for gateway in gateways)
        except sqlite3.Error as error:
            return f"the gateway's ledger could not be read: {error}"
        return f"the gateway answered {made:,} calls and accounted for {rows:,}"


def _rows(path: Path) -> int:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        (rows,) = database.execute("SELECT count(*) FROM request_usage").fetchone()
    return int(rows)
