"""Many calls, then many broken-off streams: `python -m tests.soak` or `make soak`.

Calls of four formats on providers of four formats, whole and streamed, by the gateway's address and
through its intercepting door (HTTP/1.1 and HTTP/2). Memory, open files, asyncio tasks and Python
objects must come back to where they were after the warm-up, within 10 %.
"""

from __future__ import annotations

import argparse
import asyncio
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import uvloop

from tests.bench.load import Order, run
from tests.bench.processes import Processes, Running, free_port
from tests.bench.rounds import settled
from tests.bench.spy import ask, command
from tests.bench.targets import ca, ledger
from tests.bench.usage import open_files, resident_mb
from tests.soak.aborts import break_off
from tests.soak.kinds import Kind, configuration, kinds
from tests.soak.samples import Sample, grown, samples_table

LAPS = 10
WARM_UP = 0.05  # of the calls, and of the broken-off streams
QUIET_S = 60.0  # longer than idle connections to providers are kept


@dataclass(slots=True)
class Soak:
    """A gateway under load, and what was seen of it."""

    gateway: Running
    told: Path  # where the gateway tells what it holds
    deadline: float
    samples: list[Sample] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    calls: int = 0
    errors: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def left(self) -> float:
        """Seconds until it must be over."""
        return max(0.0, self.deadline - time.monotonic())

    def look(self, when: str, *, quiet: float = 0.0) -> None:
        """Take a sample once the gateway is idle, and has been for so long."""
        settled(self.gateway.pid)
        time.sleep(quiet)
        told = ask(self.gateway.pid, self.told)
        sample = Sample(
            when=when,
            resident_mb=resident_mb(self.gateway.pid),
            files=open_files(self.gateway.pid),
            tasks=told.tasks,
            objects=told.objects,
            calls=self.calls,
            seconds=time.monotonic() - self.began,
        )
        self.samples.append(sample)
        print(samples_table([sample]).splitlines()[-1], file=sys.stderr, flush=True)

    async def mixed(self, chosen: Sequence[Kind], calls: int) -> None:
        """Make so many calls, all kinds at the same time."""
        each = max(1, round(calls / len(chosen)))
        orders = [
            Order(
                scenario=kind.scenario,
                port=self.gateway.port,
                calls=each,
                seconds=self.left,
                ca=ca(self.gateway.folder),
            )
            for kind in chosen
        ]
        for order, outcome in zip(orders, await asyncio.gather(*map(run, orders)), strict=True):
            self.calls += outcome.calls
            self.errors += outcome.errors
            self.examples += [f"{order.scenario.name}: {told}" for told in outcome.examples]

    async def aborted(self, chosen: Sequence[Kind], count: int) -> None:
        """Break so many streams off."""
        ended = await break_off(
            [kind.endless for kind in chosen if kind.stream],
            count=count,
            port=self.gateway.port,
            ca=ca(self.gateway.folder),
            seconds=self.left,
        )
        self.calls += ended.count
        self.errors += ended.errors
        self.examples += ended.examples


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, print the table, and return 1 if anything grew or went wrong."""
    chosen = _options(arguments)
    if not Path("/proc/self/stat").exists():
        print("The soak reads memory and files from /proc: it runs on Linux only.", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _leave)
    try:
        with Processes() as processes:
            soak = _begin(processes, chosen)
            _soak(soak, chosen)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(samples_table(soak.samples))
    complaints = grown(soak.samples[0], soak.samples[-1])
    if soak.errors:
        complaints.append(f"{soak.errors} calls went wrong, such as: {soak.examples[:3]}")
    if soak.left == 0:
        complaints.append(f"not all was done in {chosen.minutes:g} minutes; see --minutes")
    print("\n".join(complaints) or "back to the start: memory, files, tasks and objects")
    return 1 if complaints else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--calls", type=int, default=100_000, help="mixed calls (100,000)")
    parser.add_argument("--aborts", type=int, default=10_000, help="broken-off streams (10,000)")
    parser.add_argument("--minutes", type=float, default=30.0, help="at most so long (30)")
    parser.add_argument("--quiet", type=float, default=QUIET_S, metavar="SECONDS")
    return parser.parse_args(arguments)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _begin(processes: Processes, chosen: argparse.Namespace) -> Soak:
    upstream, port, folder = free_port(), free_port(), processes.folder
    serve = [sys.executable, "-m", "tests.bench.provider", str(upstream)]
    processes.listen("provider", serve, port=upstream, core=None)
    config, told = folder / "plexus.yaml", folder / "told"
    config.write_text(configuration(upstream))
    env = {
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": f"sqlite:///{ledger(folder)}",
        "LOG_LEVEL": "error",
    }
    start = shlex.split(command(told).format(config=config, port=port))
    gateway = processes.listen("gateway", start, port=port, core=None, env=env)
    return Soak(gateway, told, time.monotonic() + chosen.minutes * 60)


def _soak(soak: Soak, chosen: argparse.Namespace) -> None:
    everything = kinds()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(soak.mixed(everything, round(chosen.calls * WARM_UP)))
        runner.run(soak.aborted(everything, round(chosen.aborts * WARM_UP)))
        soak.look("start", quiet=chosen.quiet)
        for lap in range(1, LAPS + 1):
            runner.run(soak.mixed(everything, chosen.calls // LAPS))
            soak.look(f"calls {lap}/{LAPS}")
        for lap in range(1, LAPS + 1):
            runner.run(soak.aborted(everything, chosen.aborts // LAPS))
            soak.look(f"broken off {lap}/{LAPS}")
        soak.look("end", quiet=chosen.quiet)


if __name__ == "__main__":
    sys.exit(main())
