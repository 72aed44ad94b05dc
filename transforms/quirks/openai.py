"""OpenAI itself: the owner of the chat and responses dialects."""

from __future__ import annotations

from plexus.transforms.families import GPT, drawn_at_rest, owned_by_openai
from plexus.transforms.quirk import Facts, Quirk

QUIRK: Quirk = Facts(
    name="openai",
    hosts=("api.openai.com",),
    dialects=("chat", "responses"),
    given=owned_by_openai,
    families=GPT,
    mend=drawn_at_rest,
    web_search={"type": "web_search"},
)
