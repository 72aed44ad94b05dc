"""Tokens: Anthropic's `usage` in and out.

`input_tokens` leaves out cache reads and writes; `output_tokens` includes thinking (wire-formats.md
§7.7). All fields also stay in `ext`, so that what we do not count is not lost.
"""

from __future__ import annotations

from typing import Final

from plexus.transforms.dialects.anthropic.identity import NAME, own
from plexus.transforms.ir import Usage
from plexus.transforms.wire import Json, JsonObject, count_at, number_at, object_at, rest

_COUNTS: Final = frozenset(
    {
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
    }
)
_COSTS: Final = frozenset({"cost", "estimated_cost", "cost_details", "cost_in_usd_ticks"})
_TICKS: Final = 10**10  # of xAI, in one dollar
_SEARCHES: Final[JsonObject] = {"web_search_requests": 0, "web_fetch_requests": 0}


def decode_usage(value: Json, *, provisional: bool = False) -> Usage | None:
    """Read a `usage`, or `None` if the provider reported nothing.

    `provisional`: it stands in `message_start`, and what `message_delta` says will replace it.
    """
    if not isinstance(value, dict) or not value:
        return None
    total, long = _written(value)
    thought = object_at(value, "output_tokens_details")
    return Usage(
        input=count_at(value, "input_tokens"),
        output=count_at(value, "output_tokens"),
        cache_read=count_at(value, "cache_read_input_tokens"),
        cache_write=total,
        cache_write_1h=long,
        reasoning=None if thought is None else count_at(thought, "thinking_tokens"),
        cost=_cost(value),
        provisional=provisional,
        ext={NAME: rest(value, _COUNTS)},
    )


def _written(value: JsonObject) -> tuple[int | None, int | None]:
    """Return all tokens that were written to the cache, and those of them that stay an hour."""
    total = count_at(value, "cache_creation_input_tokens")
    parts = object_at(value, "cache_creation")
    if not parts:
        return total, None
    short = count_at(parts, "ephemeral_5m_input_tokens")
    long = count_at(parts, "ephemeral_1h_input_tokens")
    if total is None and (short is not None or long is not None):
        total = (short or 0) + (long or 0)
    return total, long


def _cost(value: JsonObject) -> float | None:
    """Return what a compatible server says the call cost in USD (dataplane.md §8.4)."""
    if _COSTS.isdisjoint(value):
        return None
    details = object_at(value, "cost_details") or {}
    total = number_at(details, "total_cost")
    if total is not None:
        return total
    stated = number_at(value, "cost")
    if stated is None:
        stated = number_at(value, "estimated_cost")
    if not stated:  # a call with one's own key is stated as 0
        upstream = number_at(details, "upstream_inference_cost")
        stated = stated if upstream is None else upstream
    ticks = number_at(value, "cost_in_usd_ticks")
    return ticks / _TICKS if stated is None and ticks is not None else stated


def encode_usage(usage: Usage | None) -> JsonObject:
    """Write a `usage`; what is unknown is 0, for clients insist on numbers."""
    known = Usage() if usage is None else usage
    written: JsonObject = {
        "input_tokens": known.input or 0,
        "cache_creation_input_tokens": known.cache_write or 0,
        "cache_read_input_tokens": known.cache_read or 0,
        "output_tokens": known.output or 0,
    }
    if known.cache_write_1h is not None:
        written["cache_creation"] = {
            "ephemeral_5m_input_tokens": max(0, (known.cache_write or 0) - known.cache_write_1h),
            "ephemeral_1h_input_tokens": known.cache_write_1h,
        }
    if known.reasoning is not None:
        written["output_tokens_details"] = {"thinking_tokens": known.reasoning}
    written |= own(known.ext)
    if searches := object_at(written, "server_tool_use"):
        # Current clients insist on both counts (wire-formats.md §2.2).
        written["server_tool_use"] = _SEARCHES | searches
    return written


def merge_usage(first: JsonObject, later: JsonObject) -> JsonObject:
    """Return the union of two reports of one stream: what the later one says holds.

    But not its zeros: compatible servers fill `message_delta` with zeros for what they have told in
    `message_start`.
    """
    merged = dict(first)
    for key, value in later.items():
        if value is not None and (value != 0 or key not in merged):
            merged[key] = value
    return merged
