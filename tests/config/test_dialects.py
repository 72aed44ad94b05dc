"""Dialects by name and by URL."""

from __future__ import annotations

import pytest

from plexus.config.dialects import (
    accepted_names,
    base_url,
    canonical,
    infer,
    is_oauth,
    provider_dialects,
    trim,
    url_problem,
)
from plexus.config.snapshot import Model, Provider


def test_every_accepted_name_means_a_dialect_in_any_case() -> None:
    assert all(canonical(name.upper()) is not None for name in accepted_names())
    assert (canonical("OpenAI"), canonical("Anthropic"), canonical("Google")) == (
        "chat",
        "messages",
        "gemini",
    )
    assert canonical("smtp") is None


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        ("https://api.anthropic.com/v1", "messages"),
        ("https://generativelanguage.googleapis.com", "gemini"),
        ("https://generativelanguage.googleapis.com/v1beta/openai/", "chat"),
        ("https://api.groq.com/openai/v1", "chat"),
        ("http://localhost:11434", "chat"),
        ("https://proxy.example/anthropic.com", "chat"),
    ],
)
def test_a_plain_url_tells_its_dialect(url: str, dialect: str) -> None:
    assert infer(url) == dialect


@pytest.mark.parametrize(
    ("url", "dialect", "trimmed"),
    [
        ("https://x.example/v1/", "chat", "https://x.example/v1"),
        ("https://x.example//", "chat", "https://x.example"),
        ("https://g.example/v1beta/", "gemini", "https://g.example"),
        ("https://g.example/v1beta1", "gemini", "https://g.example"),
        ("https://g.example/v1", "gemini", "https://g.example/v1"),
        (
            "https://generativelanguage.googleapis.com/v1beta",
            "embeddings",
            "https://generativelanguage.googleapis.com",
        ),
        ("https://x.example/v1beta", "chat", "https://x.example/v1beta"),
        ("https://api.openai.com", "chat", "https://api.openai.com/v1"),
        ("https://eu.api.openai.com/", "responses", "https://eu.api.openai.com/v1"),
        ("https://api.anthropic.com", "messages", "https://api.anthropic.com/v1"),
        ("https://api.anthropic.com/v1", "messages", "https://api.anthropic.com/v1"),
        ("https://other.example", "chat", "https://other.example"),
        ("oauth://anthropic/", "messages", "oauth://anthropic/"),
        ("embedded://demo", "chat", "embedded://demo"),
    ],
)
def test_base_urls_are_trimmed_to_what_requests_need(url: str, dialect: str, trimmed: str) -> None:
    assert trim(url, dialect) == trimmed


@pytest.mark.parametrize(
    "url", ["https://a.example/v1", "http://[::1]:8080", "oauth://x", "embedded://demo"]
)
def test_usable_urls_are_accepted(url: str) -> None:
    assert url_problem(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "not a url",
        "ftp://a",
        "https://",
        "https://a b/c",
        "https://a?x=1",
        "https://a#f",
        "https://a:port/",
        "embedded://other",
        "https://[::1",
    ],
)
def test_other_urls_are_refused_with_a_reason(url: str) -> None:
    assert url_problem(url) is not None


def test_a_login_is_told_from_an_address() -> None:
    assert is_oauth("oauth://anthropic")
    assert not is_oauth("https://oauth.example")


def test_a_model_s_own_dialects_beat_its_provider_s() -> None:
    provider = Provider(name="p", urls={"chat": "https://c", "messages": "https://m"})
    assert provider_dialects(provider) == ("chat", "messages")
    assert provider_dialects(provider, Model(name="m")) == ("chat", "messages")
    assert provider_dialects(provider, Model(name="m", access_via=("messages",))) == ("messages",)


@pytest.mark.parametrize(
    ("dialect", "url"),
    [
        ("messages", "https://m"),
        ("responses:lite", "https://lite"),
        ("responses", "https://chat"),
        ("chat:odd", "https://chat"),
        ("embeddings", "https://chat"),
        ("completions", "https://chat"),
    ],
)
def test_a_base_url_is_chosen_from_the_most_fitting_to_the_first(dialect: str, url: str) -> None:
    urls = {"chat": "https://chat", "messages": "https://m", "responses:lite": "https://lite"}
    assert base_url(Provider(name="p", urls=urls), dialect) == url


def test_stand_ins_come_before_the_first_url() -> None:
    provider = Provider(name="p", urls={"messages": "https://m", "gemini": "https://g"})
    assert base_url(provider, "embeddings") == "https://g"
    assert base_url(provider, "ollama") == "https://m"


def test_the_default_comes_before_stand_ins_and_is_trimmed_for_the_dialect() -> None:
    provider = Provider(
        name="p", urls={"chat": "https://c"}, default_url="https://d.example/v1beta/"
    )
    assert base_url(provider, "embeddings") == "https://d.example/v1beta"
    assert base_url(provider, "gemini") == "https://d.example"


def test_a_provider_without_urls_has_no_base_url() -> None:
    assert base_url(Provider(name="p", urls={}), "chat") is None
