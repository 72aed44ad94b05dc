"""Every order is equally likely."""

from collections import Counter
from itertools import permutations

from plexus.addons.routing.selectors.at_random import SELECTOR
from tests.addons.routing.selectors.choosing import candidate, chosen, seeded

ROUNDS = 6_000
CHI_SQUARE_5 = 20.5  # 5 degrees of freedom, 0.1 %


def test_all_orders_of_equal_targets_are_equally_likely() -> None:
    names = ["a/x", "b/y", "c/z"]
    candidates = [candidate(name) for name in names]
    random = seeded()
    seen = Counter(
        tuple(c.target.name for c in SELECTOR.order(candidates, random)) for _ in range(ROUNDS)
    )
    expected = ROUNDS / 6
    assert set(seen) == set(permutations(names))
    assert sum((count - expected) ** 2 / expected for count in seen.values()) < CHI_SQUARE_5


def test_nobody_is_lost_and_few_are_no_trouble() -> None:
    assert chosen(SELECTOR) == []
    assert chosen(SELECTOR, candidate("a/x")) == ["a/x"]
    assert sorted(chosen(SELECTOR, *(candidate(f"p{n}/m") for n in range(9)))) == [
        f"p{n}/m" for n in range(9)
    ]


def test_there_is_nothing_to_say() -> None:
    assert (SELECTOR.name, SELECTOR.why(candidate())) == ("random", "")


def test_nobody_is_lost_whatever_is_drawn() -> None:
    candidates = [candidate(name) for name in ("a/x", "b/y", "c/z")]
    for draw in (0.0, 0.5, 0.999999):
        found = SELECTOR.order(candidates, lambda draw=draw: draw)
        assert sorted(c.target.name for c in found) == ["a/x", "b/y", "c/z"]
