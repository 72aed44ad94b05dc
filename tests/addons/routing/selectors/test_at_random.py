"""`random`."""

import random
from collections import Counter

from plexus.addons.routing.selectors.at_random import SELECTOR
from tests.addons.factories import target


def test_all_targets_come_back_whatever_is_drawn() -> None:
    targets = [target("a/1"), target("b/2"), target("c/3")]
    for draw in (0.0, 0.5, 0.999999):
        order = SELECTOR.order(targets, lambda draw=draw: draw)
        assert sorted(t.name for t in order) == ["a/1", "b/2", "c/3"]


def test_every_order_is_equally_likely() -> None:
    targets = [target("a/1"), target("b/2"), target("c/3")]
    dice = random.Random(7)
    seen = Counter(tuple(t.name for t in SELECTOR.order(targets, dice.random)) for _ in range(6000))
    # Six orders, 1,000 expected of each: chi-square with five degrees of freedom, p = 0.001.
    assert len(seen) == 6
    assert sum((count - 1000) ** 2 / 1000 for count in seen.values()) < 20.5


def test_one_target_or_none_needs_no_dice() -> None:
    assert SELECTOR.order([], lambda: 0.5) == []
