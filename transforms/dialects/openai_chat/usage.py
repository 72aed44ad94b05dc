"""Turn OpenAI's token counts, and those of the servers that resemble it, into `Usage` and back."""

from __future__ import annotations

from typing import Final

from plexus.transforms.ir import Usage
from plexus.transforms.wire import JsonObject, count_at, number_at, object_at

from .fields import NAME

_TICKS_PER_USD: Final = 10**10  # xAI
_MOST_USD: Final = 1e12  # whatever is more is no price
_COSTS: Final = frozenset({"cost", "estimated_cost", "cost_details", "cost_in_usd_ticks"})
_READS: Final = (
    "cached_tokens",  # Together, Hugging Face
    "num_cached_tokens",  # Mistral
    "prompt_cache_hit_tokens",  # DeepSeek
    "cache_read_input_tokens",  # Databricks
)
_WRITES: Final = "cache_creation_input_tokens"
_CACHES: Final = frozenset({*_READS, _WRITES})


def decode_usage(raw: JsonObject) -> Usage:
    """Read a `usage` object (dataplane.md §5.8.7, wire-formats.md §7.7)."""
    prompt = count_at(raw, "prompt_tokens")
    if prompt is None:
        prompt = count_at(raw, "input_tokens")
    completion = count_at(raw, "completion_tokens")
    if completion is None:
        completion = count_at(raw, "output_tokens")
    read, write = _cached(raw)
    output, reasoning = _generated(raw, prompt, completion)
    return Usage(
        input=_uncached(prompt, read, write),
        output=output,
        cache_read=read,
        cache_write=write,
        reasoning=reasoning,
        cost=_cost(raw),
        ext={NAME: raw},
    )


def usage_in(body: JsonObject) -> JsonObject | None:
    """Return the usage object of an answer or chunk; Groq hides it under `x_groq`."""
    usage = body.get("usage")
    if usage is None and (groq := body.get("x_groq")):
        usage = groq.get("usage") if isinstance(groq, dict) else None
    return usage if isinstance(usage, dict) else None


def encode_usage(usage: Usage) -> JsonObject:
    """Write a `usage` object; the provider's own is returned as it was, if it still holds."""
    raw = usage.ext.get(NAME)
    if raw is not None and decode_usage(raw) == usage:
        return raw
    prompt = (usage.input or 0) + (usage.cache_read or 0) + (usage.cache_write or 0)
    completion = usage.output or 0
    body: JsonObject = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read or 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
    }
    if usage.cache_write:
        body["prompt_tokens_details"] = {
            "cached_tokens": usage.cache_read or 0,
            "cache_write_tokens": usage.cache_write,
        }
    if usage.cost is not None:
        body["cost"] = usage.cost  # OpenRouter's name for it
    return body


def _first(raw: JsonObject, keys: tuple[str, ...]) -> int | None:
    for key in keys:
        found = count_at(raw, key)
        if found is not None:
            return found
    return None


def _cached(raw: JsonObject) -> tuple[int | None, int | None]:
    details = object_at(raw, "prompt_tokens_details") or object_at(raw, "input_tokens_details")
    read = count_at(details, "cached_tokens") if details else None
    write = count_at(details, "cache_write_tokens") if details else None
    if _CACHES.isdisjoint(raw):
        return read, write
    return (
        _first(raw, _READS) if read is None else read,
        count_at(raw, _WRITES) if write is None else write,
    )


def _uncached(prompt: int | None, read: int | None, write: int | None) -> int | None:
    if prompt is None:
        return None
    # More cached than asked: this server counts the prompt without its cached part.
    both = (read or 0) + (write or 0)
    if both <= prompt:
        return prompt - both
    return prompt if read is None or read > prompt else prompt - read


def _generated(
    raw: JsonObject, prompt: int | None, completion: int | None
) -> tuple[int | None, int | None]:
    details = object_at(raw, "completion_tokens_details") or object_at(raw, "output_tokens_details")
    reasoning = count_at(details, "reasoning_tokens") if details else None
    total = count_at(raw, "total_tokens")
    if prompt is None or completion is None or total is None:
        return completion, reasoning
    unseen = total - prompt - completion
    # xAI reports reasoning beside the completion, Google's compatible server not even that; both
    # count it in the total.
    if unseen > 0 and reasoning in (None, 0, unseen):
        return completion + unseen, unseen
    return completion, reasoning


def _cost(raw: JsonObject) -> float | None:
    if _COSTS.isdisjoint(raw):
        return None
    cost = _price(raw, "cost")
    if cost is None:
        cost = _price(raw, "estimated_cost")
    if perplexity := object_at(raw, "cost"):
        cost = _price(perplexity, "total_cost")
    if details := object_at(raw, "cost_details"):
        total = _price(details, "total_cost")
        if total is not None:
            return total
        # A caller's own key (BYOK) costs the router nothing; the provider still charges for it.
        return cost or _price(details, "upstream_inference_cost") or cost
    if cost is not None:
        return cost
    ticks = _price(raw, "cost_in_usd_ticks")
    return None if ticks is None else ticks / _TICKS_PER_USD


def _price(raw: JsonObject, key: str) -> float | None:
    value = number_at(raw, key)
    return float(value) if value is not None and 0 <= value <= _MOST_USD else None
