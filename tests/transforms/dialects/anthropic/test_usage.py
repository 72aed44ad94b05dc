"""Tokens are counted in four classes that do not overlap."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.anthropic.usage import decode_usage, encode_usage, merge_usage
from plexus.transforms.ir import Usage
from plexus.transforms.wire import Json, JsonObject

FULL: JsonObject = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 30,
    "cache_read_input_tokens": 20,
    "cache_creation": {"ephemeral_5m_input_tokens": 25, "ephemeral_1h_input_tokens": 5},
    "output_tokens": 40,
    "output_tokens_details": {"thinking_tokens": 15},
    "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0},
    "service_tier": "standard",
}


def test_a_full_report_is_read_and_written() -> None:
    usage = decode_usage(FULL)
    assert usage is not None
    assert (usage.input, usage.cache_read, usage.cache_write, usage.output) == (10, 20, 30, 40)
    assert (usage.cache_write_1h, usage.reasoning, usage.cost) == (5, 15, None)
    assert encode_usage(usage) == FULL


@pytest.mark.parametrize("value", [None, {}, [], "x", 3])
def test_nothing_reported_is_unknown(value: Json) -> None:
    assert decode_usage(value) is None


def test_an_absent_count_is_unknown_and_a_zero_is_zero() -> None:
    usage = decode_usage({"input_tokens": 0})
    assert usage is not None
    assert (usage.input, usage.output, usage.cache_read, usage.cache_write) == (0, None, None, None)


def test_odd_counts_are_put_right() -> None:
    raw: JsonObject = {"input_tokens": -1, "output_tokens": "12", "cache_read_input_tokens": [1]}
    usage = decode_usage(raw)
    assert usage is not None
    assert (usage.input, usage.output, usage.cache_read) == (0, 12, None)


def test_writes_that_are_only_told_by_lifetime_are_added_up() -> None:
    usage = decode_usage({"cache_creation": {"ephemeral_5m_input_tokens": 3}})
    assert usage is not None
    assert (usage.cache_write, usage.cache_write_1h) == (3, None)


@pytest.mark.parametrize(
    ("fields", "cost"),
    [
        ({"cost": 0.5}, 0.5),
        ({"estimated_cost": 0.25}, 0.25),
        ({"cost": 0.5, "cost_details": {"total_cost": 0.75}}, 0.75),
        ({"cost": 0, "cost_details": {"upstream_inference_cost": 0.1}}, 0.1),
        ({"cost": 0}, 0),
        ({"cost_in_usd_ticks": 5_000_000_000}, 0.5),
        ({"cost": "0.5"}, None),
    ],
)
def test_a_stated_cost_is_kept(fields: JsonObject, cost: float | None) -> None:
    usage = decode_usage({"input_tokens": 1, **fields})
    assert usage is not None
    assert usage.cost == cost


def test_another_providers_usage_excludes_cached_tokens_here_too() -> None:
    usage = Usage(input=7, output=3, cache_read=100, reasoning=2, ext={"chat": {"x": 1}})
    assert encode_usage(usage) == {
        "input_tokens": 7,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 100,
        "output_tokens": 3,
        "output_tokens_details": {"thinking_tokens": 2},
    }


def test_writes_for_an_hour_are_told_apart() -> None:
    written = encode_usage(Usage(cache_write=30, cache_write_1h=5))
    assert written["cache_creation"] == {
        "ephemeral_5m_input_tokens": 25,
        "ephemeral_1h_input_tokens": 5,
    }


def test_unknown_usage_is_written_as_zeros() -> None:
    assert encode_usage(None) == {
        "input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 0,
    }


def test_both_counts_of_server_tools_are_written_if_one_is() -> None:
    usage = decode_usage({"server_tool_use": {"web_search_requests": 2}})
    assert encode_usage(usage)["server_tool_use"] == {
        "web_search_requests": 2,
        "web_fetch_requests": 0,
    }


def test_a_later_report_holds_but_for_its_zeros() -> None:
    first: JsonObject = {"input_tokens": 60385, "cache_read_input_tokens": 9, "service_tier": "x"}
    later: JsonObject = {
        "input_tokens": 612,
        "cache_read_input_tokens": 0,
        "output_tokens": 0,
        "service_tier": None,
    }
    assert merge_usage(first, later) == {
        "input_tokens": 612,
        "cache_read_input_tokens": 9,
        "service_tier": "x",
        "output_tokens": 0,
    }
