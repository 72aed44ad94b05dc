"""Azure OpenAI: OpenAI's models under names that their deployers choose.

Its answers carry content filter results everywhere, and may begin with a chunk without choices;
the decoders take that for what it is (wire-formats.md §5). Requests go to `/openai/v1`.
"""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.families import GPT, drawn_at_rest, owned_by_openai
from plexus.transforms.quirk import Facts, Family, Quirk


def _older(traits: Traits) -> Traits:
    # Azure's older API versions know max_completion_tokens for reasoning models only.
    return replace(traits, max_tokens_field="max_tokens", effort=None)


def _others(traits: Traits) -> Traits:
    return replace(
        traits,
        official=False,
        max_tokens_field="max_tokens",
        developer_role=False,
        inline_system=False,
    )


QUIRK: Quirk = Facts(
    name="azure",
    hosts=("openai.azure.com", "services.ai.azure.com", "cognitiveservices.azure.com"),
    dialects=("chat", "responses"),
    given=owned_by_openai,
    families=(
        Family(models=r"gpt-(3|4)|gpt-35", given=_older),
        *GPT,
        Family(models=r"(deepseek|grok|llama|meta-|mistral|ministral|phi|cohere)", given=_others),
    ),
    mend=drawn_at_rest,
)
