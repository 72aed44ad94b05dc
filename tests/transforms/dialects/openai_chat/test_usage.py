"""Token counts of every server fall into four disjoint classes."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.dialects.openai_chat.usage import (
    decode_usage,
    encode_usage,
    usage_in,
)
from plexus.transforms.ir import Usage


def _counts(raw: Any) -> tuple[Any, ...]:
    u = decode_usage(raw)
    return (u.input, u.cache_read, u.cache_write, u.output, u.reasoning)


@pytest.mark.parametrize(
    ("raw", "counts"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5}, (10, None, None, 5, None)),
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 20,
                "total_tokens": 120,
                "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
                "completion_tokens_details": {"reasoning_tokens": 8},
            },
            (10, 60, 30, 20, 8),
        ),
        # DeepSeek
        (
            {"prompt_tokens": 62, "completion_tokens": 4, "prompt_cache_hit_tokens": 60,
             "prompt_cache_miss_tokens": 2},
            (2, 60, None, 4, None),
        ),
        # Together and Hugging Face; Mistral; Databricks
        ({"prompt_tokens": 9, "completion_tokens": 1, "cached_tokens": 4}, (5, 4, None, 1, None)),
        ({"prompt_tokens": 9, "completion_tokens": 1, "num_cached_tokens": 4},
         (5, 4, None, 1, None)),
        (
            {"prompt_tokens": 22, "completion_tokens": None, "total_tokens": None,
             "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0},
            (22, 0, 0, None, None),
        ),
        # a server that counts the prompt without its cached part
        (
            {"prompt_tokens": 23, "completion_tokens": 110, "total_tokens": 133,
             "prompt_tokens_details": {"cached_tokens": 190}},
            (23, 190, None, 110, None),
        ),
        # writes that are not part of the prompt
        (
            {"prompt_tokens": 10, "completion_tokens": 1,
             "prompt_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 90}},
            (2, 8, 90, 1, None),
        ),
        # xAI counts reasoning beside the completion
        (
            {"prompt_tokens": 654, "completion_tokens": 25, "total_tokens": 731,
             "completion_tokens_details": {"reasoning_tokens": 52}},
            (654, None, None, 77, 52),
        ),
        # Google's compatible server counts it in the total only
        ({"prompt_tokens": 35, "completion_tokens": 12, "total_tokens": 109},
         (35, None, None, 74, 62)),
        # a total that says something else is not explained away
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 40,
             "completion_tokens_details": {"reasoning_tokens": 3}},
            (10, None, None, 5, 3),
        ),
        ({"prompt_tokens": "12", "completion_tokens": -3}, (12, None, None, 0, None)),
        ({"prompt_tokens": "many", "completion_tokens": {}}, (None, None, None, None, None)),
        ({"input_tokens": 37, "output_tokens": 12, "total_tokens": 49}, (37, None, None, 12, None)),
    ],
)  # fmt: skip
def test_counts_are_read_from_every_servers_fields(raw: Any, counts: tuple[Any, ...]) -> None:
    assert _counts(raw) == counts


@pytest.mark.parametrize(
    ("raw", "cost"),
    [
        ({"cost": 0.25}, 0.25),
        ({"estimated_cost": 0.5}, 0.5),
        ({"cost": {"total_cost": 0.00502, "request_cost": 0.005}}, 0.00502),  # Perplexity
        ({"cost": 0.1, "cost_details": {"total_cost": 0.3}}, 0.3),
        ({"cost": 0.1, "cost_details": {"upstream_inference_cost": 0.09}}, 0.1),
        ({"cost": 0, "cost_details": {"upstream_inference_cost": 0.09}}, 0.09),  # own key
        ({"cost": 0, "cost_details": {"upstream_inference_cost": None}}, 0.0),
        ({"cost_in_usd_ticks": 790000}, 0.000079),  # xAI
        ({"cost": -1}, None),
        ({"cost": "free"}, None),
        ({}, None),
    ],
)
def test_the_cost_that_a_provider_reports_is_read(raw: Any, cost: float | None) -> None:
    assert decode_usage(raw).cost == cost


def test_a_providers_own_object_is_written_back_as_it_was() -> None:
    raw: Any = {"prompt_tokens": 3, "completion_tokens": 4, "queue_time": 0.1, "x": None}

    assert encode_usage(decode_usage(raw)) == raw


def test_a_changed_report_is_written_anew() -> None:
    usage = decode_usage({"prompt_tokens": 3, "completion_tokens": 4}).merged(Usage(output=9))

    assert encode_usage(usage)["completion_tokens"] == 9


def test_the_prompt_of_another_vendor_holds_its_cached_part() -> None:
    usage = Usage(input=10, cache_read=60, cache_write=30, output=20, reasoning=8, cost=0.5)

    assert encode_usage(usage) == {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
        "completion_tokens_details": {"reasoning_tokens": 8},
        "cost": 0.5,
    }


def test_groqs_usage_is_found_where_it_hides() -> None:
    assert usage_in({"x_groq": {"usage": {"prompt_tokens": 1}}}) == {"prompt_tokens": 1}
    assert usage_in({"usage": None, "x_groq": {"id": "r"}}) is None
    assert usage_in({"usage": [], "x_groq": 1}) is None


@pytest.mark.parametrize("cost", [10**400, -1, float("nan"), float("inf")])
def test_what_can_be_no_price_is_none(cost: float) -> None:
    assert decode_usage({"prompt_tokens": 1, "cost": cost}).cost is None
