"""Data URLs and first bytes."""

from __future__ import annotations

import base64

import pytest

from plexus.transforms.dialects.openai_responses.media import data_url, sniff, split_data_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("data:image/png;base64,aGk=", ("image/png", "aGk=")),
        ("data:text/plain;charset=utf-8;base64,aGk=", ("text/plain", "aGk=")),
        ("DATA:IMAGE/PNG;BASE64,aGk=", ("image/png", "aGk=")),
        ("data:;base64,aGk=", (None, "aGk=")),
        ("data:text/plain,hi", None),
        ("https://example.com/data:image/png;base64,", None),
    ],
)
def test_a_data_url_is_split(url: str, expected: tuple[str | None, str] | None) -> None:
    assert split_data_url(url) == expected


def test_a_data_url_is_printed() -> None:
    assert data_url("image/png", "aGk=") == "data:image/png;base64,aGk="


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\0\0\0\0AVI ", None),
        (b"%PDF-1.7", "application/pdf"),
        (b"ID3\x04", "audio/mpeg"),
        (b"hello", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_the_type(head: bytes, mime: str | None) -> None:
    data = base64.b64encode(head + b"\0" * 40).decode() if head else ""
    assert sniff(data) == mime


@pytest.mark.parametrize("data", ["!!!!", "a", "ä", "OMITTEDBASE64len41572sha"])
def test_what_is_no_base64_has_no_type(data: str) -> None:
    assert sniff(data) is None
