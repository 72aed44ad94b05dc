"""The alias section."""

from __future__ import annotations

import pytest

from plexus.config.schema.aliases import AliasSection
from plexus.config.schema.section import Context
from tests.config.making import PROVIDER, complaints, snapshot_of

TARGETS = "targets: [{provider: p, model: m}]"


def complaints_about(section: str) -> list[str]:
    """Return what is wrong with an alias of this content, without the path before it."""
    lines = complaints(f"{PROVIDER}models: {{a: {{{section}}}}}")
    return [line.removeprefix("models.a.") for line in lines]


def test_an_alias_needs_targets_or_groups_but_not_both() -> None:
    assert complaints_about("selector: cost") == ["targets: is required"]
    group = "target_groups: [{name: g, targets: [{provider: p, model: n}]}]"
    assert complaints_about(f"{TARGETS}, {group}") == ["targets: stands beside target_groups"]
    assert complaints_about(group) == []
    assert complaints_about(f"targets: [], {group}") == []


def test_an_alias_without_targets_yet_is_allowed_and_warned_of() -> None:
    snapshot = snapshot_of(f"{PROVIDER}models: {{a: {{targets: []}}}}")
    assert "models.a: has no enabled target" in snapshot.warnings


def test_a_target_names_a_provider_s_model_or_an_alias() -> None:
    assert complaints_about(
        "targets: [{provider: p}, {model: m}, {}, {alias: b, model: m}, p/m]"
    ) == [
        "targets.0.model: is required",
        "targets.1.provider: is required",
        "targets.2.provider: is required",
        "targets.2.model: is required",
        "targets.3: names an alias and a provider's model",
        "targets.4: must be a mapping, not text",
    ]


def test_groups_have_distinct_names_and_known_selectors() -> None:
    groups = "target_groups: [{name: g}, {name: g}, {name: h, selector: best}]"
    assert complaints_about(groups) == ["target_groups.2.selector: is no selector"]
    assert complaints_about("target_groups: [{name: g}, {name: g}]") == [
        "target_groups.1.name: is the name of two groups"
    ]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("selector: fastest", "selector: is no selector"),
        ("priority: high", "priority: must be 'selector' or 'api_match'"),
        ("type: video", "type: is no model type"),
        ("preferred_api: [chat_completions, smtp]", "preferred_api.1: is no dialect"),
        ("sticky_session: perhaps", "sticky_session: must be true or false"),
        ("advanced: [{enabled: true}]", "advanced.0.type: is required"),
        ("extraBody: '[object Object]'", "extraBody: must be a mapping, not text"),
        (
            "metadata: {source: wiki}",
            "metadata.source: must be 'auto', 'disabled', 'openrouter', "
            "'models.dev', 'catwalk' or 'custom'",
        ),
        ("metadata: {source: custom}", "metadata.overrides.name: is required with source: custom"),
        ("additional_aliases: [x, y, x]", "additional_aliases.2: is listed twice"),
    ],
)
def test_wrong_values_are_reported_where_they_stand(key: str, said: str) -> None:
    assert complaints_about(f"{TARGETS}, {key}") == [said]


def test_a_missing_selector_is_random_and_other_selectors_may_be_made_known() -> None:
    assert AliasSection.model_validate({"targets": [], "selector": None}).selector == "random"
    known = Context(selectors=("mine",))
    made = AliasSection.model_validate({"targets": [], "selector": "mine"}, context=known)
    assert made.selector == "mine"


def test_custom_metadata_with_a_name_is_accepted() -> None:
    assert (
        complaints_about(f"{TARGETS}, metadata: {{source: custom, overrides: {{name: A}}}}") == []
    )
