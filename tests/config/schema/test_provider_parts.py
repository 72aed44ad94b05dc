"""The sections inside a provider."""

from __future__ import annotations

from tests.config.making import complaints, provider_of

BASE = "api_base_url: 'https://llm.example/v1', api_key: k"


def complaints_about(section: str) -> list[str]:
    """Return what is wrong with a provider of this content, without the path before it."""
    lines = complaints(f"providers: {{p: {{{BASE}, {section}}}}}")
    return [line.removeprefix("providers.p.") for line in lines]


def test_a_quota_checker_has_defaults() -> None:
    raw = provider_of(f"{BASE}, quota_checker: {{type: naga}}").raw
    assert raw["quota_checker"] == {
        "type": "naga",
        "enabled": True,
        "intervalMinutes": 30.0,
        "options": {},
    }


def test_a_quota_checker_needs_a_type_and_minutes_between_runs() -> None:
    assert complaints_about("quota_checker: {intervalMinutes: 0}") == [
        "quota_checker.type: is required",
        "quota_checker.intervalMinutes: must be at least 1",
    ]


def test_refreshing_models_and_raw_pass_through_are_off_by_default() -> None:
    raw = provider_of(BASE).raw
    assert raw["model_autosync"] == {"enabled": False, "intervalMinutes": 60.0}
    assert raw["raw_passthrough"] == {"enabled": False, "auth": "bearer"}


def test_raw_pass_through_needs_a_plain_address() -> None:
    good = "raw_passthrough: {enabled: true, base_url: 'https://llm.example'}"
    assert complaints_about(good) == []
    assert complaints_about("raw_passthrough: {enabled: true}") == [
        "raw_passthrough.base_url: is required"
    ]
    for url in ("https://llm.example?x=1", "https://llm.example/#a", "ftp://x"):
        assert complaints_about(f"raw_passthrough: {{base_url: '{url}'}}") == [
            "raw_passthrough.base_url: must be an http(s) URL without ?query and #fragment"
        ]
    assert complaints_about("raw_passthrough: {auth: digest}") == [
        "raw_passthrough.auth: must be 'bearer', 'x-api-key' or 'x-goog-api-key'"
    ]


def test_raw_pass_through_needs_a_plain_name_and_no_login() -> None:
    raw = "raw_passthrough: {enabled: true, base_url: 'https://llm.example'}"
    assert complaints(f"providers: {{'My/P': {{{BASE}, {raw}}}}}") == [
        "providers.My/P.raw_passthrough: needs a provider name of a-z, 0-9, ., _ and - (63 at most)"
    ]
    assert complaints(f"providers: {{anthropic: {{api_base_url: 'oauth://', {raw}}}}}") == [
        "providers.anthropic.raw_passthrough: is not possible with an oauth:// URL"
    ]
