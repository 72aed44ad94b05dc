"""Targets that nobody measured lately are probed in the background."""

import asyncio
from collections.abc import Coroutine

import pytest

from plexus.addons.exchange import Target
from plexus.addons.routing.catalogue import Catalogue
from plexus.addons.routing.cooldowns import Cooldowns
from plexus.addons.routing.explorer import ExplorationRules, Explorer, rules_of, stale
from plexus.addons.routing.found import Found
from plexus.addons.routing.health import Health
from plexus.addons.routing.measures import Measures, Sample
from plexus.addons.routing.planner import Asked, Planner
from plexus.addons.routing.selector import Selector
from plexus.addons.tasks import Tasks
from plexus.config.snapshot import Snapshot
from plexus.transforms.codec import Operation
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.registry import discover
from plexus.transforms.wire import JsonObject
from tests.addons.factories import alias, principal, provider, snapshot, target

SELECTORS: dict[str, Selector] = discover("plexus.addons.routing.selectors", "SELECTOR")
START = 1_000.0
RULES = ExplorationRules(enabled=True, stale_after_s=600.0, workers=2)
SECTION: JsonObject = {"enabled": True, "stalenessThresholdSeconds": 600, "workerConcurrency": 2}


def configuration(selector: str = "latency", count: int = 3, name: str = "m") -> Snapshot:
    places = [f"p{n}/x" for n in range(count)]
    return snapshot(
        alias(name, *places, selector=selector),
        providers=tuple(provider(f"p{n}") for n in range(count)),
        sections={"backgroundExploration": SECTION, "latencyExplorationRate": 1.0},
    )


def found(measures: Measures, of: Snapshot | None = None, model: str = "m") -> Found:
    known = Catalogue(snapshot=of or configuration(), selectors=SELECTORS, measures=measures)
    return known.find(model, "chat", Operation.CHAT)


def note(measures: Measures, name: str, at: float) -> None:
    measures.note(target(name), Sample(at=at, duration_s=1.0, ttft_s=0.2, tokens=5))


class Lab:
    """An explorer whose probes wait until they are let go."""

    def __init__(self, error: Exception | None = None) -> None:
        self.now = START
        self.probed: list[str] = []
        self.go = asyncio.Event()
        self.error = error
        self.tasks = Tasks()
        self.cooldowns = Cooldowns(lambda: self.now, monotonic=lambda: 100.0)
        self.measures = Measures(clock=lambda: self.now)
        self.explorer = Explorer(self._probe, self._start, self.cooldowns, lambda: self.now)

    def _start(self, work: Coroutine[None, None, None], name: str) -> None:
        self.tasks.start(work, name)

    async def _probe(self, target: Target) -> None:
        self.probed.append(target.name)
        await self.go.wait()
        if self.error is not None:
            raise self.error

    async def consider(self, at: float, *, rules: ExplorationRules = RULES) -> list[str]:
        """Look at second `at`; return who was probed so far."""
        self.now = at
        self.explorer.consider(found(self.measures), rules)
        await self.settle()
        return self.probed

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)


def test_the_section_sets_the_rules() -> None:
    assert rules_of(configuration()) == RULES
    assert rules_of(snapshot()) == ExplorationRules()


def test_what_was_measured_before_the_threshold_is_stale() -> None:
    measures = Measures(clock=lambda: START)
    note(measures, "p0/x", 1_500.0)
    note(measures, "p1/x", 2_500.0)
    names = [c.target.name for c in stale(found(measures), before=2_000.0, started=START)]
    assert names == ["p0/x", "p2/x"]


def test_the_start_counts_as_a_measurement() -> None:
    measures = Measures(clock=lambda: START)
    note(measures, "p0/x", 10.0)
    assert list(stale(found(measures), before=START, started=START)) == []


@pytest.mark.parametrize("selector", ["random", "in_order", "cost", "usage"])
def test_selectors_that_measure_nothing_need_no_probes(selector: str) -> None:
    measures = Measures(clock=lambda: START)
    what = found(measures, configuration(selector))
    assert list(stale(what, before=1e9, started=START)) == []


async def test_stale_targets_are_probed_a_few_at_a_time_and_then_left_alone() -> None:
    lab = Lab()
    assert await lab.consider(START + 500) == []
    assert await lab.consider(START + 601) == ["p0/x", "p1/x"]
    lab.go.set()
    await lab.settle()
    assert lab.probed == ["p0/x", "p1/x", "p2/x"]
    assert len(await lab.consider(START + 700)) == 3
    assert len(await lab.consider(START + 1202)) == 6
    await lab.tasks.stop()


async def test_what_calls_measure_needs_no_probe() -> None:
    lab = Lab()
    for name in ("p0/x", "p2/x"):
        note(lab.measures, name, START + 300)
    assert await lab.consider(START + 650) == ["p1/x"]
    await lab.tasks.stop()


async def test_who_rests_is_not_probed() -> None:
    lab = Lab()
    lab.cooldowns.put_to_rest("p0", 60.0, "an operator's word")
    assert await lab.consider(START + 650) == ["p1/x", "p2/x"]
    await lab.tasks.stop()


async def test_an_alias_is_looked_at_once_a_second() -> None:
    lab = Lab()
    assert await lab.consider(START + 599.5) == []
    assert await lab.consider(START + 600.4) == []
    assert await lab.consider(START + 600.6) == ["p0/x", "p1/x"]
    await lab.tasks.stop()


async def test_switched_off_nothing_happens() -> None:
    assert await Lab().consider(START + 650, rules=ExplorationRules(enabled=False)) == []


async def test_a_direct_call_explores_nobody() -> None:
    lab = Lab()
    lab.now = START + 650
    lab.explorer.consider(found(lab.measures, model="direct/p0/x"), RULES)
    await lab.settle()
    assert lab.probed == []


async def test_a_failed_probe_frees_its_place() -> None:
    lab = Lab(GatewayError(Kind.UPSTREAM_DOWN, "gone"))
    lab.go.set()
    assert await lab.consider(START + 601) == ["p0/x", "p1/x", "p2/x"]


async def test_the_end_of_the_gateway_begins_no_more_probes() -> None:
    lab = Lab()
    await lab.consider(START + 601)
    await lab.tasks.stop()
    await lab.settle()
    assert lab.probed == ["p0/x", "p1/x"]


async def test_planning_a_call_begins_it_and_the_calls_themselves_no_longer_explore() -> None:
    lab, health = Lab(), Health()
    for n, name in enumerate(("p0/x", "p1/x")):
        health.measures.note(
            target(name), Sample(at=START + n, duration_s=1.0, ttft_s=0.1 * (n + 1))
        )
    lab.now = START + 650
    one = Planner(SELECTORS, health, lambda: 0.0, lab.explorer)
    plan = one.plan(Asked(snapshot=configuration(), model="m", principal=principal()))
    await lab.settle()
    assert [t.name for t in plan.targets] == ["p0/x", "p1/x", "p2/x"]
    assert "explored" not in plan.targets[0].reason
    assert lab.probed == ["p0/x", "p1/x"]
    await lab.tasks.stop()
