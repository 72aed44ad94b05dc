"""Which quirks apply where."""

import pytest

from plexus.addons.upstream.quirks import known_quirks, traits_of
from plexus.config.snapshot import Model
from plexus.transforms.codec import Traits
from tests.addons.factories import provider, target

OPENAI = {"official": True, "max_tokens_field": "max_completion_tokens", "developer_role": True}


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


def test_a_quirk_applies_where_a_provider_or_model_names_it() -> None:
    by_provider = target("acme/x", provider=provider("acme", quirks=("openai",)))
    by_model = target("acme/x", model=Model(name="x", quirks=("openai",)))
    for named in (by_provider, by_model):
        assert traits_of(named, "http://127.0.0.1:8000/v1") == Traits(**OPENAI)


def test_several_quirks_add_up() -> None:
    both = target("acme/x", provider=provider("acme", quirks=("openai", "deepseek")))
    assert traits_of(both, "http://x.test") == Traits(**OPENAI, reasoning_field="reasoning_content")


def test_the_models_own_name_decides_where_a_quirk_asks_for_it() -> None:
    url = "https://api.anthropic.com/v1"
    assert traits_of(target("a/claude-3-opus-20240229"), url).thinking == "budget"
    assert traits_of(target("a/claude-opus-4-6"), url).thinking == "adaptive"


def test_a_name_that_nobody_knows_changes_nothing() -> None:
    odd = target("acme/x", provider=provider("acme", quirks=("no-such-quirk",)))
    assert traits_of(odd, "http://x.test") == Traits()


def test_quirks_are_found_once() -> None:
    assert known_quirks() is known_quirks()
    assert all(quirk.name == name for name, quirk in known_quirks().items())
