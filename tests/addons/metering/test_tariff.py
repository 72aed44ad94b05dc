"""Whole numbers say what decimal fractions of sixty digits said, to the last digit."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plexus.addons.metering.pricing import price
from plexus.addons.metering.split import ZERO, Buckets
from plexus.addons.metering.tariff import Sums, flat, tariff_of
from plexus.config.snapshot import Pricing, Rates
from plexus.transforms.ir import Usage

EXACT = Context(prec=60, rounding=ROUND_HALF_UP, traps=[])


def oracle(tokens: int | None, rate: float, discount: float) -> Decimal | None:
    """Return what a class of tokens costs as it was worked out before there were tariffs."""
    if rate == 0:
        return Decimal(0)
    if tokens is None:
        return None
    per_token = EXACT.multiply(Decimal(repr(rate)), Decimal("1e-6"))
    gross = EXACT.multiply(Decimal(tokens), per_token)
    return EXACT.multiply(gross, EXACT.subtract(Decimal(1), Decimal(repr(discount))))


def rounded(value: Decimal | None) -> float | None:
    if value is None:
        return None
    cents = value.quantize(Decimal("1e-8"), context=EXACT)
    return float(cents) if cents.is_finite() else None


def expected(counts: Usage, rates: Rates, discount: float) -> list[float | None]:
    known = counts.input is not None
    cached = 0 if known and counts.cache_read is None else counts.cache_read
    written = 0 if known and counts.cache_write is None else counts.cache_write
    parts = [
        oracle(counts.input, rates.input, discount),
        oracle(counts.output, rates.output, discount),
        oracle(cached, rates.cached, discount),
        oracle(written, rates.cache_write, discount),
    ]
    if counts.cache_write_1h and rates.cache_write_1h is not None and written is not None:
        short = oracle(max(0, written - counts.cache_write_1h), rates.cache_write, discount)
        hour = oracle(counts.cache_write_1h, rates.cache_write_1h, discount)
        parts[3] = None if short is None or hour is None else EXACT.add(short, hour)
    total: Decimal | None = Decimal(0)
    for part in parts:
        total = None if total is None or part is None else EXACT.add(total, part)
    return [rounded(part) for part in [*parts, total]]


RATE = st.one_of(
    st.floats(min_value=0, max_value=1e6),
    # As people write prices: these make ties at the ninth decimal.
    st.integers(min_value=0, max_value=200_000).map(lambda n: n / 1000),
)
DISCOUNT = st.one_of(
    st.just(0.0),
    st.integers(min_value=0, max_value=1000).map(lambda n: n / 1000),
    st.floats(min_value=1e-20, max_value=1),
)
COUNT = st.one_of(st.none(), st.integers(min_value=0, max_value=2**53))
RATES = st.builds(
    Rates,
    input=RATE,
    output=RATE,
    cached=RATE,
    cache_write=RATE,
    cache_write_1h=st.one_of(st.none(), RATE),
)
USAGE = st.builds(
    Usage, input=COUNT, output=COUNT, cache_read=COUNT, cache_write=COUNT, cache_write_1h=COUNT
)


@given(USAGE, RATES, DISCOUNT)
@example(Usage(input=1, output=3), Rates(input=0.075, output=0.005), 0.0)
@example(Usage(input=1, output=1), Rates(input=0.01, output=0.03), 0.5)
@example(Usage(output=5), Rates(input=3.0, output=2.0), 1.0)
@example(Usage(input=2**53), Rates(input=1e6, output=1e-300), 0.1)
def test_every_sum_is_what_decimals_make_it(counts: Usage, rates: Rates, discount: float) -> None:
    cost = price(counts, Pricing(source="simple", rates=rates, discount=discount))

    assert [cost.input, cost.output, cost.cached, cost.cache_write, cost.total] == expected(
        counts, rates, discount
    )


@given(st.integers(min_value=0, max_value=2**53), RATE, DISCOUNT)
def test_as_decimals_they_are_what_a_reported_cost_is_split_by(
    tokens: int, rate: float, discount: float
) -> None:
    tariff = tariff_of(Rates(input=rate, output=0.0), discount)
    assert tariff.input is not None

    sums = Sums(tokens * tariff.input, 0, None, 0, tariff.digits)

    assert sums.buckets() == Buckets(oracle(tokens, rate, discount), ZERO, None, ZERO)


@given(RATE)
def test_a_flat_price_is_the_input_and_all_of_the_cost(amount: float) -> None:
    sums = flat(amount)

    assert sums.usd(sums.input) == sums.usd(sums.total()) == rounded(Decimal(repr(amount)))
    assert (sums.output, sums.cached, sums.cache_write) == (0, 0, 0)


@pytest.mark.parametrize("rate", [math.inf, math.nan])
def test_a_rate_that_is_no_number_is_no_price(rate: float) -> None:
    tariff = tariff_of(Rates(input=rate, output=rate, cached=rate, cache_write=rate), 0.0)

    assert (tariff.input, tariff.output, tariff.cached, tariff.cache_write) == (None,) * 4
    assert flat(rate).total() is None


def test_a_sum_beyond_all_money_is_unknown() -> None:
    assert Sums(10**60 - 1).usd(10**60 - 1) == 1e52
    assert Sums(10**60).usd(10**60) is None


def test_what_is_not_known_is_neither_zero_nor_part_of_a_total() -> None:
    assert Sums().total() is None
    assert Sums(1, 2, 3).total() is None
    assert (Sums().usd(None), Sums().usd(0)) == (None, 0.0)


def test_a_whole_number_and_a_fraction_of_the_same_value_are_one_rate() -> None:
    assert tariff_of(Rates(input=1, output=2), 0) == tariff_of(Rates(input=1.0, output=2.0), 0.0)
