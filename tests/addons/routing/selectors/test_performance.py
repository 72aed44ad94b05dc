"""The most tokens per second once they come."""

from plexus.addons.routing.selectors.performance import SELECTOR
from tests.addons.routing.selectors.choosing import candidate, chosen, measured


def test_the_highest_rate_comes_first_and_nobody_is_fast_without_data() -> None:
    found = chosen(
        SELECTOR,
        candidate("new/x"),
        candidate("slow/x", measured=measured(tokens_per_s=10.0)),
        candidate("fast/x", measured=measured(tokens_per_s=80.0)),
        candidate("alike/x", measured=measured(tokens_per_s=80.0)),
        candidate("failing/x", measured=measured(tokens_per_s=None)),
    )
    assert found == ["fast/x", "alike/x", "slow/x", "new/x", "failing/x"]


def test_the_mean_is_told() -> None:
    assert SELECTOR.name == "performance"
    said = SELECTOR.why(candidate(measured=measured(tokens_per_s=10.0)))
    assert said == "10.0 tokens/s after the first over 3 calls"
