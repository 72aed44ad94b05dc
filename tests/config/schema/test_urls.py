"""`api_base_url`."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from plexus.config.schema.urls import Urls, all_urls, has_oauth


def read(value: object) -> str | dict[str, str]:
    """Return what `api_base_url` with this value means."""
    urls: str | dict[str, str] = TypeAdapter(Urls).validate_python(value)
    return urls


def complaints(value: object) -> list[str]:
    """Return what is wrong with this value."""
    with pytest.raises(ValidationError) as caught:
        read(value)
    return [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in caught.value.errors()]


def test_one_url_stays_as_it_is_written() -> None:
    assert read(" https://a.example/v1/ ") == "https://a.example/v1/"


def test_urls_by_dialect_get_canonical_names_and_lose_empty_ones() -> None:
    written = {"OpenAI": "https://a", "messages": "", "image": "https://i", "gemini": None}
    assert read(written | {"default": "https://d", "oauth": "oauth://x"}) == {
        "chat": "https://a",
        "images": "https://i",
        "default": "https://d",
        "oauth": "oauth://x",
    }


def test_what_is_no_url_is_refused() -> None:
    assert complaints("") == [": must not be empty"]
    assert complaints("not a url")[0].startswith(": must be a URL")
    assert complaints(3) == [": must be a URL or a mapping, not a number"]
    assert complaints({"chat": "", "messages": None}) == [": names no URL"]


def test_every_wrong_entry_of_a_mapping_is_reported() -> None:
    written = {"chat": "x", "smtp": "https://a", "messages": ["b"], "openai": "https://c"}
    assert complaints(written) == [
        "chat: must be a URL that begins with https://, http:// or oauth://",
        "smtp: is no dialect",
        "messages: must be a URL, not a list",
        "openai: is the same dialect as another key (chat)",
    ]


def test_all_urls_of_either_form_are_listed() -> None:
    assert all_urls("https://a") == ("https://a",)
    assert all_urls({"chat": "https://a", "gemini": "https://b"}) == ("https://a", "https://b")
    assert has_oauth({"chat": "https://a", "oauth": "oauth://x"})
    assert not has_oauth("https://a")
