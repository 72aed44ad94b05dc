"""vLLM: chat templates of open models, which want one system prompt, at the front.

A template raises "System message must be at the beginning" (BerriAI/litellm#39852). Whether the
model thinks is an argument of its template, but for OpenAI's open models.
"""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.families import LOW_TO_HIGH, efforts
from plexus.transforms.quirk import Facts, Family, Quirk


def _given(traits: Traits) -> Traits:
    return replace(
        traits,
        inline_system=False,
        reasoning_field="reasoning",
        effort="chat_template_kwargs",
    )


QUIRK: Quirk = Facts(
    name="vllm",
    dialects=("chat",),
    given=_given,
    families=(Family(models="gpt-oss", given=efforts(*LOW_TO_HIGH)),),
)
