"""What is configured but not acted upon is said."""

import pytest

from plexus.addons.inactive import inactive_features
from plexus.config.snapshot import Alias, Provider, Snapshot
from tests.addons.factories import alias, provider, snapshot


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
        (alias("m", "acme/x", use_image_fallthrough=True), "use_image_fallthrough"),
        (alias("m", "acme/x", advanced=({"behaviour": "x"},)), "advanced"),
        (
            alias("m", "acme/x", selector="quota"),
            "selector: quota (in_order is used instead)",
        ),
    ],
)
def test_features_of_aliases_are_named(one: Alias, what: str) -> None:
    assert said(snapshot(one)) == [what]


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (provider(oauth_provider="claude"), "oauth"),
    ],
)
def test_features_of_providers_are_named(one: Provider, what: str) -> None:
    assert said(snapshot(providers=(one,))) == [what]


@pytest.mark.parametrize(
    ("found", "what"),
    [
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
    unseen = {"selector": "quota", "use_image_fallthrough": True}
    many = [alias(name, "acme/x", **unseen) for name in ("a", "b", "c")]
    assert said(snapshot(*many)) == [
        "selector: quota (in_order is used instead)",
        "use_image_fallthrough",
    ]


def test_what_the_planner_does_is_not_named() -> None:
    one = alias("m", "acme/x", selector="in_order", api_match=True, enforce_limits=True)
    assert said(snapshot(one, providers=(provider(max_concurrency=2),))) == []
