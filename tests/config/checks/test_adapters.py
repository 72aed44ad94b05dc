"""Quirks and adapters that exist, with options that they can use."""

from __future__ import annotations

import re

import pytest

from tests.config.making import complaints, snapshot_of
from tests.repository import ROOT

URL = "api_base_url: 'https://x.example', api_key: k"


def provider(adapter: str, model: str = "") -> str:
    """A configuration whose one provider and its model have these adapters."""
    models = f", models: {{m: {{adapter: {model}}}}}" if model else ""
    return f"providers: {{p: {{{URL}, adapter: {adapter}{models}}}}}"


@pytest.mark.parametrize(
    "adapter", ["reasoning_content", "groq", "[vllm, suppress_developer_role]"]
)
def test_names_of_adapters_and_of_quirks_are_known(adapter: str) -> None:
    snapshot = snapshot_of(provider(adapter, adapter))
    assert not [warning for warning in snapshot.warnings if "adapter" in warning]


def test_a_name_that_nobody_knows_is_warned_of() -> None:
    warnings = snapshot_of(provider("[groq, deepsek]", "reasoning_contents")).warnings
    assert [warning for warning in warnings if "adapter" in warning] == [
        'providers.p.adapter.1: there is no adapter or quirk "deepsek"; did you mean "deepseek"?',
        'providers.p.models.m.adapter.0: there is no adapter or quirk "reasoning_contents"; '
        'did you mean "reasoning_content"?',
    ]


def test_options_that_cannot_be_used_are_told_with_their_place() -> None:
    override = "{name: model_override, options: {rules: [{model: m, rewriteTo: n}]}}"
    search = "{name: web_search_coercion, options: {target: bing}}"
    assert complaints(provider(f"[{override}]", search)) == [
        "providers.p.adapter.0.options.rules.0.conditions: needs at least one entry",
        'providers.p.models.m.adapter.0.options.target: "bing" is none of '
        "anthropic, google, openai, openrouter",
    ]


def test_a_quirk_has_no_options() -> None:
    assert complaints(provider("{name: groq, options: {a: 1}}")) == [
        'providers.p.adapter.0.options: the quirk "groq" has no options'
    ]


def test_what_takes_an_adapter_away_needs_no_options() -> None:
    assert complaints(provider("{name: model_override, enabled: false}")) == []


def test_the_examples_of_the_documentation_are_sound() -> None:
    text = (ROOT / "docs/configuration.md").read_text()
    section = text.partition("\n### `adapter`\n")[2].partition("\n## ")[0]
    at_provider, at_model = (
        snapshot_of(example) for example in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    )
    for snapshot in (at_provider, at_model):
        assert not [warning for warning in snapshot.warnings if "adapter" in warning]
        lab = snapshot.providers["lab"]
        assert [use.name for use in lab.adapters] == ["vllm", "suppress_developer_role"]
        assert set(lab.models) == {"qwen", "glm"}
    uses = at_model.providers["lab"].models["glm"].adapters
    assert [(use.name, use.enabled) for use in uses] == [
        ("suppress_developer_role", False),
        ("model_override", True),
    ]
