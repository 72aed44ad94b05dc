"""The selectors that there are."""

from plexus.addons.routing.selector import Selector
from plexus.transforms.registry import discover


def test_the_selectors_of_this_version_are_found_by_name() -> None:
    found: dict[str, Selector] = discover("plexus.addons.routing.selectors", "SELECTOR")
    assert {"in_order", "random"} <= set(found)
