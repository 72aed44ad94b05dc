"""`pricing`: four kinds, each with its limits."""

from __future__ import annotations

import pytest

from tests.config.making import complaints

AT = "providers.p.models.m.pricing"


def complaints_about(pricing: str) -> list[str]:
    """Return what is wrong with a model's price, without the path before it."""
    text = f"""
providers:
  p:
    api_base_url: https://llm.example/v1
    api_key: k
    models:
      m:
        pricing: {pricing}
"""
    return [line.removeprefix(AT) for line in complaints(text)]


@pytest.mark.parametrize(
    "pricing",
    [
        "{source: simple, input: 0, output: 2.5, cached: 0.1, cache_write: 1, discount: 1}",
        "{source: openrouter, slug: a/b, discount: 0.2}",
        "{source: per_request, amount: 0.04, discount: 0.1}",
        "{source: defined, range: [{input_per_m: 1, output_per_m: 2}]}",
        "{source: defined, range: [{upper_bound: .inf, input_per_m: 1, output_per_m: 2}]}",
        "{source: defined, range: [{upper_bound: null, input_per_m: 1, output_per_m: 2}]}",
        "{source: simple, from: 2026-01-31, input: 1, output: 2, cache_write_1h: 3}",
        "[{source: simple, input: 1, output: 2}]",
        "[{source: simple, input: 1, output: 2}, "
        "{from: '2026-01-31T12:00Z', source: per_request, amount: 1}]",
        "null",
    ],
)
def test_every_kind_of_price_is_accepted(pricing: str) -> None:
    assert complaints_about(pricing) == []


@pytest.mark.parametrize(
    ("pricing", "said"),
    [
        ("{source: simple, input: -1, output: 1}", [".input: must be at least 0"]),
        ("{source: simple, input: 1}", [".output: is required"]),
        ("{source: simple, input: .inf, output: 1}", [".input: must be a finite number"]),
        ("{source: simple, input: .nan, output: 1}", [".input: must be a finite number"]),
        ("{source: openrouter}", [".slug: is required"]),
        ("{source: per_request, amount: -1}", [".amount: must be at least 0"]),
        ("{source: defined, range: []}", [".range: must not be empty"]),
        (
            "{source: defined, range: [{upper_bound: 1, lower_bound: 5, input_per_m: 1, "
            "output_per_m: 1}, 3]}",
            [
                ".range.0.upper_bound: must not be below lower_bound",
                ".range.1: must be a mapping, not a number",
            ],
        ),
        (
            "{source: cheap}",
            [": needs a source, one of simple, defined, openrouter, per_request"],
        ),
        ("[]", [": must not be empty"]),
        (
            "[{source: cheap}]",
            [".0: needs a source, one of simple, defined, openrouter, per_request"],
        ),
        (
            "{source: simple, from: soon, input: 1, output: 1}",
            [".from: must be a date or time such as 2026-01-31 or 2026-01-31T12:00Z"],
        ),
        (
            "[{source: per_request, amount: 1}, {source: per_request, amount: 2}]",
            [": two prices are valid from the same time"],
        ),
        (
            "[{source: per_request, amount: 1, amuont: 2}]",
            [".0.amuont: is not a known key"],
        ),
        ("free", [": needs a source, one of simple, defined, openrouter, per_request"]),
    ],
)
def test_wrong_prices_are_reported_where_they_stand(pricing: str, said: list[str]) -> None:
    assert complaints_about(pricing) == said
