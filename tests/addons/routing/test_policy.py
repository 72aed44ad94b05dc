"""What a key may use."""

import pytest

from plexus.addons.routing.policy import (
    allows_model,
    allows_provider,
    model_denied,
    names_of,
    providers_denied,
    restricts_providers,
)
from plexus.transforms.errors import Kind
from tests.addons.factories import key


@pytest.mark.parametrize(
    ("allowed", "excluded", "may"),
    [
        (set(), set(), True),
        ({"m"}, set(), True),
        ({"other"}, set(), False),
        (set(), {"m"}, False),
        ({"m"}, {"m"}, False),
        ({"acme/fast"}, set(), False),  # a target's name is not the alias's
    ],
)
def test_exclusion_wins_and_an_empty_list_allows_all(
    allowed: set[str], excluded: set[str], may: bool
) -> None:
    who = key(allowed_models=frozenset(allowed), excluded_models=frozenset(excluded))
    assert allows_model(who, names_of("m", "m", ["acme/fast"])) is may


def test_a_call_goes_by_all_its_names() -> None:
    assert names_of("models/quick", "fast", ["acme/x"]) == {"models/quick", "quick", "fast"}


def test_a_direct_call_is_judged_by_provider_and_model() -> None:
    direct = names_of("direct/acme/fast", None, ["acme/fast"])
    assert allows_model(key(excluded_models=frozenset({"acme/fast"})), direct) is False
    assert allows_model(key(allowed_models=frozenset({"acme/fast"})), direct) is True


def test_provider_lists_are_exact() -> None:
    assert allows_provider(key(allowed_providers=frozenset({"acme"})), "acme") is True
    assert allows_provider(key(allowed_providers=frozenset({"acme"})), "Acme") is False
    assert allows_provider(key(excluded_providers=frozenset({"acme"})), "acme") is False


def test_a_refusal_names_the_key_and_the_model_never_the_secret() -> None:
    for error in (model_denied(key("app"), "m"), providers_denied(key("app"), "m")):
        assert (error.kind, error.code) == (Kind.FORBIDDEN, "access_denied")
        assert "'app'" in error.message and "'m'" in error.message
        assert "sk-" not in error.message


@pytest.mark.parametrize(
    ("lists", "restricted"),
    [
        ({}, False),
        ({"allowed_models": frozenset({"m"})}, False),
        ({"allowed_providers": frozenset({"a"})}, True),
        ({"excluded_providers": frozenset({"a"})}, True),
    ],
)
def test_a_key_with_a_list_of_providers_is_restricted(
    lists: dict[str, frozenset[str]], restricted: bool
) -> None:
    assert restricts_providers(key(**lists)) is restricted
