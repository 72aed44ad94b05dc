"""SGLang: chat templates like vLLM's, with thoughts in `reasoning_content`."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.families import LOW_TO_HIGH, efforts
from plexus.transforms.quirk import Facts, Family, Quirk


def _given(traits: Traits) -> Traits:
    return replace(
        traits,
        inline_system=False,
        reasoning_field="reasoning_content",
        effort="chat_template_kwargs",
    )


QUIRK: Quirk = Facts(
    name="sglang",
    dialects=("chat",),
    given=_given,
    families=(Family(models="gpt-oss", given=efforts(*LOW_TO_HIGH)),),
)
