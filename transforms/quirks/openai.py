"""OpenAI itself: the owner of the chat and responses dialects."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.codec import Traits
from plexus.transforms.families import GPT, drawn_at_rest
from plexus.transforms.quirk import Facts, Quirk


def _given(traits: Traits) -> Traits:
    # OpenAI's API reference: max_tokens is deprecated, `developer` outranks `system`.
    return replace(
        traits,
        official=True,
        max_tokens_field="max_completion_tokens",
        developer_role=True,
        inline_system=True,
    )


QUIRK: Quirk = Facts(
    name="openai",
    hosts=("api.openai.com",),
    dialects=("chat", "responses"),
    given=_given,
    families=GPT,
    mend=drawn_at_rest,
    web_search={"type": "web_search"},
)
