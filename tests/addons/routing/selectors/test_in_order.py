"""As declared."""

from plexus.addons.routing.selectors.in_order import SELECTOR
from tests.addons.routing.selectors.choosing import candidate, chosen


def test_targets_stay_as_they_are_declared() -> None:
    assert chosen(SELECTOR, candidate("b/y"), candidate("a/x")) == ["b/y", "a/x"]
    assert chosen(SELECTOR) == []


def test_there_is_nothing_to_say() -> None:
    assert (SELECTOR.name, SELECTOR.why(candidate())) == ("in_order", "")
