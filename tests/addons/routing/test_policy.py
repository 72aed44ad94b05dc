"""What a key may use."""

import pytest

from plexus.addons.routing.policy import allows_model, allows_provider
from tests.addons.factories import key, plan, target


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
    assert allows_model(who, plan(target())) is may


def test_a_direct_call_is_judged_by_provider_and_model() -> None:
    direct = plan(target("acme/fast"), requested="direct/acme/fast", canonical=None)
    assert allows_model(key(excluded_models=frozenset({"acme/fast"})), direct) is False
    assert allows_model(key(allowed_models=frozenset({"acme/fast"})), direct) is True


def test_provider_lists_are_exact() -> None:
    assert allows_provider(key(allowed_providers=frozenset({"acme"})), "acme") is True
    assert allows_provider(key(allowed_providers=frozenset({"acme"})), "Acme") is False
    assert allows_provider(key(excluded_providers=frozenset({"acme"})), "acme") is False
