"""Token counts: this format includes cached tokens in its input (wire-formats.md §7.7)."""

from __future__ import annotations

import math
from typing import Final

from plexus.transforms.dialects.openai_responses.origin import NAME, own
from plexus.transforms.events import Event, UsageSeen
from plexus.transforms.ir import Usage
from plexus.transforms.stream_comments import cost_in
from plexus.transforms.wire import Json, JsonObject, count_at, number_at, object_at, rest

_INPUT: Final = "input_tokens_details"
_OUTPUT: Final = "output_tokens_details"
_KNOWN: Final = frozenset({"input_tokens", "output_tokens", "total_tokens", _INPUT, _OUTPUT})
_KNOWN_INPUT: Final = frozenset({"cached_tokens", "cache_write_tokens"})
_KNOWN_OUTPUT: Final = frozenset({"reasoning_tokens"})
_COSTS: Final = frozenset({"cost", "estimated_cost", "cost_details", "cost_in_usd_ticks"})
_TICKS: Final = 1e10  # xAI counts cost in ten-billionths of a dollar


def decode_usage(value: Json) -> Usage | None:
    """Return a provider's report in four disjoint classes; `None` if there is none."""
    if not isinstance(value, dict):
        return None
    into, out = object_at(value, _INPUT) or {}, object_at(value, _OUTPUT) or {}
    read, written = count_at(into, "cached_tokens"), count_at(into, "cache_write_tokens")
    return Usage(
        input=_fresh(count_at(value, "input_tokens"), (read or 0) + (written or 0)),
        output=count_at(value, "output_tokens"),
        cache_read=read,
        cache_write=written,
        reasoning=count_at(out, "reasoning_tokens"),
        cost=reported_cost(value),
        ext=_leftovers(value, into, out),
    )


def _fresh(total: int | None, cached: int) -> int | None:
    # A provider that reports more cached than sent does not include them (dataplane.md §5.8.7).
    if total is None:
        return None
    return total - cached if cached <= total else total


def _leftovers(value: JsonObject, into: JsonObject, out: JsonObject) -> dict[str, JsonObject]:
    kept = rest(value, _KNOWN)
    for key, details, known in (
        (_INPUT, into, _KNOWN_INPUT),
        (_OUTPUT, out, _KNOWN_OUTPUT),
    ):
        if more := rest(details, known):
            kept[key] = more
    return {NAME: kept} if kept else {}


def reported_cost(usage: JsonObject) -> float | None:
    """Return the cost in USD that the provider reported (dataplane.md §8.4)."""
    if _COSTS.isdisjoint(usage):
        return None
    details = object_at(usage, "cost_details") or {}
    flat = _amount(usage, "cost"), _amount(usage, "estimated_cost")
    if details:
        found = (_amount(details, "total_cost"), *(cost or None for cost in flat))
        upstream = _amount(details, "upstream_inference_cost")
        return next((cost for cost in (*found, upstream, *flat) if cost is not None), None)
    ticks = _amount(usage, "cost_in_usd_ticks")
    found = (*flat, None if ticks is None else ticks / _TICKS)
    return next((cost for cost in found if cost is not None), None)


def _amount(obj: JsonObject, key: str) -> float | None:
    value = number_at(obj, key)
    return value if value is not None and math.isfinite(value) and value >= 0 else None


def comment_cost(comments: tuple[bytes, ...]) -> list[Event]:
    """Return the cost in a stream's comments, `: cost {"request_cost_usd": …}`; the last counts."""
    cost = cost_in(comments)
    return [] if cost is None else [UsageSeen(Usage(cost=cost))]


def encode_usage(usage: Usage | None) -> JsonObject | None:
    """Return the usage object that strict clients want; unknown counts become 0."""
    if usage is None:
        return None
    kept = own(usage.ext)
    read, written = usage.cache_read or 0, usage.cache_write or 0
    total_in, total_out = (usage.input or 0) + read + written, usage.output or 0
    return {
        **rest(kept, frozenset({_INPUT, _OUTPUT})),
        "input_tokens": total_in,
        _INPUT: {
            **(object_at(kept, _INPUT) or {}),
            "cached_tokens": read,
            "cache_write_tokens": written,
        },
        "output_tokens": total_out,
        _OUTPUT: {**(object_at(kept, _OUTPUT) or {}), "reasoning_tokens": usage.reasoning or 0},
        "total_tokens": total_in + total_out,
    }
