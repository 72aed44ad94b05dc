"""No configuration at all."""

from __future__ import annotations

from pathlib import Path

from plexus.config.environment import read_environment
from plexus.config.snapshot import Snapshot
from plexus.config.zero_config import from_environment


def found_in(**env: str) -> Snapshot:
    """Return what Plexus makes of the environment `env` alone."""
    return from_environment(read_environment(env), env, Path("config"))


def test_without_a_file_providers_are_found_in_the_environment() -> None:
    snapshot = found_in(OPENROUTER_API_KEY="o", OPENAI_API_KEY="k", GROQ_API_KEY="g")
    assert list(snapshot.providers) == ["openai", "groq", "openrouter", "demo"]
    assert snapshot.source == "environment (openai, groq, openrouter)"
    assert snapshot.keys is None
    assert snapshot.intercept.mode == "observe"
    assert snapshot.timeout_s == 300.0

    def served(model: str) -> tuple[str, str] | None:
        found = snapshot.by_name(model)
        return None if found is None else (found[0].name, found[1])

    assert served("gpt-5.4") == ("openai", "gpt-5.4")
    assert served("o3-mini") == ("openai", "o3-mini")
    assert served("openai/gpt-5.4") == ("openai", "gpt-5.4")
    assert served("groq/llama-3.3-70b-versatile") == ("groq", "llama-3.3-70b-versatile")
    assert served("openrouter/anthropic/claude-sonnet-4") == (
        "openrouter",
        "anthropic/claude-sonnet-4",
    )
    assert served("anthropic/claude-sonnet-4") == ("openrouter", "anthropic/claude-sonnet-4")
    assert served("claude-sonnet-4-5") is None


def test_without_a_file_there_is_a_demo() -> None:
    snapshot = found_in()
    alias = snapshot.alias("demo")
    assert alias is not None
    (target,) = alias.groups[0].targets
    assert (target.provider, target.model) == ("demo", "demo")
    demo = snapshot.providers["demo"]
    assert demo.urls == {"chat": "embedded://demo"}
    assert demo.api_key is None
    assert snapshot.warnings == (
        "there is no configuration file and no provider's key in the environment: demo only",
        "keys: there is no such section, so whoever reaches the port may call",
        "adminKey: is not set (nor is ADMIN_KEY), so management and dashboard are refused",
    )


def test_without_a_file_the_environment_s_admin_key_counts_and_its_own_url_is_told_of() -> None:
    env = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://localhost:4000/v1"}
    snapshot = found_in(ADMIN_KEY="boss", **env)
    assert snapshot.admin_key == "boss"
    assert snapshot.warnings == (
        "OPENAI_BASE_URL: leads to this gateway itself and is not used",
        "keys: there is no such section, so whoever reaches the port may call",
    )
    assert found_in(**env).version != found_in(OPENAI_API_KEY="other").version
