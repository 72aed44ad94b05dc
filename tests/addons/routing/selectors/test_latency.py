"""The shortest wait for the first token."""

from plexus.addons.routing.selectors.latency import SELECTOR
from tests.addons.routing.selectors.choosing import candidate, chosen, measured


def test_the_shortest_wait_comes_first_and_nobody_is_fast_without_data() -> None:
    found = chosen(
        SELECTOR,
        candidate("new/x"),
        candidate("slow/x", measured=measured(ttft_s=1.25)),
        candidate("fast/x", measured=measured(ttft_s=0.2)),
        candidate("alike/x", measured=measured(ttft_s=0.2)),
        candidate("failing/x", measured=measured(ttft_s=None)),
    )
    assert found == ["fast/x", "alike/x", "slow/x", "new/x", "failing/x"]


def test_the_mean_is_told() -> None:
    assert SELECTOR.name == "latency"
    said = SELECTOR.why(candidate(measured=measured(ttft_s=1.25)))
    assert said == "1.25 s to the first token over 3 calls"
