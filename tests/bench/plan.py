"""`python -m tests.bench.plan`: what planning costs in CPU, for an alias with 20 targets."""

from __future__ import annotations

import sys
import time

from plexus.addons.exchange import Principal
from plexus.addons.routing.health import Health
from plexus.addons.routing.measures import Sample
from plexus.addons.routing.planner import Asked, Planner
from plexus.addons.routing.selector import Selector
from plexus.config.snapshot import (
    Alias,
    Model,
    Pricing,
    Provider,
    Rates,
    Snapshot,
    TargetGroup,
    TargetRef,
    index,
)
from plexus.transforms.registry import discover

TARGETS = 20
CALLS = 2_000
ROUNDS = 7
MOST_US = 50.0


def selectors() -> dict[str, Selector]:
    """All selectors, by name."""
    return discover("plexus.addons.routing.selectors", "SELECTOR")


def configuration(targets: int = TARGETS) -> Snapshot:
    """One alias per selector, each with so many targets at as many providers."""
    providers = {f"p{n}": provider(n) for n in range(targets)}
    refs = tuple(TargetRef(provider=name, model="m") for name in providers)
    aliases = {
        name: Alias(name=name, groups=(TargetGroup(name="all", selector=name, targets=refs),))
        for name in selectors()
    }
    return Snapshot(
        version="1",
        source="bench",
        providers=providers,
        aliases=aliases,
        sections={"latencyExplorationRate": 0.05, "performanceExplorationRate": 0.05},
        **index(aliases, None),
    )


def provider(number: int) -> Provider:
    """A provider with one model."""
    rates = Rates(input=1.0 + number, output=2.0)
    model = Model(name="m", pricing=Pricing(source="simple", rates=rates))
    return Provider(
        name=f"p{number}",
        urls={"chat": f"http://p{number}.test/v1"},
        api_key="sk-x",
        api_keys=("sk-x",),
        models={"m": model},
    )


def cpu_us(planner: Planner, asked: Asked, calls: int = CALLS) -> float:
    """Return the microseconds of CPU that one plan takes, the best of several rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(calls):
            planner.plan(asked)
        best = min(best, time.process_time() - began)
    return best / calls * 1e6


def main() -> int:
    """Print a line per selector; return 1 if one is above the limit."""
    found, health = configuration(), Health()
    state = iter(range(10**9))
    planner = Planner(selectors(), health, lambda: next(state) * 0.618033988749895 % 1.0)
    who = Principal(key=None, name="bench")
    for asked in (Asked(snapshot=found, model=name, principal=who) for name in found.aliases):
        for number, target in enumerate(planner.plan(asked).targets):
            sample = Sample(at=time.time(), duration_s=2.0 + number, ttft_s=0.1 * number, tokens=50)
            health.measures.note(target, sample)
    slow = False
    for name in found.aliases:
        spent = cpu_us(planner, Asked(snapshot=found, model=name, principal=who))
        slow = slow or spent > MOST_US
        print(f"{name:<16} {spent:6.1f} us for {TARGETS} targets (at most {MOST_US:g})")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
