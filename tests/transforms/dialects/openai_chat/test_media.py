"""Media in content parts is read whatever the spelling of its address."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.dialects.openai_chat.media import (
    decode_media,
    sniffed_mime,
    split_data_url,
)
from plexus.transforms.ir import CacheMark


def _read(part: Any) -> tuple[Any, ...]:
    media = decode_media(part)
    assert media is not None
    return (media.kind, media.mime, media.data, media.url, media.file_id, media.name)


@pytest.mark.parametrize(
    ("part", "read"),
    [
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            ("image", "image/png", "AAAA", None, None, None),
        ),
        (
            {"type": "image_url", "image_url": "https://x/y"},
            ("image", None, None, "https://x/y", None, None),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}},
            ("audio", "audio/wav", "UklG", None, None, None),
        ),
        (
            {
                "type": "file",
                "file": {"file_data": "data:application/pdf;base64,JVBE", "filename": "a.pdf"},
            },
            ("document", "application/pdf", "JVBE", None, None, "a.pdf"),
        ),
        (
            {"type": "file", "file": {"file_data": "JVBE"}},
            ("document", None, "JVBE", None, None, None),
        ),
        (
            {"type": "file", "file": {"file_data": "https://x/a.pdf"}},
            ("document", None, None, "https://x/a.pdf", None, None),
        ),
        (
            {"type": "file", "file": {"file_id": "file-1"}},
            ("document", None, None, None, "file-1", None),
        ),
        (
            {"type": "video_url", "video_url": {"url": "https://x/v.mp4"}},
            ("video", None, None, "https://x/v.mp4", None, None),
        ),
        (
            {"type": "document_url", "document_url": "https://x/d.pdf"},
            ("document", None, None, "https://x/d.pdf", None, None),
        ),
    ],
)
def test_media_of_every_type_is_read(part: Any, read: tuple[Any, ...]) -> None:
    assert _read(part) == read


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url"},
        {"type": "image_url", "image_url": {"url": ""}},
        {"type": "image_url", "image_url": 3},
        {"type": "video_url", "video_url": None},
        {"type": "document_url"},
        {"type": "input_audio", "input_audio": {}},
        {"type": "file", "file": {}},
        {"type": "file"},
        {"type": "text", "text": "a"},
        {},
    ],
)
def test_a_part_that_holds_nothing_is_no_media(part: Any) -> None:
    assert decode_media(part) is None


def test_a_cache_mark_and_unknown_fields_are_kept() -> None:
    media = decode_media(
        {
            "type": "image_url",
            "image_url": {"url": "https://x", "y": 1},
            "cache_control": {"type": "ephemeral"},
            "z": 2,
        }
    )

    assert media is not None
    assert media.cache == CacheMark()
    assert media.ext["chat"]["rest"] == {"z": 2}
    assert media.ext["chat"]["inner"] == {"y": 1}


def test_a_data_url_is_taken_apart_with_its_odd_header() -> None:
    assert split_data_url("data:image/png;name=x;base64,AA") == (
        "data:image/png;name=x;base64",
        "image/png",
        "AA",
    )
    assert split_data_url("DATA:text/plain,a%20b") == (
        "DATA:text/plain;base64",
        "text/plain",
        "YSBi",
    )
    assert split_data_url("https://x") is None


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        ("iVBORw0KGgoAAA", "image/png"),
        ("/9j/4AAQ", "image/jpeg"),
        ("R0lGODlh", "image/gif"),
        ("UklGRiQA", "image/webp"),
        ("AAAA", None),
    ],
)
def test_an_images_first_bytes_tell_its_type(data: str, mime: str | None) -> None:
    assert sniffed_mime(data) == mime
