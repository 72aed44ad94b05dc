"""What a call costs, by hand-written sums, and the laws that every cost obeys."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.addons.metering.pricing import Cost, price
from plexus.config.snapshot import PriceStep, Pricing, Rates
from plexus.transforms.ir import Usage

RATES = Rates(input=3.0, output=15.0, cached=0.3, cache_write=3.75)
SHORT = PriceStep(lower=0, upper=200_000, rates=Rates(input=1.25, output=10.0, cached=0.125))
LONG = PriceStep(lower=200_001, upper=None, rates=Rates(input=2.5, output=15.0, cached=0.25))
STEPS = Pricing(source="defined", steps=(SHORT, LONG))


def simple(rates: Rates = RATES, *, discount: float = 0.0) -> Pricing:
    return Pricing(source="simple", rates=rates, discount=discount)


def usage(**counts: int | float | None) -> Usage:
    return Usage(**{"input": 0, "output": 0, **counts})  # type: ignore[arg-type]  # a test's shorthand


def test_each_class_of_tokens_has_its_own_rate():
    cost = price(usage(input=1000, output=500, cache_read=2000, cache_write=400), simple())

    assert cost == Cost(
        input=0.003,
        output=0.0075,
        cached=0.0006,
        cache_write=0.0015,
        total=0.0126,
        source="simple",
        metadata={
            "input": 3.0, "output": 15.0, "cached": 0.3, "cache_write": 3.75, "discount": 0.0,
        },
    )  # fmt: skip


def test_a_discount_takes_its_fraction_off_every_bucket():
    cost = price(
        usage(input=1000, output=500, cache_read=2000, cache_write=400), simple(discount=0.25)
    )

    assert (cost.input, cost.output, cost.cached, cost.cache_write, cost.total) == (
        0.00225, 0.005625, 0.00045, 0.001125, 0.00945,
    )  # fmt: skip
    assert cost.metadata["discount"] == 0.25


def test_no_pricing_is_unknown_and_not_free():
    assert price(usage(input=1000, output=500), None) == Cost()


def test_simple_pricing_without_rates_is_unknown():
    cost = price(usage(input=1000), Pricing(source="simple"))

    assert cost == Cost(metadata={"tried": "simple"})


def test_an_hour_of_cache_costs_what_any_cache_write_costs():
    cost = price(usage(cache_write=1000, cache_write_1h=1000), simple())

    assert cost.cache_write == cost.total == 0.00375


@pytest.mark.parametrize(
    ("rate", "tokens", "expected"),
    [
        (0.075, 1, 8e-8),  # 7.5e-8: a tie goes up
        (0.004, 1, 0.0),  # 4e-9 is below the smallest sum
        (0.005, 1, 1e-8),
        (0.1, 3, 3e-7),
        (0.29, 100, 2.9e-5),  # 0.29 is 0.28999… in binary
        (2.675, 100, 0.0002675),
    ],
)
def test_a_bucket_is_rounded_half_up_to_eight_decimals(rate, tokens, expected):
    cost = price(usage(input=tokens), simple(Rates(input=rate, output=0.0)))

    assert cost.input == expected


def test_the_total_is_the_unrounded_sum_rounded_once():
    # Four times 0.000000004: each rounds to nothing, together they do not.
    rates = Rates(input=0.004, output=0.004, cached=0.004, cache_write=0.004)

    cost = price(usage(input=1, output=1, cache_read=1, cache_write=1), simple(rates))

    assert (cost.input, cost.output, cost.cached, cost.cache_write) == (0.0, 0.0, 0.0, 0.0)
    assert cost.total == 2e-8


def test_an_unreported_count_with_a_price_makes_its_bucket_and_the_total_unknown():
    cost = price(Usage(input=1000), simple())

    assert (cost.input, cost.output, cost.total) == (0.003, None, None)
    assert cost.source == "simple"


def test_an_unreported_cache_count_is_zero_when_the_prompt_is_known():
    cost = price(Usage(input=1000, output=0), simple())

    assert (cost.cached, cost.cache_write, cost.total) == (0.0, 0.0, 0.003)


def test_an_unreported_cache_count_is_unknown_when_the_prompt_is_too():
    cost = price(Usage(output=100), simple())

    assert (cost.input, cost.cached, cost.cache_write, cost.total) == (None, None, None, None)


def test_a_free_model_costs_nothing_even_when_the_tokens_are_unknown():
    cost = price(Usage(), simple(Rates(input=0.0, output=0.0)))

    assert (cost.input, cost.output, cost.cached, cost.cache_write, cost.total) == (0.0,) * 5


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"input": 200_000}, 0.25),  # bounds are inclusive
        ({"input": 200_001}, 0.5000025),
        ({"input": 1000, "cache_read": 199_000}, 0.026125),
        # a long prompt is long however much of it was cached
        ({"input": 1000, "cache_read": 200_000}, 0.0525),
        ({"input": 1000, "cache_write": 200_000}, 0.0025),
    ],
)
def test_the_step_is_chosen_by_the_whole_prompt(counts, expected):
    assert price(usage(**counts), STEPS).total == expected


def test_the_step_that_was_used_is_on_record():
    cost = price(usage(input=1000, output=10), STEPS)

    assert cost.source == "defined"
    assert cost.metadata["range"] == {"lower_bound": 0, "upper_bound": 200_000}


def test_the_first_of_overlapping_steps_wins():
    overlapping = Pricing(
        source="defined", steps=(LONG, PriceStep(lower=0, upper=None, rates=RATES))
    )

    assert price(usage(input=300_000), overlapping).input == 0.75


def test_a_prompt_outside_every_step_has_no_price():
    cost = price(usage(input=300_000), Pricing(source="defined", steps=(SHORT,)))

    assert cost == Cost(metadata={"tried": "defined", "prompt_tokens": 300_000})


def test_a_prompt_of_unknown_length_has_no_step():
    cost = price(Usage(output=10), STEPS)

    assert cost == Cost(metadata={"tried": "defined", "prompt_tokens": None})


def test_a_request_with_a_flat_price_ignores_tokens_and_discount():
    cost = price(Usage(), Pricing(source="per_request", amount=0.04, discount=0.5))

    assert cost == Cost(
        input=0.04, output=0.0, cached=0.0, cache_write=0.0, total=0.04,
        source="per_request", metadata={"amount": 0.04},
    )  # fmt: skip


def test_a_flat_price_of_zero_is_a_price():
    assert price(usage(input=9), Pricing(source="per_request", amount=0.0)).total == 0.0


def test_a_flat_price_without_an_amount_is_unknown():
    assert price(usage(), Pricing(source="per_request")) == Cost(metadata={"tried": "per_request"})


def test_openrouter_pricing_takes_its_rates_from_the_catalogue():
    pricing = Pricing(source="openrouter", slug="acme/large", discount=0.5)

    cost = price(usage(input=1_000_000), pricing, {"acme/large": RATES})

    assert (cost.total, cost.source, cost.metadata["slug"]) == (1.5, "openrouter", "acme/large")


@pytest.mark.parametrize("slug", ["acme/small", None])
def test_openrouter_pricing_without_a_catalogue_entry_is_unknown(slug):
    cost = price(usage(input=1000), Pricing(source="openrouter", slug=slug))

    assert cost == Cost(metadata={"tried": "openrouter", "slug": slug})


def test_a_reported_cost_is_split_like_the_calculated_one():
    # Calculated: 0.003 + 0.0075 + 0.0006 + 0.0015 = 0.0126; reported: twice that.
    counts = usage(input=1000, output=500, cache_read=2000, cache_write=400, cost=0.0252)

    cost = price(counts, simple())

    assert cost == Cost(
        input=0.006, output=0.015, cached=0.0012, cache_write=0.003, total=0.0252,
        source="provider_reported",
        metadata={
            "input": 3.0, "output": 15.0, "cached": 0.3, "cache_write": 3.75, "discount": 0.0,
            "calculated_source": "simple", "calculated_total": 0.0126,
        },
        provider_reported=0.0252,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "pricing"),
    [
        (usage(input=10, cost=0.5), None),
        (usage(input=10, cost=0.5), simple(Rates(input=0.0, output=0.0))),
        (Usage(input=10, cost=0.5), simple()),  # the output is unknown, so are the shares
    ],
)
def test_a_reported_cost_that_nothing_can_split_is_booked_as_input(counts, pricing):
    cost = price(counts, pricing)

    assert (cost.input, cost.output, cost.cached, cost.cache_write, cost.total) == (
        0.5, 0.0, 0.0, 0.0, 0.5,
    )  # fmt: skip
    assert cost.source == "provider_reported"


def test_a_reported_cost_overrides_a_flat_price():
    cost = price(usage(cost=0.03), Pricing(source="per_request", amount=0.04))

    assert (cost.total, cost.metadata["calculated_total"]) == (0.03, 0.04)


def test_a_reported_cost_of_zero_is_zero():
    cost = price(usage(input=1000, cost=0), simple())

    assert (cost.total, cost.source) == (0.0, "provider_reported")


@pytest.mark.parametrize("nonsense", [-0.01, math.nan, math.inf])
def test_a_reported_cost_that_is_no_sum_of_money_is_ignored(nonsense):
    cost = price(usage(input=1000, cost=nonsense), simple())

    assert (cost.total, cost.source, cost.provider_reported) == (0.003, "simple", None)


@pytest.mark.parametrize("counts", [usage(input=10**5000), usage(input=1, cost=1e300)])
def test_a_sum_beyond_all_money_is_unknown(counts):
    assert price(counts, simple()).total is None


RATE = st.floats(min_value=0, max_value=1000, allow_nan=False)
COUNT = st.one_of(st.none(), st.integers(min_value=0, max_value=10**9))
ANY_RATES = st.builds(Rates, input=RATE, output=RATE, cached=RATE, cache_write=RATE)
ANY_PRICING = st.one_of(
    st.none(),
    st.builds(simple, ANY_RATES, discount=st.floats(min_value=0, max_value=1)),
    st.just(STEPS),
    st.builds(Pricing, source=st.just("per_request"), amount=RATE),
)
ANY_USAGE = st.builds(
    Usage,
    input=COUNT,
    output=COUNT,
    cache_read=COUNT,
    cache_write=COUNT,
    cost=st.one_of(st.none(), st.floats(min_value=0, max_value=1e6)),
)


def buckets(cost: Cost) -> list[float | None]:
    return [cost.input, cost.output, cost.cached, cost.cache_write]


@given(ANY_USAGE, ANY_PRICING)
def test_no_cost_is_negative_and_a_total_is_known_exactly_when_all_its_parts_are(counts, pricing):
    cost = price(counts, pricing)

    assert all(part is None or part >= 0 for part in [*buckets(cost), cost.total])
    assert (cost.total is None) == any(part is None for part in buckets(cost))


@given(ANY_USAGE, ANY_PRICING)
def test_the_buckets_add_up_to_the_total_within_rounding(counts, pricing):
    cost = price(counts, pricing)

    if cost.total is not None:
        parts = [part for part in buckets(cost) if part is not None]
        assert math.fsum(parts) == pytest.approx(cost.total, rel=1e-12, abs=2.5e-8)


@given(
    st.integers(min_value=0, max_value=10**9),
    st.integers(min_value=0, max_value=10**9),
    ANY_RATES,
)
def test_more_tokens_never_cost_less(fewer, more, rates):
    least, most = sorted((fewer, more))

    cheap = price(usage(input=least, output=least), simple(rates)).total
    dear = price(usage(input=most, output=most), simple(rates)).total

    assert cheap is not None
    assert dear is not None
    assert cheap <= dear


@given(ANY_USAGE, ANY_PRICING)
def test_a_known_reported_cost_is_the_total(counts, pricing):
    cost = price(counts, pricing)

    if counts.cost is not None:
        assert cost.total == pytest.approx(counts.cost, abs=1e-8)
        assert cost.source == "provider_reported"


def test_a_cache_that_lives_an_hour_has_a_rate_of_its_own():
    rates = Rates(input=3.0, output=15.0, cache_write=3.75, cache_write_1h=6.0)

    cost = price(usage(cache_write=3000, cache_write_1h=1000), simple(rates, discount=0.5))

    assert cost.cache_write == cost.total == (2 * 0.00375 + 0.006) / 2
    assert cost.metadata["cache_write_1h"] == 6.0


def test_more_hour_long_writes_than_writes_are_charged_as_they_are_told():
    rates = Rates(input=0.0, output=0.0, cache_write=1.0, cache_write_1h=2.0)

    assert price(usage(cache_write=0, cache_write_1h=1000), simple(rates)).total == 0.002


def test_a_list_price_says_what_it_is_the_price_of():
    pricing = Pricing(source="catalogue", rates=RATES, slug="acme/large")

    cost = price(usage(input=1_000_000), pricing)

    assert (cost.total, cost.source, cost.metadata["listed"]) == (3.0, "catalogue", "acme/large")


def test_a_list_price_may_have_steps():
    pricing = Pricing(source="catalogue", steps=(SHORT, LONG), slug="acme/large")

    cost = price(usage(input=300_000), pricing)

    assert (cost.total, cost.source) == (0.75, "catalogue")
    assert cost.metadata["range"] == {"lower_bound": 200_001, "upper_bound": None}
