"""What a gateway holds: memory when idle and after load, and while many streams are open."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from tests.bench.catalogue import HELD, held, scenarios
from tests.bench.cpu import cpu_seconds
from tests.bench.processes import Running
from tests.bench.readings import Reading, of_gateway
from tests.bench.rounds import Effort, settled
from tests.bench.scenario import Scenario
from tests.bench.stand import Stand
from tests.bench.usage import resident_mb

_MOST_S = 300.0  # for the calls before memory is looked at again


def streams(stand: Stand, effort: Effort) -> Iterator[Reading]:
    """CPU and memory while so many streams are open together; each must be whole in the end."""
    scenario, gateway = held(effort.held), stand.start("held")
    _resident("", stand, gateway, [(call, effort.warm_up) for call in scenarios()[:2]])
    before, used = resident_mb(gateway.pid), settled(gateway.pid)
    stand.load.connect(scenario, gateway, calls=HELD, seconds=effort.held)
    began = time.monotonic()
    stand.load.go()
    time.sleep(effort.held / 2)
    resident = resident_mb(gateway.pid)
    outcome = stand.load.outcome()
    share = (cpu_seconds(gateway.pid) - used) / (time.monotonic() - began)
    name = f"{HELD} streams held {effort.held:g} s"
    figures = [
        (f"{name}: memory for each", (resident - before) * 1e3 / HELD, "KB"),
        (f"{name}: share of a core", share * 100, "%"),
    ]
    yield from of_gateway(figures, outcome.errors, outcome.examples)
    stand.processes.end(gateway)


def memory(stand: Stand, effort: Effort) -> Iterator[Reading]:
    """Resident memory of a gateway of its own: after the first answer, and after many.

    One call in twenty is a stream.
    """
    gateway = stand.start("memory")
    small, stream = scenarios()[:2]
    yield _resident("RSS idle", stand, gateway, [(small, 1)])
    rest = effort.total // 20
    calls = [(stream, rest), (small, effort.total - rest)]
    yield _resident(f"RSS after {effort.total:,} calls", stand, gateway, calls)
    stand.processes.end(gateway)


def _resident(
    what: str, stand: Stand, gateway: Running, calls: Sequence[tuple[Scenario, int]]
) -> Reading:
    errors, examples = 0, list[str]()
    for scenario, number in calls:
        stand.load.connect(scenario, gateway, calls=number, seconds=_MOST_S)
        stand.load.go()
        outcome = stand.load.outcome()
        missing = number - outcome.calls - outcome.errors
        errors += outcome.errors + missing
        examples += outcome.examples
        examples += [f"{missing} calls were not made in {_MOST_S:g} s"] if missing else []
    settled(gateway.pid)
    return Reading(
        what=what,
        target="gateway",
        value=resident_mb(gateway.pid),
        unit="MB",
        errors=errors,
        examples=tuple(examples),
    )
