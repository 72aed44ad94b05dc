"""What a target costs, and targets that bear their reasons."""

import pytest

from plexus.addons.routing.candidate import Labelled, typical_cost
from plexus.config.snapshot import Model, PriceStep, Pricing, Rates
from tests.addons.routing.selectors.choosing import candidate

RATES = Rates(input=1.0, output=4.0, cached=9.0)
DEAR = Rates(input=100.0, output=100.0)


@pytest.mark.parametrize(
    ("pricing", "usd"),
    [
        (None, None),
        (Pricing(source="simple", rates=RATES), 0.003),
        (Pricing(source="simple", rates=RATES, discount=0.5), 0.0015),
        (Pricing(source="simple", rates=Rates(input=0.0, output=0.0)), 0.0),
        (Pricing(source="per_request", amount=0.02), 0.02),
        (
            Pricing(
                source="defined",
                steps=(
                    PriceStep(lower=0, upper=1000, rates=RATES),
                    PriceStep(lower=1001, upper=None, rates=DEAR),
                ),
            ),
            0.003,
        ),
        (Pricing(source="openrouter", slug="unknown/model"), None),
    ],
)
def test_the_typical_cost_is_that_of_1000_tokens_in_and_500_out(
    pricing: Pricing | None, usd: float | None
) -> None:
    assert typical_cost(Model(name="m", pricing=pricing)) == usd


def test_a_target_gets_its_reason_and_the_same_one_is_not_made_twice() -> None:
    labelled, one = Labelled(), candidate("a/x")
    found = labelled.of(one, one.target, "best")
    assert (found.name, found.reason) == ("a/x", "best")
    assert labelled.of(one, one.target, "best") is found
    assert labelled.of(one, one.target, "second").reason == "second"


def test_reasons_do_not_pile_up() -> None:
    labelled, one = Labelled(), candidate()
    found = [labelled.of(one, one.target, f"{n}") for n in range(5000)]
    assert [target.reason for target in found] == [f"{n}" for n in range(5000)]
    assert len(labelled) <= 4096
