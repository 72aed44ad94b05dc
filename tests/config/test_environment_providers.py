"""What is found with no configuration at all."""

from __future__ import annotations

import pytest

from plexus.config.environment import Environment
from plexus.config.environment_providers import (
    demo_alias,
    demo_provider,
    ignored_urls,
    providers_from,
)
from plexus.config.known_providers import KNOWN
from plexus.config.problems import ConfigError

OWN = Environment(host="10.0.0.5", port=4000)


def urls(name: str, **env: str) -> object:
    """Return the URLs by dialect of a provider that is found in `env`."""
    return providers_from(env, OWN)[name].section.api_base_url


def test_providers_are_found_by_their_keys_in_the_table_s_order() -> None:
    env = {known.variables[-1]: f" key-{known.name} " for known in reversed(KNOWN)}
    found = providers_from(env, OWN)
    assert list(found) == [known.name for known in KNOWN]
    assert {name: entry.section.api_key for name, entry in found.items()} == {
        known.name: f"key-{known.name}" for known in KNOWN
    }


def test_blank_keys_are_no_keys() -> None:
    assert providers_from({"OPENAI_API_KEY": " ", "GEMINI_API_KEY": ""}, OWN) == {}


def test_the_first_of_two_variables_wins() -> None:
    env = {"GOOGLE_API_KEY": "b", "GEMINI_API_KEY": "a"}
    assert providers_from(env, OWN)["gemini"].section.api_key == "a"


def test_a_base_url_of_the_vendor_s_own_sdk_is_honoured() -> None:
    assert urls("openai", OPENAI_API_KEY="k", OPENAI_BASE_URL="http://localhost:11434/v1/") == {
        "chat": "http://localhost:11434/v1"
    }
    assert urls("anthropic", ANTHROPIC_API_KEY="k", ANTHROPIC_BASE_URL="https://llm.example") == {
        "messages": "https://llm.example/v1"
    }
    assert urls("anthropic", ANTHROPIC_API_KEY="k", ANTHROPIC_BASE_URL="https://a.example/v1/") == {
        "messages": "https://a.example/v1"
    }


def test_the_vendor_s_own_host_keeps_all_its_dialects() -> None:
    default = urls("openai", OPENAI_API_KEY="k")
    assert (
        urls("openai", OPENAI_API_KEY="k", OPENAI_BASE_URL="https://api.openai.com/v1") == default
    )


def test_somebody_else_s_server_is_asked_for_any_name() -> None:
    env = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "https://llm.example/v1"}
    assert providers_from(env, OWN)["openai"].serves[-1] == "*"
    assert "*" not in providers_from({"OPENAI_API_KEY": "k"}, OWN)["openai"].serves


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "10.0.0.5"])
def test_a_base_url_that_leads_back_to_plexus_is_not_used(host: str) -> None:
    env = {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": f"http://{host}:4000/v1"}
    assert providers_from(env, OWN) == providers_from({"OPENAI_API_KEY": "k"}, OWN)
    assert ignored_urls(env, OWN) == ("OPENAI_BASE_URL",)


def test_a_base_url_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="OPENAI_BASE_URL: must be a URL"):
        providers_from({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "nonsense"}, OWN)


def test_the_demo_is_labelled_and_needs_no_key() -> None:
    provider, alias = demo_provider(), demo_alias()
    assert provider.api_base_url == "embedded://demo"
    assert provider.display_name == "Demo (built in, not a real model)"
    assert provider.api_key is None
    assert alias.plain()["targets"] == [{"provider": "demo", "model": "demo", "enabled": True}]
