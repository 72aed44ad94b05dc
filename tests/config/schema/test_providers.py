"""The provider section."""

from __future__ import annotations

import pytest

from tests.config.making import complaints, problems_in, provider_of

URL = "api_base_url: 'https://llm.example/v1'"


def complaints_about(section: str) -> list[str]:
    """Return what is wrong with a provider of this content, without the path before it."""
    return [
        line.removeprefix("providers.p.") for line in complaints(f"providers: {{p: {{{section}}}}}")
    ]


def test_a_url_and_a_key_are_required_and_both_are_missed_at_once() -> None:
    assert complaints("providers: {p: }") == [
        "providers.p.api_base_url: is required",
        "providers.p.api_key: is required",
    ]
    assert complaints("providers: {p: {api_base_url: x}}") == [
        "providers.p.api_key: is required",
        "providers.p.api_base_url: must be a URL that begins with https://, http:// or oauth://",
    ]


@pytest.mark.parametrize("key", ["api_key: none", "api_key: ''", "api_keys: [a]", "api_key: 007"])
def test_a_key_may_be_given_in_several_ways(key: str) -> None:
    assert complaints_about(f"{URL}, {key}") == []


def test_the_built_in_demo_needs_no_key() -> None:
    assert complaints_about("api_base_url: 'embedded://demo'") == []


@pytest.mark.parametrize(
    "key",
    [
        "stallTtfbMs: 4999",
        "stallTtfbMs: 120001",
        "stallTtfbBytes: 49",
        "stallMinBps: 5001",
        "stallWindowMs: 2999",
        "stallGracePeriodMs: -1",
        "timeoutMs: 0",
        "maxConcurrency: 0",
        "discount: 1.5",
        "timeoutMs: true",
        "enabled: maybe",
        "api_keys: ['']",
    ],
)
def test_values_out_of_range_are_refused(key: str) -> None:
    (said,) = complaints_about(f"{URL}, api_key: k, {key}")
    assert said.startswith(key.partition(":")[0])


def test_values_within_range_are_kept_and_nothing_means_something_of_its_own() -> None:
    raw = provider_of(f"{URL}, api_key: k, stallTtfbMs: 5000, stallMinBps: null").raw
    assert raw["stallTtfbMs"] == 5000
    assert raw["stallMinBps"] is None
    assert "stallWindowMs" not in raw


def test_either_spelling_of_gemini_thinking_is_read_and_the_first_is_written() -> None:
    for key in ("geminiThinkingEnabled", "gemini_thinking_enabled"):
        raw = provider_of(f"{URL}, api_key: k, {key}: true").raw
        assert raw["geminiThinkingEnabled"] is True
        assert "gemini_thinking_enabled" not in raw


def test_headers_that_cannot_be_sent_are_refused() -> None:
    text = f'{URL}, api_key: k, headers: {{A: "x\\ny", "b c": d, E-f: 7, G: [1]}}'
    assert complaints_about(text) == [
        "headers.A: holds a line break or is not a header's name",
        'headers."b c": holds a line break or is not a header\'s name',
    ]
    assert complaints_about(f"{URL}, api_key: k, headers: {{G: [1]}}") == [
        "headers.G: must be text, not a list"
    ]


def test_a_login_takes_its_provider_from_the_name_or_needs_one() -> None:
    assert complaints("providers: {github-copilot: {api_base_url: 'oauth://'}}") == []
    assert complaints_about("api_base_url: 'oauth://x'") == [
        "oauth_provider: is required with an oauth:// URL"
    ]
    (problem,) = problems_in("providers: {p: {api_base_url: 'oauth://x', oauth_provider: zzz}}")
    assert problem.message == "is no OAuth provider"
    for name in ("anthropic", "openai-codex", "github-copilot", "google-gemini-cli"):
        assert name in problem.remedy
    assert "google-antigravity" in problem.remedy


def test_a_login_of_codex_or_claude_can_be_asked_by_one_checker_only() -> None:
    for login, checker in (("openai-codex", "openai-codex"), ("anthropic", "claude-code")):
        text = f"providers: {{{login}: {{api_base_url: 'oauth://', quota_checker: {{type: X}}}}}}"
        assert complaints(text) == [
            f"providers.{login}.quota_checker.type: cannot check a login of {login}"
        ]
        assert complaints(text.replace("X", checker)) == []
