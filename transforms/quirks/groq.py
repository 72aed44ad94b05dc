"""Groq: strict about fields it does not know, and knows no names and no alternatives.

Usage comes under `x_groq` in the last chunk, errors in mid-stream as `event: error` (groq/0041):
the decoder reads both (wire-formats.md §5).
"""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.families import LOW_TO_HIGH
from plexus.transforms.quirk import Facts, Family, Quirk
from plexus.transforms.wire import Json, JsonObject, objects_at


def _given(traits: Traits) -> Traits:
    # Other models answer 400 "property 'reasoning' is unsupported", and know JSON mode only.
    return replace(
        traits,
        max_tokens_field="max_completion_tokens",
        effort=None,
        structured_output=False,
    )


def _gpt_oss(traits: Traits) -> Traits:
    return replace(
        traits,
        effort="reasoning_effort",
        efforts=LOW_TO_HIGH,
        reasoning_field="reasoning",
        structured_output=True,
    )


def _qwen(traits: Traits) -> Traits:
    return replace(
        traits,
        effort="reasoning_effort",
        efforts=("none", "default"),
        reasoning_field="reasoning",
    )


def _schemas(traits: Traits) -> Traits:
    return replace(traits, structured_output=True)


def _mend(body: JsonObject, _model: str, receipt: Receipt) -> JsonObject:
    """Drop names of speakers and alternatives: both get a 400 (Groq docs, OpenAI compatibility)."""
    mended = dict(body)
    if mended.get("n", 1) != 1:
        receipt.dropped("sampling.n", "one answer per call")
        del mended["n"]
    messages = objects_at(body, "messages")
    if any("name" in message for message in messages):
        receipt.dropped("messages.name", "speakers have no names here")
        unnamed: list[Json] = [
            {key: value for key, value in message.items() if key != "name"} for message in messages
        ]
        mended["messages"] = unnamed
    return mended


QUIRK: Quirk = Facts(
    name="groq",
    hosts=("api.groq.com",),
    dialects=("chat",),
    given=_given,
    refuses=frozenset({"logprobs", "top_logprobs", "logit_bias"}),
    families=(
        Family(models="gpt-oss", given=_gpt_oss),
        Family(models="qwen-?3", given=_qwen),
        Family(models="kimi-|llama-4", given=_schemas),
    ),
    mend=_mend,
)
