"""Who answers behind the gateway: the four formats, and vendors with rules of their own."""

from __future__ import annotations

from dataclasses import dataclass

from plexus.addons.upstream.quirks import known_quirks
from plexus.transforms.codec import Traits
from tests.fakes.replies import NATIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A provider's model as it stands in the configuration."""

    name: str  # in the table, and of the alias that leads to it
    dialect: str
    model: str = "big"
    quirk: str | None = None

    @property
    def traits(self) -> Traits:
        """How the quirk says that it deviates."""
        if self.quirk is None:
            return Traits()
        return known_quirks()[self.quirk].traits(self.model, Traits())


# As compatible servers speak them.
BASE = tuple(Target(name=name, dialect=name) for name in NATIVE)

VENDORS = (
    Target(name="chat+openai", dialect="chat", quirk="openai", model="gpt-5.4"),
    Target(name="responses+openai", dialect="responses", quirk="openai", model="gpt-5.4"),
    Target(name="messages+4-5", dialect="messages", quirk="anthropic", model="claude-sonnet-4-5"),
    Target(name="messages+4-6", dialect="messages", quirk="anthropic", model="claude-opus-4-6"),
    Target(name="gemini+3", dialect="gemini", quirk="google", model="gemini-3-pro-preview"),
)

OTHERS = (
    Target(name="chat+deepseek", dialect="chat", quirk="deepseek", model="deepseek-chat"),
    Target(name="chat+mistral", dialect="chat", quirk="mistral", model="magistral-medium-latest"),
    Target(name="chat+openrouter", dialect="chat", quirk="openrouter", model="x/claude-opus-4.6"),
    Target(name="chat+alibaba", dialect="chat", quirk="alibaba", model="qwen3-max"),
    Target(name="chat+groq", dialect="chat", quirk="groq", model="openai/gpt-oss-120b"),
    Target(name="chat+vllm", dialect="chat", quirk="vllm", model="qwen3"),
    Target(name="chat+xai", dialect="chat", quirk="xai", model="grok-4"),
)

TARGETS = (*BASE, *VENDORS, *OTHERS)
