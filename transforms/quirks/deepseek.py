"""DeepSeek: wants its reasoning back on the turns that called tools.

Without it: 400 "The `reasoning_content` in the thinking mode must be passed back to the API"
(BerriAI/litellm#37636). Whose thoughts are unknown gets a blank, which it takes; R1 refused any
on ordinary turns (DeepSeek's guides: thinking mode, reasoning model). A forced tool call is
refused while it thinks.
"""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.quirk import Facts, Family, Quirk


def _given(traits: Traits) -> Traits:
    return replace(
        traits,
        reasoning_field="reasoning_content",
        reasoning_required=True,
        effort="thinking",
        efforts=("low", "high", "max"),
        forced_tools="at_rest",
        structured_output=False,  # json_object only
    )


def _reasoner(traits: Traits) -> Traits:
    # It always thinks: which model is called is the switch.
    return replace(traits, effort=None, reasoning_turns="calls")


def _chat(traits: Traits) -> Traits:
    return replace(traits, reasoning_turns="calls")


QUIRK: Quirk = Facts(
    name="deepseek",
    hosts=("api.deepseek.com",),
    dialects=("chat",),
    given=_given,
    families=(
        Family(
            models="deepseek-reasoner",
            given=_reasoner,
            refuses=frozenset({"logprobs", "top_logprobs"}),
        ),
        Family(models="deepseek-chat", given=_chat),
    ),
)
