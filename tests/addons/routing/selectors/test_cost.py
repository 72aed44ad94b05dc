"""The cheapest first."""

import pytest

from plexus.addons.routing.selectors.cost import SELECTOR
from tests.addons.routing.selectors.choosing import candidate, chosen


def test_the_cheapest_comes_first_equals_as_declared_the_unknown_last() -> None:
    found = chosen(
        SELECTOR,
        candidate("unknown/x"),
        candidate("dear/x", cost=0.01),
        candidate("cheap/x", cost=0.001),
        candidate("alike/x", cost=0.001),
        candidate("free/x", cost=0.0),
    )
    assert found == ["free/x", "cheap/x", "alike/x", "dear/x", "unknown/x"]


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (None, "price unknown, so behind known ones"),
        (0.002, "$0.002 for 1,000 tokens in, 500 out"),
        (0.00000075, "$0.00000075 for 1,000 tokens in, 500 out"),
        (0.0, "$0 for 1,000 tokens in, 500 out"),
        (10.0, "$10 for 1,000 tokens in, 500 out"),
    ],
)
def test_the_price_is_told(cost: float | None, words: str) -> None:
    assert SELECTOR.why(candidate(cost=cost)) == words
