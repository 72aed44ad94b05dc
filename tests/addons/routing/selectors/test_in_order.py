"""`in_order`."""

from plexus.addons.routing.selectors.in_order import SELECTOR
from tests.addons.factories import target


def test_targets_stay_as_declared() -> None:
    targets = [target("a/1"), target("b/2"), target("c/3")]
    assert SELECTOR.order(targets, lambda: 0.9) == targets
