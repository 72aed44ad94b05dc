"""Images and documents reach Anthropic in a form that it takes."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.anthropic.media import (
    clean_base64,
    decode_media,
    encode_media,
    sniffed_type,
)
from plexus.transforms.ir import CacheMark, Media
from plexus.transforms.wire import JsonObject

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()
JPEG = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(20)).decode()
GIF = base64.b64encode(b"GIF89a" + bytes(20)).decode()
WEBP = base64.b64encode(b"RIFF\x00\x00\x00\x00WEBP" + bytes(20)).decode()
PDF = base64.b64encode(b"%PDF-1.7 " + bytes(20)).decode()
HEIC = base64.b64encode(bytes(4) + b"ftypheic" + bytes(20)).decode()

SOURCES: list[JsonObject] = [
    {"type": "base64", "media_type": "image/png", "data": PNG},
    {"type": "url", "url": "https://example.com/a.png"},
    {"type": "file", "file_id": "file_1"},
    {"type": "base64", "media_type": "image/png", "data": PNG, "novelty": 1},
]
DOCUMENTS: list[JsonObject] = [
    {"type": "base64", "media_type": "application/pdf", "data": PDF},
    {"type": "url", "url": "https://example.com/a.pdf"},
    {"type": "text", "media_type": "text/plain", "data": "words"},
    {"type": "content", "content": "words"},
    {"type": "content", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
]


@pytest.mark.parametrize("source", SOURCES)
def test_an_image_comes_out_as_it_went_in(source: JsonObject) -> None:
    block: JsonObject = {"type": "image", "source": source, "transformations": {"x": "y"}}
    assert written(decoded(block)) == (block, [])


@pytest.mark.parametrize("source", DOCUMENTS)
def test_a_document_comes_out_as_it_went_in(source: JsonObject) -> None:
    block: JsonObject = {
        "type": "document",
        "source": source,
        "title": "T",
        "context": "C",
        "citations": {"enabled": True},
        "cache_control": {"type": "ephemeral"},
    }
    assert written(decoded(block)) == (block, [])


def test_a_document_of_blocks_is_text_to_others() -> None:
    media = decoded({"type": "document", "source": DOCUMENTS[4]})
    assert (media.kind, media.mime, media.text) == ("document", "text/plain", "a\nb")


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"type": "novelty", "data": "x"},
        {"type": "base64"},
        {"type": "url", "url": 3},
        {"type": "file"},
        {"type": "text"},
        {"type": "content", "content": [{"type": "image"}]},
    ],
)
def test_a_source_of_an_unknown_kind_is_not_read(source: JsonObject) -> None:
    assert decode_media({"type": "document", "source": source}) is None


def test_a_declared_type_that_lies_is_put_right() -> None:
    media = Media(kind="image", mime="image/png", data=JPEG)
    block, notes = written(media)
    assert block == image("image/jpeg", JPEG)
    assert notes == ["coerced p (declared image/png, is image/jpeg)"]


@pytest.mark.parametrize(
    ("media", "block"),
    [
        (
            Media(kind="image", url=f"data:image/png;charset=x;base64,{PNG}"),
            ("image", "image/png", PNG),
        ),
        (Media(kind="image", mime="image/jpg", data="AAAA"), ("image", "image/jpeg", "AAAA")),
        (
            Media(kind="image", mime="application/pdf", data=PDF),
            ("document", "application/pdf", PDF),
        ),
        (Media(kind="document", mime="image/gif", data=GIF), ("image", "image/gif", GIF)),
        (Media(kind="image", mime="image/webp; q=1", data=WEBP), ("image", "image/webp", WEBP)),
    ],
)
def test_the_block_fits_what_the_data_is(media: Media, block: tuple[str, str, str]) -> None:
    kind, mime, data = block
    source: JsonObject = {"type": "base64", "media_type": mime, "data": data}
    assert written(media)[0] == {"type": kind, "source": source}


@pytest.mark.parametrize(
    "media",
    [
        Media(kind="document", mime="text/markdown", data="Iw=="),
        Media(kind="document", mime="application/json", data="Iw"),
        Media(kind="document", data="Iw=="),
        Media(kind="document", text="#"),
    ],
)
def test_text_goes_as_a_text_document(media: Media) -> None:
    source: JsonObject = {"type": "text", "media_type": "text/plain", "data": "#"}
    assert written(media) == ({"type": "document", "source": source}, [])


@pytest.mark.parametrize(
    ("media", "note"),
    [
        (
            Media(kind="audio", mime="audio/wav", data="AAAA"),
            "dropped p (Anthropic takes no audio)",
        ),
        (Media(kind="video", url="https://x"), "dropped p (Anthropic takes no video)"),
        (
            Media(kind="image", mime="image/heic", data=HEIC),
            "dropped p (Anthropic takes no image/heic)",
        ),
        (Media(kind="image", data="AAAA"), "dropped p (Anthropic takes no data of unknown type)"),
        (
            Media(kind="document", mime="application/msword", data="AAAA"),
            "dropped p (Anthropic takes no application/msword)",
        ),
        (
            Media(kind="document", mime="text/plain", data="//8="),
            "dropped p (Anthropic takes no text/plain)",
        ),
        (
            Media(kind="image", file_id="file-openai"),
            "dropped p (a file that was uploaded to another provider)",
        ),
        (
            Media(kind="image", url="gs://bucket/a"),
            "dropped p (an address that the provider cannot fetch from)",
        ),
    ],
)
def test_what_anthropic_cannot_take_is_dropped_with_a_note(media: Media, note: str) -> None:
    assert written(media) == (None, [note])


def test_a_provider_that_fetches_nothing_gets_no_address() -> None:
    media = Media(kind="image", url="https://example.com/a.png")
    block, notes = written(media, Traits(image_urls=False))
    assert block is None
    assert notes == ["dropped p (an address that the provider cannot fetch from)"]


def test_a_cache_mark_and_a_title_go_along() -> None:
    media = Media(
        kind="document", mime="application/pdf", data=PDF, name="a.pdf", cache=CacheMark()
    )
    block, _ = written(media)
    assert block is not None
    assert block["title"] == "a.pdf"
    assert block["cache_control"] == {"type": "ephemeral"}


@given(st.binary(max_size=60))
def test_every_variant_of_base64_becomes_the_standard_one(data: bytes) -> None:
    standard = base64.b64encode(data).decode()
    odd = base64.urlsafe_b64encode(data).decode().rstrip("=")
    assert clean_base64(odd) == standard
    assert clean_base64(f"data:image/png;base64,{odd}") == standard
    assert clean_base64(standard) == standard


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (GIF, "image/gif"),
        (WEBP, "image/webp"),
        (PDF, "application/pdf"),
        (HEIC, None),
        ("", None),
        ("not base64!", None),
        ("ü", None),
    ],
)
def test_the_first_bytes_tell_the_type(data: str, mime: str | None) -> None:
    assert sniffed_type(data) == mime


def decoded(block: JsonObject) -> Media:
    """The media of a block."""
    media = decode_media(block)
    assert media is not None
    return media


def written(media: Media, traits: Traits | None = None) -> tuple[JsonObject | None, list[str]]:
    """The block of media, and the notes."""
    receipt = Receipt()
    block = encode_media(media, "p", traits or Traits(), receipt)
    return block, [str(note) for note in receipt.notes]


def image(mime: str, data: str) -> JsonObject:
    """An image block."""
    return {"type": "image", "source": {"type": "base64", "media_type": mime, "data": data}}
