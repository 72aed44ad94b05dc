"""Token counts, both ways."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.openai_responses.usage import (
    comment_cost,
    decode_usage,
    encode_usage,
    reported_cost,
)
from plexus.transforms.events import UsageSeen
from plexus.transforms.ir import Usage
from plexus.transforms.wire import Json, JsonObject

WHOLE: JsonObject = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 20, "audio_tokens": 1},
    "output_tokens": 50,
    "output_tokens_details": {"reasoning_tokens": 40},
    "total_tokens": 150,
    "num_sources_used": 2,
}


def test_the_input_is_what_was_neither_read_from_nor_written_to_the_cache() -> None:
    usage = decode_usage(WHOLE)
    assert usage == Usage(
        input=50,
        output=50,
        cache_read=30,
        cache_write=20,
        reasoning=40,
        ext=usage.ext if usage else {},
    )


def test_usage_is_written_as_it_was_read() -> None:
    assert encode_usage(decode_usage(WHOLE)) == WHOLE


def test_what_was_not_reported_is_unknown_but_strict_clients_get_zeros() -> None:
    usage = decode_usage({"input_tokens": 7, "output_tokens": 1})
    assert usage == Usage(input=7, output=1)
    assert encode_usage(usage) == {
        "input_tokens": 7,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 8,
    }


def test_more_cached_than_sent_does_not_go_below_zero() -> None:
    usage = decode_usage({"input_tokens": 5, "input_tokens_details": {"cached_tokens": 9}})
    assert usage == Usage(input=5, cache_read=9)


def test_without_counts_everything_is_unknown() -> None:
    assert decode_usage({}) == Usage()


@pytest.mark.parametrize("value", [None, 1, "x", []])
def test_no_object_is_no_report(value: Json) -> None:
    assert decode_usage(value) is None


def test_no_report_is_null() -> None:
    assert encode_usage(None) is None


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        ({"cost": 0.25}, 0.25),
        ({"cost": 0}, 0),
        ({"estimated_cost": 0.5}, 0.5),
        ({"cost_details": {"total_cost": 0.75}, "cost": 0.1}, 0.75),
        ({"cost_details": {"upstream_inference_cost": 0.3}, "cost": 0}, 0.3),
        ({"cost_in_usd_ticks": 5_000_000_000}, 0.5),
        ({"cost": -1}, None),
        ({"cost": "1"}, None),
        ({}, None),
    ],
)
def test_the_providers_own_cost_counts(usage: JsonObject, cost: float | None) -> None:
    assert reported_cost(usage) == cost


@pytest.mark.parametrize(
    ("comments", "cost"),
    [
        ((b'cost {"request_cost_usd":0.5}',), 0.5),
        ((b'cost {"request_cost_usd":0.5}', b"keep-alive"), 0.5),
        ((b'cost {"request_cost_usd":0.5}', b'cost {"request_cost_usd":1}'), 1),
        ((b'cost {"request_cost_usd":0.5}', b'cost {"request_cost_usd":-1}'), 0.5),
        ((b"cost x",), None),
        ((b"OPENROUTER PROCESSING",), None),
    ],
)
def test_a_cost_may_be_told_in_a_comment(comments: tuple[bytes, ...], cost: float | None) -> None:
    expected = [] if cost is None else [UsageSeen(Usage(cost=cost))]
    assert comment_cost(comments) == expected
