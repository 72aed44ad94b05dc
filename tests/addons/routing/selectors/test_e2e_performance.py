"""The most tokens per second over the whole call."""

from plexus.addons.routing.selectors.e2e_performance import SELECTOR
from tests.addons.routing.selectors.choosing import candidate, chosen, measured


def test_the_highest_rate_over_the_whole_call_comes_first() -> None:
    found = chosen(
        SELECTOR,
        candidate("new/x"),
        candidate("slow/x", measured=measured(e2e_tokens_per_s=10.0)),
        candidate("fast/x", measured=measured(e2e_tokens_per_s=80.0)),
        candidate("alike/x", measured=measured(e2e_tokens_per_s=80.0)),
        candidate("failing/x", measured=measured(e2e_tokens_per_s=None)),
    )
    assert found == ["fast/x", "alike/x", "slow/x", "new/x", "failing/x"]


def test_the_mean_is_told() -> None:
    assert SELECTOR.name == "e2e_performance"
    said = SELECTOR.why(candidate(measured=measured(e2e_tokens_per_s=10.0)))
    assert said == "10.0 tokens/s in all over 3 calls"
