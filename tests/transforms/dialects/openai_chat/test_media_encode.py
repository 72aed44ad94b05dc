"""Media is written as a content part, or as words where a chat provider cannot take it."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.openai_chat.media import decode_media
from plexus.transforms.dialects.openai_chat.media_encode import encode_media, markdown
from plexus.transforms.ir import Media
from tests.transforms.dialects.openai_chat.making import OFFICIAL


def _written(media: Media, traits: Traits | None = None) -> tuple[Any, list[str]]:
    receipt = Receipt()
    part = encode_media(media, traits or Traits(), receipt, "p")
    return part, [str(note) for note in receipt.notes]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "data:image/png;x=1;base64,AAAA", "q": 1}},
        {"type": "image_url", "image_url": {"url": "https://x/y", "detail": "high"}, "z": 1},
        {"type": "input_audio", "input_audio": {"data": "AA", "format": "flac"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA", "filename": "f"}},
        {"type": "file", "file": {"file_data": "JVBE"}},
        {"type": "file", "file": {"file_data": "https://x/a.pdf"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "video_url", "video_url": {"url": "https://x/v.mp4"}},
        {"type": "document_url", "document_url": "https://x/d.pdf"},
        {"type": "document_url", "document_url": {"url": "https://x/d.pdf", "n": 1}},
    ],
)
def test_what_came_in_a_chat_body_goes_back_as_it_was(part: Any) -> None:
    media = decode_media(part)
    assert media is not None

    assert _written(media) == (part, [])


def test_a_foreign_image_is_a_data_url() -> None:
    image = Media(kind="image", mime="image/jpeg", data="/9j/")

    assert _written(image) == (
        {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,/9j/"}},
        [],
    )


def test_an_address_that_the_provider_does_not_fetch_becomes_words() -> None:
    image = Media(kind="image", url="https://x/y.png")

    assert _written(image, Traits(image_urls=False)) == (
        {"type": "text", "text": "[image omitted: https://x/y.png]"},
        ["dropped p (this image cannot be sent to a chat provider)"],
    )


def test_foreign_sound_is_sent_in_the_two_formats_that_openai_knows() -> None:
    wav = Media(kind="audio", mime="audio/x-wav", data="AA")
    ogg = Media(kind="audio", mime="audio/ogg", data="AA")

    assert _written(wav) == (
        {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
        [],
    )
    assert _written(ogg)[0] == {"type": "text", "text": "[audio omitted: audio/ogg]"}


def test_a_foreign_pdf_gets_a_name() -> None:
    pdf = Media(kind="document", mime="application/pdf", data="AA")

    assert _written(pdf) == (
        {
            "type": "file",
            "file": {
                "filename": "document.pdf",
                "file_data": "data:application/pdf;base64,AA",
            },
        },
        ["invented p.filename (document.pdf)"],
    )


def test_a_text_document_is_told_in_words() -> None:
    plain = Media(kind="document", text="hello", name="a.txt")
    coded = Media(kind="document", mime="text/plain", data="aGVsbG8=")
    broken = Media(kind="document", mime="text/plain", data="a")

    assert _written(plain) == (
        {"type": "text", "text": "a.txt\n\nhello"},
        ["coerced p (document as text)"],
    )
    assert _written(coded)[0] == {"type": "text", "text": "hello"}
    assert _written(broken)[0]["type"] == "file"


def test_a_document_elsewhere_is_named_by_its_address() -> None:
    there = Media(kind="document", url="https://x/d.pdf", name="d")

    assert _written(there)[0] == {"type": "text", "text": "[document: d at https://x/d.pdf]"}


def test_an_uploaded_file_does_not_cross_to_another_vendor() -> None:
    gemini = Media(kind="document", file_id="f1", ext={"gemini": {}})
    responses = Media(kind="document", file_id="f1", ext={"responses": {}})

    assert _written(gemini)[1] == ["dropped p (this document cannot be sent to a chat provider)"]
    assert _written(responses, OFFICIAL) == ({"type": "file", "file": {"file_id": "f1"}}, [])


def test_video_is_for_servers_that_take_it() -> None:
    film = Media(kind="video", mime="video/webm", data="AA")

    assert _written(film)[0] == {
        "type": "video_url",
        "video_url": {"url": "data:video/webm;base64,AA"},
    }
    assert _written(film, OFFICIAL)[0]["type"] == "text"


@pytest.mark.parametrize("kind", ["image", "audio", "document", "video"])
def test_media_without_anything_becomes_words(kind: Any) -> None:
    assert _written(Media(kind=kind))[0] == {"type": "text", "text": f"[{kind} omitted: no name]"}


def test_an_answers_image_is_markdown() -> None:
    assert markdown(Media(kind="image", url="https://x")) == "![image](https://x)"
    lying = Media(kind="image", mime="image/png", data="/9j/4AAQ")
    assert markdown(lying) == "![image](data:image/jpeg;base64,/9j/4AAQ)"


def test_a_huge_image_is_only_mentioned() -> None:
    huge = Media(kind="image", data="A" * (8 * 1024 * 1024 + 4))

    assert markdown(huge) == "[image omitted: 6291459 bytes]"
