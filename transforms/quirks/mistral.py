"""Mistral: its own names for a seed and a forced call, thoughts as content, no unknown fields.

What it does not know gets a 422 "Extra inputs are not permitted": also `stream_options`, for its
streams report usage unasked.
"""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.families import LOW_TO_HIGH, thoughtless
from plexus.transforms.quirk import Change, Facts, Family, Quirk
from plexus.transforms.wire import Json, JsonObject, objects_at


def _given(traits: Traits) -> Traits:
    return replace(traits, tool_id="nine", stream_usage=False, effort=None)


def _thinking(*words: str) -> Change:
    def change(traits: Traits) -> Traits:
        return replace(traits, effort="reasoning_effort", efforts=words, reasoning_field="content")

    return change


def _always_thinking(traits: Traits) -> Traits:
    # mistral/0064: past thoughts go back as parts of the content.
    return replace(traits, effort=None, reasoning_field="content")


def _mend(body: JsonObject, _model: str, _receipt: Receipt) -> JsonObject:
    """Say it in Mistral's words: `random_seed`, `any`, and `prefix` for an answer to go on with."""
    mended: JsonObject = {("random_seed" if k == "seed" else k): v for k, v in body.items()}
    if mended.get("tool_choice") == "required":
        mended["tool_choice"] = "any"
    messages = objects_at(body, "messages")
    last = messages[-1] if messages else {}
    if last.get("role") == "assistant" and "tool_calls" not in last:
        others: list[Json] = [*messages[:-1]]
        mended["messages"] = [*others, {**last, "prefix": True}]
    return mended


QUIRK: Quirk = Facts(
    name="mistral",
    hosts=("api.mistral.ai",),
    dialects=("chat",),
    given=_given,
    refuses=frozenset(
        {"logit_bias", "logprobs", "top_logprobs", "user", "store", "service_tier", "verbosity"}
    ),
    families=(
        Family(models="magistral", given=_always_thinking),
        Family(models=r"mistral-large-(latest|[4-9]|2[6-9]\d\d)", given=_thinking(*LOW_TO_HIGH)),
        Family(
            models=r"mistral-(small|medium)-(latest|3-[5-9]|[4-9]|2[6-9]\d\d)",
            given=_thinking("none", "high"),
        ),
        Family(models="", given=thoughtless),
    ),
    mend=_mend,
)
