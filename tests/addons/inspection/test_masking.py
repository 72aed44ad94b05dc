"""Nothing secret is left by masking, and nothing else is touched."""

import pytest

from plexus.addons.inspection.masking import (
    masked,
    masked_headers,
    masked_json,
    masked_text,
    masked_url,
    without_torn,
)

SECRETS = frozenset({"sk-secret-1", "sk-secret-1-longer"})


def test_secrets_are_replaced_in_bytes_and_text_the_longer_first() -> None:
    assert masked(b"a sk-secret-1-longer b sk-secret-1 c", SECRETS) == b"a *** b *** c"
    assert masked_text("a sk-secret-1-longer b", SECRETS) == "a *** b"
    assert masked_text("nothing here", SECRETS) == "nothing here"


def test_a_secret_of_bytes_that_are_no_text_is_found_too() -> None:
    secret = b"caf\xe9-secret".decode(errors="surrogateescape")
    assert masked(b"it is caf\xe9-secret.", {secret}) == b"it is ***."
    assert without_torn(b"it is caf\xe9-se", {secret}) == b"it is "


def test_a_secret_that_looks_like_json_does_not_break_json() -> None:
    value = {"a": ["x sk-secret-1 y", 1, None], 'b", "c': {"sk-secret-1": True}}
    assert masked_json(value, {*SECRETS, '", "c'}) == {
        "a": ["x *** y", 1, None],
        "b***": {"***": True},
    }


def test_the_beginning_of_a_secret_at_the_end_of_what_was_cut_is_taken_off() -> None:
    assert without_torn(b"key: sk-secret-1-lon", SECRETS) == b"key: "
    assert without_torn(b"key: s", SECRETS) == b"key: "
    assert without_torn(b"key: ", SECRETS) == b"key: "


def test_headers_that_sound_secret_lose_their_values_and_others_only_secrets() -> None:
    headers = [
        ("Authorization", "Bearer x"),
        ("X-Api-Key", "y"),
        ("Set-Cookie", "a=b"),
        ("Set-Cookie", "c=d"),
        ("x-amz-security-token", "z"),
        ("x-note", "for sk-secret-1"),
        ("content-type", "application/json"),
    ]
    assert masked_headers(headers, SECRETS) == [
        ("Authorization", "***"),
        ("X-Api-Key", "***"),
        ("Set-Cookie", "***"),
        ("Set-Cookie", "***"),
        ("x-amz-security-token", "***"),
        ("x-note", "for ***"),
        ("content-type", "application/json"),
    ]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://g.test/v1:x?key=abc&alt=sse", "https://g.test/v1:x?key=***&alt=sse"),
        ("/v1/x?alt=sse&api_key=abc", "/v1/x?alt=sse&api_key=***"),
        ("/v1/x?access_token=abc#part", "/v1/x?access_token=***#part"),
        ("https://user:pass@h.test/a", "https://h.test/a"),
        ("https://h.test/sk-secret-1/a", "https://h.test/***/a"),
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/x?monkey", "/v1/x?monkey"),
    ],
)
def test_urls_lose_the_keys_in_them(url: str, shown: str) -> None:
    assert masked_url(url, SECRETS) == shown
