"""The providers that are found by a key in the environment, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_OPENAI_MEDIA: Final = ("embeddings", "images", "transcriptions", "speech")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A provider that is found by its key; `families` are the bare names it answers to."""

    name: str
    title: str
    variables: tuple[str, ...]
    url: str
    families: tuple[str, ...]
    dialects: tuple[str, ...] = ("chat",)


# The order decides who gets a name that several serve: makers of models before those who host
# others' models, and OpenRouter, which has everything, last.
KNOWN: Final = (
    Known(
        name="openai",
        title="OpenAI",
        variables=("OPENAI_API_KEY",),
        url="https://api.openai.com/v1",
        dialects=("chat", "responses", *_OPENAI_MEDIA),
        families=(
            "gpt-*",
            "chatgpt-*",
            "codex-*",
            "computer-use-*",
            "o1*",
            "o3*",
            "o4*",
            "ft:*",
            "text-embedding-*",
            "dall-e-*",
            "sora-*",
            "tts-*",
            "whisper-1",
            "omni-moderation-*",
        ),
    ),
    Known(
        name="anthropic",
        title="Anthropic",
        variables=("ANTHROPIC_API_KEY",),
        url="https://api.anthropic.com/v1",
        dialects=("messages",),
        families=("claude-*",),
    ),
    Known(
        name="gemini",
        title="Google Gemini",
        variables=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        url="https://generativelanguage.googleapis.com",
        dialects=("gemini",),
        families=("gemini-*", "gemma-*", "imagen-*", "text-embedding-004", "embedding-001"),
    ),
    Known(
        name="deepseek",
        title="DeepSeek",
        variables=("DEEPSEEK_API_KEY",),
        url="https://api.deepseek.com/v1",
        families=("deepseek-*",),
    ),
    Known(
        name="mistral",
        title="Mistral",
        variables=("MISTRAL_API_KEY",),
        url="https://api.mistral.ai/v1",
        dialects=("chat", "embeddings"),
        families=(
            "mistral-*",
            "codestral-*",
            "devstral-*",
            "magistral-*",
            "ministral-*",
            "pixtral-*",
            "voxtral-*",
            "open-mistral-*",
            "open-mixtral-*",
        ),
    ),
    Known(
        name="xai",
        title="xAI",
        variables=("XAI_API_KEY",),
        url="https://api.x.ai/v1",
        families=("grok-*",),
    ),
    Known(
        name="perplexity",
        title="Perplexity",
        variables=("PERPLEXITY_API_KEY",),
        url="https://api.perplexity.ai",
        families=("sonar*",),
    ),
    Known(
        name="moonshot",
        title="Moonshot AI",
        variables=("MOONSHOT_API_KEY",),
        url="https://api.moonshot.ai/v1",
        families=("kimi-*", "moonshot-*"),
    ),
    Known(
        name="zai",
        title="Z.ai",
        variables=("ZAI_API_KEY",),
        url="https://api.z.ai/api/paas/v4",
        families=("glm-*",),
    ),
    Known(
        name="cohere",
        title="Cohere",
        variables=("COHERE_API_KEY",),
        url="https://api.cohere.ai/compatibility/v1",
        dialects=("chat", "embeddings"),
        families=("command-*", "embed-*"),
    ),
    Known(
        name="groq",
        title="Groq",
        variables=("GROQ_API_KEY",),
        url="https://api.groq.com/openai/v1",
        dialects=("chat", "transcriptions", "speech"),
        families=("groq/compound", "groq/compound-mini", "llama-*", "whisper-large-v3*"),
    ),
    Known(
        name="cerebras",
        title="Cerebras",
        variables=("CEREBRAS_API_KEY",),
        url="https://api.cerebras.ai/v1",
        families=("llama*", "qwen-3-*"),
    ),
    Known(
        name="together",
        title="Together AI",
        variables=("TOGETHER_API_KEY",),
        url="https://api.together.xyz/v1",
        dialects=("chat", "embeddings", "images"),
        families=("meta-llama/*", "Qwen/*", "deepseek-ai/*", "mistralai/*", "togethercomputer/*"),
    ),
    Known(
        name="fireworks",
        title="Fireworks AI",
        variables=("FIREWORKS_API_KEY",),
        url="https://api.fireworks.ai/inference/v1",
        dialects=("chat", "embeddings"),
        families=("accounts/*",),
    ),
    Known(
        name="nvidia",
        title="NVIDIA NIM",
        variables=("NVIDIA_API_KEY",),
        url="https://integrate.api.nvidia.com/v1",
        families=(),
    ),
    Known(
        name="deepinfra",
        title="DeepInfra",
        variables=("DEEPINFRA_API_KEY",),
        url="https://api.deepinfra.com/v1/openai",
        dialects=("chat", "embeddings"),
        families=(),
    ),
    Known(
        name="sambanova",
        title="SambaNova",
        variables=("SAMBANOVA_API_KEY",),
        url="https://api.sambanova.ai/v1",
        families=(),
    ),
    Known(
        name="openrouter",
        title="OpenRouter",
        variables=("OPENROUTER_API_KEY",),
        url="https://openrouter.ai/api/v1",
        families=("openrouter/auto", "*/*"),
    ),
)
