"""OpenAI itself: the owner of the chat dialect."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from plexus.transforms.codec import Traits
from plexus.transforms.quirk import Quirk


class OpenAI:
    """Wants `max_completion_tokens`, knows `developer` (OpenAI API reference, chat completions)."""

    name: ClassVar[str] = "openai"
    hosts: ClassVar[tuple[str, ...]] = ("api.openai.com", "openai.azure.com")

    def traits(self, model: str, traits: Traits) -> Traits:
        """Return the traits of an OpenAI model."""
        return replace(
            traits,
            official=True,
            max_tokens_field="max_completion_tokens",
            developer_role=True,
        )


QUIRK: Quirk = OpenAI()
