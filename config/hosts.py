"""The provider hosts that the intercepting door knows without being told."""

from __future__ import annotations

from typing import Final

# host, dialect ("openai" is chat and responses), what the ledger calls it
HOSTS: Final = (
    ("api.openai.com", "openai", "openai"),
    ("api.anthropic.com", "messages", "anthropic"),
    ("generativelanguage.googleapis.com", "gemini", "gemini"),
    ("api.cerebras.ai", "openai", "cerebras"),
    ("api.cohere.ai", "openai", "cohere"),
    ("api.deepinfra.com", "openai", "deepinfra"),
    ("api.deepseek.com", "openai", "deepseek"),
    ("api.fireworks.ai", "openai", "fireworks"),
    ("api.groq.com", "openai", "groq"),
    ("api.mistral.ai", "openai", "mistral"),
    ("api.moonshot.ai", "openai", "moonshot"),
    ("api.perplexity.ai", "openai", "perplexity"),
    ("api.sambanova.ai", "openai", "sambanova"),
    ("api.together.xyz", "openai", "together"),
    ("api.x.ai", "openai", "xai"),
    ("api.z.ai", "openai", "zai"),
    ("integrate.api.nvidia.com", "openai", "nvidia"),
    ("openrouter.ai", "openai", "openrouter"),
)
