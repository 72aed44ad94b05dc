"""What is configured but not acted upon is said."""

import pytest

from plexus.addons.inactive import inactive_features
from plexus.config.snapshot import Alias, Provider, Snapshot
from tests.addons.factories import alias, key, provider, snapshot


def said(found: Snapshot) -> list[str]:
    ending = " is configured and checked, but has no effect in this version"
    sentences = inactive_features(found, {"in_order", "random"})
    assert all(sentence.endswith(ending) for sentence in sentences)
    return [sentence.removesuffix(ending) for sentence in sentences]


def test_a_plain_configuration_gives_no_cause() -> None:
    assert said(snapshot(alias("m", "acme/x"))) == []


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (alias("m", "acme/x", api_match=True), "priority: api_match"),
        (alias("m", "acme/x", enforce_limits=True), "enforce_limits"),
        (alias("m", "acme/x", use_image_fallthrough=True), "use_image_fallthrough"),
        (alias("m", "acme/x", advanced=({"behaviour": "x"},)), "advanced"),
        (
            alias("m", "acme/x", selector="latency"),
            "selector: latency (in_order is used instead)",
        ),
    ],
)
def test_features_of_aliases_are_named(one: Alias, what: str) -> None:
    assert said(snapshot(one)) == [what]


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (provider(max_concurrency=2), "maxConcurrency"),
        (provider(estimate_tokens=True), "estimateTokens"),
        (provider(oauth_provider="claude"), "oauth"),
    ],
)
def test_features_of_providers_are_named(one: Provider, what: str) -> None:
    assert said(snapshot(providers=(one,))) == [what]


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (snapshot(keys=(key(quotas=("small",)),)), "user_quotas"),
        (snapshot(default_quotas=("small",)), "user_quotas"),
        (snapshot(mcp_servers={"files": {}}), "mcp_servers"),
        (snapshot(sections={"stall": {"ttfbSeconds": 5}}), "stall"),
        (snapshot(sections={"compaction": {"enabled": True}}), "compaction"),
    ],
)
def test_sections_are_named(found: Snapshot, what: str) -> None:
    assert said(found) == [what]


@pytest.mark.parametrize(
    "section", [{}, {"enabled": False, "x": 1}, {"ttfbSeconds": None, "stallCooldown": False}]
)
def test_a_section_of_defaults_or_switched_off_gives_no_cause(section: dict[str, object]) -> None:
    assert said(snapshot(sections={"stall": section})) == []


def test_a_feature_used_often_is_named_once() -> None:
    many = [alias(name, "acme/x", selector="cost", api_match=True) for name in ("a", "b", "c")]
    assert said(snapshot(*many)) == [
        "selector: cost (in_order is used instead)",
        "priority: api_match",
    ]
