"""Cerebras: takes thoughts back as `reasoning`, and answers 400 to `reasoning_content`."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.families import LOW_TO_HIGH
from plexus.transforms.quirk import Change, Facts, Family, Quirk


def _given(traits: Traits) -> Traits:
    return replace(traits, max_tokens_field="max_completion_tokens", effort=None)


def _thinking(*words: str) -> Change:
    def change(traits: Traits) -> Traits:
        return replace(
            traits, effort="reasoning_effort", efforts=words, reasoning_field="reasoning"
        )

    return change


QUIRK: Quirk = Facts(
    name="cerebras",
    hosts=("api.cerebras.ai",),
    dialects=("chat",),
    given=_given,
    refuses=frozenset({"frequency_penalty", "presence_penalty", "logit_bias"}),
    families=(
        Family(models="gpt-oss", given=_thinking(*LOW_TO_HIGH)),
        Family(models="(zai-)?glm-", given=_thinking("none", "default")),  # cerebras/0002
    ),
)
