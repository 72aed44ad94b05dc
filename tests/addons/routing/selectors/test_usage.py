"""Who was asked least comes first."""

from plexus.addons.routing.measures import Measured
from plexus.addons.routing.selectors.usage import SELECTOR
from tests.addons.routing.selectors.choosing import candidate, chosen


def test_the_fewest_requests_come_first_equals_as_declared() -> None:
    found = chosen(
        SELECTOR,
        candidate("busy/x", measured=Measured(requests_24h=9)),
        candidate("idle/x"),
        candidate("one/x", measured=Measured(requests_24h=1)),
        candidate("idle/y"),
    )
    assert found == ["idle/x", "idle/y", "one/x", "busy/x"]


def test_the_count_is_told() -> None:
    assert SELECTOR.why(candidate()) == "0 requests in 24 h"
    assert SELECTOR.why(candidate(measured=Measured(requests_24h=1))) == "1 request in 24 h"
