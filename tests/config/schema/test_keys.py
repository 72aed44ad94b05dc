"""The key section."""

from __future__ import annotations

import pytest

from plexus.config.schema.keys import key_name_problem
from tests.config.making import complaints


def complaints_about(section: str) -> list[str]:
    """Return what is wrong with a key of this content, without the path before it."""
    lines = complaints(f"adminKey: boss\nkeys: {{a: {{{section}}}}}")
    return [line.removeprefix("keys.a.") for line in lines]


def test_a_secret_is_required() -> None:
    assert complaints_about("comment: x") == ["secret: is required"]
    assert complaints_about("secret: ''") == ["secret: must not be empty"]


@pytest.mark.parametrize("secret", ["a:b", "' a'", '"a\\nb"'])
def test_a_secret_that_no_client_could_present_is_refused_and_not_repeated(secret: str) -> None:
    (said,) = complaints_about(f"secret: {secret}")
    assert said.startswith("secret: must not ")
    assert secret not in said


def test_a_sealed_secret_that_is_damaged_is_refused_and_not_repeated() -> None:
    (said,) = complaints_about("secret: 'enc:v1:x'")
    assert said.startswith("secret: a sealed value is damaged")
    assert "enc:v1:x" not in said


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("allowedIps: [10.0.0.1, x]", "allowedIps.1: must be an address"),
        ("expiresAt: -1", "expiresAt: must be at least 0"),
        ("expiresAt: soon", "expiresAt: must be a whole number"),
        ("expiresInMinutes: 5", "expiresInMinutes: can only be given when a key is created"),
        ("allowedModels: fast", "allowedModels: must be a list, not text"),
        ("allowRawPassthrough: 7", "allowRawPassthrough: must be true or false"),
    ],
)
def test_wrong_values_are_reported_where_they_stand(key: str, said: str) -> None:
    (complaint,) = complaints_about(f"secret: s, {key}")
    assert complaint.startswith(said)


def test_a_lifetime_of_nothing_is_none() -> None:
    assert complaints_about("secret: s, expiresInMinutes: null, expiresAt: null") == []


def test_names_with_a_star_or_of_nothing_are_refused() -> None:
    assert key_name_problem("my app") is None
    assert key_name_problem("*") is not None
    assert key_name_problem(" ") is not None
