"""Translate token counts: Gemini's prompt includes cached tokens, its answer excludes thoughts."""

from __future__ import annotations

from typing import Final

from plexus.transforms.dialects.gemini.keys import NAME, is_own, own
from plexus.transforms.ir import Usage
from plexus.transforms.wire import JsonObject, count_at

# What encode_usage works out again; the rest is kept as it came.
_COMPUTED: Final = frozenset(
    {
        "promptTokenCount",
        "candidatesTokenCount",
        "thoughtsTokenCount",
        "cachedContentTokenCount",
    }
)
_COUNTS: Final = _COMPUTED | {"toolUsePromptTokenCount", "totalTokenCount"}


def decode_usage(meta: JsonObject, *, provisional: bool = False) -> Usage | None:
    """Return the four disjoint classes (dataplane.md §5.8.7), or `None` if nothing is counted.

    Vertex sends `{"trafficType": …}` alone in mid-stream. An absent count is zero, as in proto3.
    """
    prompt = count_at(meta, "promptTokenCount")
    if prompt is None and all(count_at(meta, name) is None for name in _COUNTS & meta.keys()):
        return None
    cached = count_at(meta, "cachedContentTokenCount")
    tools = count_at(meta, "toolUsePromptTokenCount") or 0
    answer = count_at(meta, "candidatesTokenCount") or 0
    thoughts = count_at(meta, "thoughtsTokenCount")
    rest: JsonObject = {key: value for key, value in meta.items() if key not in _COMPUTED}
    if thoughts and count_at(meta, "totalTokenCount") == (prompt or 0) + tools + answer:
        # Some servers count thoughts among the candidates: only then does the total add up.
        rest["candidatesTokenCount"] = answer
        answer -= min(thoughts, answer)
    return Usage(
        input=None if prompt is None else _uncached(prompt, cached) + tools,
        output=answer + (thoughts or 0),
        cache_read=cached,
        reasoning=thoughts,
        provisional=provisional,
        ext={NAME: rest},
    )


def _uncached(prompt: int, cached: int | None) -> int:
    return prompt if cached is None or cached > prompt else prompt - cached


def encode_usage(usage: Usage) -> JsonObject:
    """Return `usageMetadata`; Gemini's own extra counts come back as they were."""
    rest = own(usage.ext)
    prompt = _total(usage.input, usage.cache_read, usage.cache_write)
    answer = None if usage.output is None else max(0, usage.output - (usage.reasoning or 0))
    meta: JsonObject = {}
    if prompt is not None:
        tools = count_at(rest, "toolUsePromptTokenCount") or 0
        meta["promptTokenCount"] = max(0, prompt - tools)
    if usage.cache_read:
        meta["cachedContentTokenCount"] = usage.cache_read
    if answer is not None:
        meta["candidatesTokenCount"] = answer
    if usage.reasoning:
        meta["thoughtsTokenCount"] = usage.reasoning
    if meta and not is_own(usage.ext):
        meta["totalTokenCount"] = (prompt or 0) + (usage.output or 0)
    return {**meta, **rest}


def _total(*classes: int | None) -> int | None:
    known = [tokens for tokens in classes if tokens is not None]
    return sum(known) if known else None
