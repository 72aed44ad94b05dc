"""Rules among aliases."""

from __future__ import annotations

from plexus.config.checks.aliases import canonical_names
from plexus.config.schema.aliases import AliasSection
from tests.config.making import PROVIDER, complaints, snapshot_of


def complaints_about(models: str) -> list[str]:
    """Return what is wrong with aliases of this content, in flow style."""
    return complaints(f"{PROVIDER}models: {{{models}}}")


def warnings_about(models: str, providers: str = PROVIDER) -> list[str]:
    """Return the warnings about aliases of this content, in flow style."""
    warnings = snapshot_of(f"{providers}models: {{{models}}}").warnings
    return [warning for warning in warnings if warning.startswith("models")]


def test_a_target_twice_within_an_alias_is_refused_even_across_groups_and_spellings() -> None:
    assert complaints_about(
        "a: {targets: [{provider: p, model: 1}, {provider: p, model: '1'}]}"
    ) == ["models.a.targets.1: leads where models.a.targets.0 leads"]
    groups = (
        "a: {target_groups: [{name: g, targets: [{provider: p, model: m}]}, "
        "{name: h, targets: [{provider: p, model: m, enabled: false}]}]}"
    )
    assert complaints_about(groups) == [
        "models.a.target_groups.1.targets.0: leads where models.a.target_groups.0.targets.0 leads"
    ]


def test_an_additional_name_must_be_new() -> None:
    target = "targets: [{provider: p, model: m}]"
    assert complaints_about(
        f"a: {{{target}, additional_aliases: [b, x, a]}}, b: {{{target}, additional_aliases: [x]}}"
    ) == [
        'models.a.additional_aliases.0: "b" is already a name of models.b',
        'models.a.additional_aliases.2: "a" is already a name of models.a',
        'models.b.additional_aliases.0: "x" is already a name of models.a',
    ]


def test_circles_are_refused_with_the_way_spelled_out() -> None:
    assert complaints_about(
        "a: {targets: [{alias: b}]}, b: {targets: [{alias: c}], additional_aliases: [bee]}, "
        "c: {targets: [{provider: p, model: m}, {alias: bee}]}, d: {targets: [{alias: d}]}"
    ) == [
        "models.b: the aliases lead in a circle: b -> c -> b",
        "models.d: the aliases lead in a circle: d -> d",
    ]


def test_two_ways_to_one_alias_and_disabled_references_are_no_circle() -> None:
    assert (
        complaints_about(
            "a: {targets: [{alias: b}, {alias: c}]}, b: {targets: [{alias: d}]}, "
            "c: {targets: [{alias: d}]}, "
            "d: {targets: [{provider: p, model: m}, {alias: a, enabled: false}]}"
        )
        == []
    )


def test_a_chain_as_long_as_the_file_is_followed() -> None:
    chain = ", ".join(f"a{n}: {{targets: [{{alias: a{n + 1}}}]}}" for n in range(1500))
    assert complaints_about(f"{chain}, a1500: {{targets: [{{provider: p, model: m}}]}}") == []


def test_places_that_do_not_exist_are_warned_of_with_a_guess() -> None:
    assert warnings_about(
        "fast: {targets: [{provider: q, model: m}, {alias: fats}, {alias: weather}]}"
    ) == [
        'models.fast.targets.0: there is no provider "q"; it is skipped',
        'models.fast.targets.1: there is no alias "fats"; it is skipped',
        'models.fast.targets.2: there is no alias "weather"; it is skipped',
    ]
    assert warnings_about(
        "a: {targets: [{alias: smartt}]}, smart: {targets: [{alias: a, enabled: false}]}"
    ) == [
        'models.a.targets.0: there is no alias "smartt" (did you mean "smart"?); it is skipped',
        "models.smart: has no enabled target",
    ]


def test_an_alias_whose_providers_are_all_disabled_is_warned_of() -> None:
    providers = PROVIDER.replace("api_key: k", "api_key: k, enabled: false")
    assert warnings_about("a: {targets: [{provider: p, model: m}]}", providers) == [
        "models.a: has no enabled target"
    ]


def test_an_alias_s_own_name_beats_another_s_additional_one() -> None:
    one = AliasSection.model_validate({"targets": [], "additional_aliases": ["b", "x"]})
    two = AliasSection.model_validate({"targets": []})
    assert canonical_names({"a": one, "b": two}) == {"a": "a", "b": "b", "x": "a"}
