"""What the name of a model leads to."""

import pytest

from plexus.addons.routing.candidate import Candidate
from plexus.addons.routing.filters import Tier
from plexus.addons.routing.found import Found, Section, is_settled
from plexus.addons.routing.selector import Selector
from plexus.transforms.registry import discover
from tests.addons.factories import alias, target
from tests.addons.routing.selectors.choosing import candidate

SELECTORS: dict[str, Selector] = discover("plexus.addons.routing.selectors", "SELECTOR")
PLAIN = candidate("a/x")
LIMITED = candidate("b/y", is_limited=True)
TWO_KEYS = candidate("c/z", keyed=(target("c/z", api_key="1"), target("c/z", api_key="2")))


def section(selector: str, *tiers: tuple[Candidate, ...]) -> Section:
    split = tuple(Tier("", candidates) for candidates in tiers)
    return Section(says="group all", selector=SELECTORS[selector], tiers=split)


def test_candidates_come_in_declared_order() -> None:
    found = Found(
        alias=None,
        sections=(section("cost", (PLAIN,), (LIMITED,)), section("in_order", (TWO_KEYS,))),
    )
    assert list(found.candidates) == [PLAIN, LIMITED, TWO_KEYS]
    assert list(found.sections[0].candidates) == [PLAIN, LIMITED]


@pytest.mark.parametrize(
    ("selector", "tiers", "settled"),
    [
        ("in_order", ((PLAIN, PLAIN), (PLAIN,)), True),
        ("cost", ((PLAIN, PLAIN),), True),
        ("random", ((PLAIN,), (PLAIN,)), True),
        ("random", ((PLAIN, PLAIN),), False),
        ("usage", ((PLAIN,),), False),  # its reasons tell a count
        ("latency", ((PLAIN,),), False),
        ("performance", ((PLAIN,),), False),
        ("e2e_performance", ((PLAIN,),), False),
        ("in_order", ((PLAIN, LIMITED),), False),
        ("in_order", ((TWO_KEYS,),), False),
    ],
)
def test_a_name_is_settled_whose_plan_has_no_limits_turns_draws_or_measures(
    selector: str, tiers: tuple[tuple[Candidate, ...], ...], settled: bool
) -> None:
    sections = (section("in_order", (PLAIN,)), section(selector, *tiers))
    assert is_settled(alias("fast"), sections) is settled


def test_a_name_whose_conversations_stay_where_they_are_is_not_settled() -> None:
    assert not is_settled(alias("fast", sticky_session=True), (section("in_order", (PLAIN,)),))
