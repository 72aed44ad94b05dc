"""Which quirks apply where."""

import pytest

from plexus.addons.exchange import Target
from plexus.addons.upstream.quirks import known_of, known_quirks
from plexus.config.snapshot import Adapter, Model
from plexus.transforms.codec import Receipt, Traits
from tests.addons.factories import provider, target

LOCAL = "http://127.0.0.1:8000/v1"
OPENAI = {
    "official": True,
    "max_tokens_field": "max_completion_tokens",
    "developer_role": True,
    "inline_system": True,
}


def traits_of(where: Target, url: str, dialect: str = "chat") -> Traits:
    return known_of(where, url, dialect).traits


def named(where: Target, url: str = LOCAL, dialect: str = "chat") -> list[str]:
    return [quirk.name for quirk in known_of(where, url, dialect).quirks]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1",
        "https://api.openai.com:443/v1",
        "https://eu.api.openai.com/v1",
        "https://mine.openai.azure.com/openai/v1",
        "https://API.OpenAI.com/v1",
    ],
)
def test_a_quirk_applies_at_its_hosts_unasked(url: str) -> None:
    assert traits_of(target("acme/x"), url) == Traits(**OPENAI)


@pytest.mark.parametrize(
    "url",
    [
        "https://notapi.openai.com.evil.test/v1",
        "https://api.openai.com.test/v1",
        "https://my-api.openai.com/v1",
        "http://127.0.0.1:8000/api.openai.com",
        "http://user@host/v1?to=api.openai.com",
    ],
)
def test_a_quirk_does_not_apply_at_hosts_that_look_like_it(url: str) -> None:
    assert traits_of(target("acme/x"), url) == Traits()


def test_a_quirk_applies_to_the_dialects_it_knows() -> None:
    google = "https://generativelanguage.googleapis.com"
    assert named(target("acme/x"), google, "chat") == ["gemini_openai"]
    assert named(target("acme/x"), google, "gemini") == ["google"]
    assert named(target("acme/x"), google, "messages") == []


def test_a_quirk_applies_where_a_provider_or_model_names_it() -> None:
    by_provider = target("acme/x", provider=provider("acme", quirks=("openai",)))
    by_model = target("acme/x", model=Model(name="x", quirks=("openai",)))
    as_adapter = target("acme/x", model=Model(name="x", adapters=(Adapter(name="openai"),)))
    for where in (by_provider, by_model, as_adapter):
        assert traits_of(where, LOCAL) == Traits(**OPENAI)


def test_several_quirks_add_up_and_what_is_named_last_outranks_the_rest() -> None:
    both = target("acme/x", provider=provider("acme", quirks=("vllm", "deepseek")))
    assert named(both) == ["vllm", "deepseek"]
    assert traits_of(both, LOCAL).inline_system is False
    assert traits_of(both, LOCAL).reasoning_field == "reasoning_content"
    over_host = target("acme/x", provider=provider("acme", quirks=("deepseek",)))
    assert named(over_host, "https://openrouter.ai/api/v1") == ["openrouter", "deepseek"]


def test_a_quirk_that_is_not_enabled_is_taken_away_also_from_its_host() -> None:
    off = (Adapter(name="openai", enabled=False),)
    implied = target("acme/x", provider=provider("acme", adapters=off))
    assert traits_of(implied, "https://api.openai.com/v1") == Traits()
    by_model = target(
        "acme/x",
        provider=provider("acme", quirks=("openai",), adapters=(Adapter(name="openai"),)),
        model=Model(name="x", adapters=off),
    )
    assert named(by_model) == []
    again = target(
        "acme/x",
        provider=provider("acme", adapters=off),
        model=Model(name="x", adapters=(Adapter(name="openai"),)),
    )
    assert named(again) == ["openai"]


def test_the_models_own_name_decides_where_a_quirk_asks_for_it() -> None:
    url = "https://api.anthropic.com/v1"
    assert traits_of(target("a/claude-sonnet-4-5"), url, "messages").thinking == "budget"
    assert traits_of(target("a/claude-opus-4-6"), url, "messages").thinking == "adaptive"


def test_a_name_that_nobody_knows_changes_nothing() -> None:
    odd = target("acme/x", provider=provider("acme", quirks=("no-such-quirk",)))
    assert traits_of(odd, LOCAL) == Traits()


def test_quirks_bring_adapters_along() -> None:
    known = known_of(target("acme/x"), "https://openrouter.ai/api/v1", "messages")
    assert known.adapters == ("strip_unsupported_tool_search",)


def test_a_translated_body_is_mended_by_every_quirk() -> None:
    both = target("acme/x", provider=provider("acme", quirks=("groq", "mistral")))
    receipt = Receipt()
    body = known_of(both, LOCAL, "chat").mended({"seed": 1, "logit_bias": {}, "a": 1}, receipt)
    assert body == {"random_seed": 1, "a": 1}
    assert [note.path for note in receipt.notes] == ["logit_bias"]


def test_quirks_are_found_once() -> None:
    assert known_quirks() is known_quirks()
    assert all(quirk.name == name for name, quirk in known_quirks().items())
