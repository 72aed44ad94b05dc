"""Looking things up in a snapshot."""

from __future__ import annotations

import dataclasses

import pytest

from plexus.config.snapshot import hash_secret
from tests.config.making import PROVIDER, snapshot_of


def test_an_alias_is_found_by_its_own_name_first_and_then_by_additional_ones() -> None:
    text = f"{PROVIDER}models: {{a: {{targets: [], additional_aliases: [x]}}, b: {{targets: []}}}}"
    snapshot = snapshot_of(text)
    assert snapshot.alias("x") is snapshot.alias("a") is snapshot.aliases["a"]
    assert snapshot.alias("b") is snapshot.aliases["b"]
    assert snapshot.alias("A") is None


def test_a_key_is_found_by_its_secret() -> None:
    snapshot = snapshot_of("adminKey: boss\nkeys: {a: {secret: hush}}")
    assert snapshot.keys is not None
    assert snapshot.key("hush") is snapshot.keys["a"]
    assert snapshot.key("boss") is None
    assert len(hash_secret("\udcff")) == 16


def test_without_keys_no_secret_is_one() -> None:
    assert snapshot_of("{}").key("") is None


def test_providers_of_a_file_serve_no_models_by_name() -> None:
    assert snapshot_of(PROVIDER).by_name("p/m") is None


def test_secrets_are_never_shown() -> None:
    text = """
adminKey: hush
providers:
  p: {api_base_url: 'https://x.example', api_key: hush, api_keys: [hush2], headers: {A: hush}}
keys: {a: {secret: hush3}}
mcp_servers: {docs: {upstream_url: 'https://x/?key=hush', headers: {A: hush}}}
compaction: {headroom: {apiKey: hush}}
"""
    assert "hush" not in repr(snapshot_of(text))


def test_a_snapshot_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        snapshot_of("{}").timeout_s = 1.0  # type: ignore[misc]  # that it is refused is the point
