"""Sealed values in a configuration."""

from pathlib import Path

import pytest

from plexus.certs.sealer import Sealer
from plexus.config.environment import read_environment
from plexus.config.load import ConfigError, load
from plexus.config.snapshot import Snapshot
from plexus.config.unseal import unseal

KEY = "a password"
SEALER = Sealer.of(KEY)


def loaded(tmp_path: Path, api_key: str, **env: str) -> Snapshot:
    path = tmp_path / "plexus.yaml"
    path.write_text(
        "providers:\n"
        f"  acme: {{api_base_url: 'https://llm.example/v1', api_key: '{api_key}', models: [m]}}\n"
    )
    return load(path, read_environment(env), env)


def test_a_sealed_value_is_opened_wherever_it_stands() -> None:
    tree, problems = unseal(
        {"a": [{"b": SEALER.seal("one")}, 1, None], "c": SEALER.seal("zwei"), "d": "plain"},
        lambda: SEALER,
    )
    assert tree == {"a": [{"b": "one"}, 1, None], "c": "zwei", "d": "plain"}
    assert problems == ()


def test_without_sealed_values_no_key_is_derived() -> None:
    def fail() -> Sealer:
        raise AssertionError("nothing is sealed")

    assert unseal({"a": "plain"}, fail) == ({"a": "plain"}, ())


def test_a_providers_key_may_be_sealed(tmp_path: Path) -> None:
    snapshot = loaded(tmp_path, SEALER.seal("sk-secret"), ENCRYPTION_KEY=KEY)
    assert snapshot.providers["acme"].api_key == "sk-secret"


def test_a_reference_may_stand_for_a_sealed_value(tmp_path: Path) -> None:
    env = {"ENCRYPTION_KEY": KEY, "ACME": SEALER.seal("sk-secret")}
    assert loaded(tmp_path, "${ACME}", **env).providers["acme"].api_key == "sk-secret"


def test_without_the_key_the_place_is_named_and_no_value(tmp_path: Path) -> None:
    sealed = SEALER.seal("sk-secret")
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, sealed)
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == ("providers.acme.api_key", 2)
    assert problem.message == "a value is encrypted, but ENCRYPTION_KEY is not set"
    assert sealed[7:] not in str(caught.value)


def test_another_key_is_said_to_be_another(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"another ENCRYPTION_KEY.*plexus encrypt"):
        loaded(tmp_path, SEALER.seal("sk-secret"), ENCRYPTION_KEY="b")
