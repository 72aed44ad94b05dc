"""The selectors that there are."""

from plexus.addons.routing.selector import Selector
from plexus.config.schema.section import SELECTORS
from plexus.transforms.registry import discover

MISSING = {"quota"}  # needs quota checkers; inactive.py says so


def test_every_selector_that_a_configuration_may_name_exists() -> None:
    found: dict[str, Selector] = discover("plexus.addons.routing.selectors", "SELECTOR")
    assert set(found) == set(SELECTORS) - MISSING
