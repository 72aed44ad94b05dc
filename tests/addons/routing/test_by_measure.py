"""Selectors that go by what was measured: whom they look at now and then, and what comes of it."""

from random import Random

from plexus.addons.routing.by_measure import ByMeasure
from plexus.addons.routing.candidate import Candidate
from plexus.addons.routing.health import Health
from plexus.addons.routing.measures import Mean, Measured, Sample
from plexus.addons.routing.planner import Asked, Planner
from plexus.addons.routing.selector import Selector
from plexus.transforms.registry import discover
from tests.addons.factories import alias, principal, provider, snapshot
from tests.addons.routing.selectors.choosing import candidate, measured, seeded

SELECTORS: dict[str, Selector] = discover("plexus.addons.routing.selectors", "SELECTOR")
LATENCY = SELECTORS["latency"]
CALLS_PER_S = 1.0


def explored(*candidates: Candidate, seed: int = 1) -> tuple[str, str]:
    assert isinstance(LATENCY, ByMeasure)
    found, why = LATENCY.explored(candidates, seeded(seed))
    return found.target.name, why


def test_one_of_those_without_data_is_explored_each_with_the_same_chance() -> None:
    known = candidate("known/x", measured=measured(ttft_s=0.1))
    new = [candidate(f"new{n}/x") for n in range(3)]
    found = {explored(known, *new, seed=seed) for seed in range(50)}
    assert found == {(f"new{n}/x", "explored: not measured yet") for n in range(3)}


def test_else_the_one_measured_longest_ago_be_it_the_best() -> None:
    old = candidate("old/x", measured=Measured(ttft_s=Mean(0.1, 5, 10.0)))
    new = candidate("new/x", measured=Measured(ttft_s=Mean(0.9, 5, 20.0)))
    assert explored(new, old) == ("old/x", "explored: measured longest ago")


def test_one_call_is_told_in_the_singular_and_none_as_such() -> None:
    assert LATENCY.why(candidate()) == "not measured yet, so behind the measured"
    one = candidate(measured=Measured(ttft_s=Mean(0.5, 1, 1.0)))
    assert LATENCY.why(one) == "0.50 s to the first token over 1 call"


class Traffic:
    """Calls of an alias with two targets, each with a wait for its first token."""

    def __init__(self, rate: float = 0.05, **waits: float | None) -> None:
        self.waits = waits  # None: fails
        self.health = Health()
        self.snapshot = snapshot(
            alias("m", *(f"{name}/x" for name in waits), selector="latency"),
            providers=tuple(provider(name) for name in waits),
            sections={"latencyExplorationRate": rate},
        )
        self.planner = Planner(SELECTORS, self.health, Random(7).random)
        self.now = 1_000_000.0

    def calls(self, count: int) -> list[str]:
        """Make calls; return who served each."""
        return [self.call() for _ in range(count)]

    def call(self) -> str:
        asked = Asked(snapshot=self.snapshot, model="m", principal=principal())
        self.now += CALLS_PER_S
        for target in self.planner.plan(asked).targets:
            wait = self.waits[target.provider.name]
            if wait is None:
                self.health.measures.count(target)
                continue
            sample = Sample(at=self.now, duration_s=wait + 1, ttft_s=wait, tokens=10)
            self.health.measures.note(target, sample)
            return target.provider.name
        raise AssertionError("nobody answered")


def test_latency_leaves_a_target_that_turns_slow_within_20_calls_and_comes_back() -> None:
    traffic = Traffic(a=0.1, b=0.3)
    assert traffic.calls(300)[-50:].count("a") >= 45
    traffic.waits["a"] = 1.0
    after = traffic.calls(220)
    assert after[20:].count("a") <= 0.1 * 200
    traffic.waits["a"] = 0.1
    assert traffic.calls(1000)[-200:].count("a") >= 0.9 * 200


def test_a_target_that_only_ever_failed_is_never_the_fastest() -> None:
    traffic = Traffic(rate=0.0, broken=None, fine=2.0)
    assert set(traffic.calls(50)) == {"fine"}
    plan = traffic.planner.plan(Asked(snapshot=traffic.snapshot, model="m", principal=principal()))
    assert [t.provider.name for t in plan.targets] == ["fine", "broken"]
    assert plan.targets[1].reason.endswith("2 of 2, not measured yet, so behind the measured")
