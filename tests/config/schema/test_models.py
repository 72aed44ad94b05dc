"""A provider's models."""

from __future__ import annotations

import pytest

from plexus.config.schema.models import ModelSection, as_model_type, read_adapters, read_dialects
from tests.config.making import complaints, provider_of, snapshot_of

BASE = "api_base_url: 'https://llm.example/v1', api_key: k"


def test_a_list_of_names_is_a_mapping_of_empty_models() -> None:
    listed = provider_of(f"{BASE}, models: [a/b, 4.10, 007, no, 'x:y z', a/b]")
    mapped = provider_of(f"{BASE}, models: {{a/b: , 4.10: , 007: , no: , 'x:y z': }}")
    assert list(listed.models) == ["a/b", "4.10", "007", "no", "x:y z"]
    assert listed.models == mapped.models


def test_models_may_be_missing_or_empty() -> None:
    assert provider_of(f"{BASE}, models: []").models == provider_of(BASE).models == {}


def test_a_list_of_something_else_is_refused() -> None:
    assert complaints(f"providers: {{p: {{{BASE}, models: [a, {{b: c}}, '']}}}}") == [
        "providers.p.models.1: must be a model's name, not a mapping",
        "providers.p.models.2: must be a model's name, not text",
    ]
    assert complaints(f"providers: {{p: {{{BASE}, models: a}}}}") == [
        "providers.p.models: must be a mapping, not text"
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("chat", "text"),
        ("Text", "text"),
        ("responses", "text"),
        ("images", "image"),
        ("image", "image"),
        ("embeddings", "embeddings"),
        ("speech", "speech"),
        ("transcriptions", "transcriptions"),
    ],
)
def test_model_types_have_several_names(name: str, kind: str) -> None:
    assert as_model_type(name) == kind


def test_an_unknown_model_type_is_answered_with_the_known_ones() -> None:
    text = f"providers: {{p: {{{BASE}, models: {{m: {{type: embedding}}}}}}}}"
    assert complaints(text) == ["providers.p.models.m.type: is no model type"]
    assert complaints(text.replace("embedding", "3")) == [
        "providers.p.models.m.type: is no model type"
    ]


def test_dialects_are_named_alone_in_a_list_or_with_a_subtype() -> None:
    assert read_dialects("OpenAI") == ["chat"]
    pairs: object = ["chat", {"type": "responses", "subtype": "lite"}, {"type": "Claude"}, "chat"]
    assert read_dialects(pairs) == ["chat", "responses:lite", "messages"]


def test_an_unknown_dialect_is_reported_where_it_stands() -> None:
    text = f"providers: {{p: {{{BASE}, models: {{m: {{access_via: [chat, smtp, 3]}}}}}}}}"
    assert complaints(text) == [
        "providers.p.models.m.access_via.1: is no dialect",
        "providers.p.models.m.access_via.2: must be the name of a dialect, not a number",
    ]


def test_adapters_are_a_name_a_list_of_names_or_of_mappings() -> None:
    assert read_adapters("a") == [{"name": "a"}]
    assert read_adapters(["a", {"name": "b"}]) == [{"name": "a"}, {"name": "b"}]
    assert read_adapters({"name": "b"}) == [{"name": "b"}]


def test_quirks_is_another_name_of_adapter() -> None:
    assert ModelSection.model_validate({"quirks": "a"}) == ModelSection.model_validate(
        {"adapter": ["a"]}
    )


def test_strange_keys_of_a_model_are_kept_and_warned_of() -> None:
    snapshot = snapshot_of(f"providers: {{p: {{{BASE}, models: {{m: {{zone: eu}}}}}}}}")
    assert "providers.p.models.m.zone: is not a known key" in snapshot.warnings
    assert snapshot.providers["p"].raw["models"] == {
        "m": {"type": "text", "access_via": [], "extraBody": {}, "adapter": [], "zone": "eu"}
    }
