"""DeepSeek: wants its reasoning back on the turns that called tools."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from plexus.transforms.codec import Traits
from plexus.transforms.quirk import Quirk


class DeepSeek:
    """Requires `reasoning_content` in history (wire-formats.md §5, edge case 48)."""

    name: ClassVar[str] = "deepseek"
    hosts: ClassVar[tuple[str, ...]] = ("api.deepseek.com",)

    def traits(self, model: str, traits: Traits) -> Traits:
        """Return the traits of a DeepSeek model."""
        return replace(traits, reasoning_field="reasoning_content")


QUIRK: Quirk = DeepSeek()
