"""Pictures, sound, documents and video."""

from __future__ import annotations

import base64

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.gemini.media import decode_media, encode_media
from plexus.transforms.ir import Media
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.gemini.rules import notes

PNG = "iVBORw0KGgoAAAA="


def written(media: Media, *, urls: bool = True) -> tuple[JsonObject, list[str]]:
    receipt = Receipt()
    return encode_media(media, "messages[0].parts[0]", receipt, urls=urls), notes(receipt)


@pytest.mark.parametrize(
    "part",
    [
        {"inlineData": {"mimeType": "image/png", "data": PNG}},
        {"inlineData": {"mimeType": "audio/wav", "data": "AA==", "displayName": "voice"}},
        {"fileData": {"fileUri": "https://example.com/a.pdf", "mimeType": "application/pdf"}},
        {"fileData": {"fileUri": "https://www.youtube.com/watch?v=1"}},
        {"fileData": {"fileUri": "gs://bucket/film.mp4", "mimeType": "video/mp4"}},
        {"fileData": {"fileUri": "files/abc"}},
        {
            "inlineData": {"mimeType": "video/mp4", "data": "AA=="},
            "videoMetadata": {"fps": 2},
            "thoughtSignature": "AAAA",
        },
        {
            "fileData": {"fileUri": "gs://b/i.png", "mimeType": "image/png", "displayName": "i"},
            "mediaResolution": {"level": "MEDIA_RESOLUTION_HIGH"},
        },
    ],
)
def test_a_media_part_comes_back_as_it_was(part: JsonObject) -> None:
    media = decode_media(part)
    assert media is not None
    assert written(media) == (part, [])


def test_both_spellings_are_read() -> None:
    media = decode_media({"inlineData": {"mime_type": "image/png", "data": PNG}})
    assert media is not None
    assert (media.kind, media.mime, media.data) == ("image", "image/png", PNG)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("-_8=", "+/8="),
        ("-_8", "+/8="),
        ("+/8", "+/8="),
        ("AAAA", "AAAA"),
        ("AAAAA", "AAAAA"),
        ("", ""),
    ],
)
def test_data_in_the_alphabet_of_urls_is_read_as_other_formats_want_it(
    sent: str, read: str
) -> None:
    media = decode_media({"inlineData": {"mimeType": "image/png", "data": sent}})
    assert media is not None
    assert media.data == read


@pytest.mark.parametrize(
    ("mime", "uri", "kind"),
    [
        ("image/heic", "", "image"),
        ("application/pdf", "", "document"),
        ("text/plain", "", "document"),
        (None, "https://example.com/a/b.JPG?x=1", "image"),
        (None, "https://youtu.be/abc", "video"),
        (None, "https://example.com/none", "document"),
        (None, "https://[broken", "document"),
    ],
)
def test_the_kind_follows_from_type_or_address(mime: str | None, uri: str, kind: str) -> None:
    file: JsonObject = {"fileUri": uri} if mime is None else {"fileUri": uri, "mimeType": mime}
    media = decode_media({"fileData": file})
    assert media is not None
    assert media.kind == kind


def test_an_upload_is_known_by_its_address() -> None:
    address = "https://generativelanguage.googleapis.com/v1beta/files/abc"
    media = decode_media({"fileData": {"fileUri": address}})
    assert media is not None
    assert (media.file_id, media.url) == (address, None)


def test_a_parts_resolution_is_its_detail() -> None:
    part: JsonObject = {
        "inlineData": {"mimeType": "image/png", "data": PNG},
        "mediaResolution": {"level": "MEDIA_RESOLUTION_LOW"},
    }
    media = decode_media(part)
    assert media is not None
    assert media.detail == "low"


def test_other_parts_are_no_media() -> None:
    assert decode_media({"text": "x"}) is None


@pytest.mark.parametrize(
    ("kind", "data", "mime"),
    [
        ("image", PNG, "image/png"),
        ("image", "/9j/4AAQ", "image/jpeg"),
        ("image", "UklGRAAA", "image/webp"),
        ("audio", "UklGRAAA", "audio/wav"),
        ("document", "JVBERi0x", "application/pdf"),
        ("video", "????", "video/mp4"),
    ],
)
def test_a_missing_type_is_sniffed(kind: str, data: str, mime: str) -> None:
    part, _ = written(Media(kind=kind, data=data))  # type: ignore[arg-type]  # parametrised
    assert part == {"inlineData": {"mimeType": mime, "data": data}}


def test_a_remote_address_is_handed_on_and_noted() -> None:
    part, said = written(Media(kind="image", url="https://example.com/cat.png"))
    assert part == {"fileData": {"fileUri": "https://example.com/cat.png", "mimeType": "image/png"}}
    assert said == ["coerced messages[0].parts[0]"]


def test_where_nobody_fetches_the_model_sees_the_address() -> None:
    part, said = written(Media(kind="image", url="https://example.com/cat.png"), urls=False)
    assert part == {"text": "[image: https://example.com/cat.png]"}
    assert said == ["coerced messages[0].parts[0]"]


def test_a_document_given_as_text_is_inlined() -> None:
    part, said = written(Media(kind="document", text="Grüße", name="a.txt"))
    data = base64.b64encode("Grüße".encode()).decode()
    assert part == {"inlineData": {"mimeType": "text/plain", "data": data}}
    assert said == ["dropped messages[0].parts[0].name"]


def test_another_providers_upload_is_named_in_words() -> None:
    part, said = written(Media(kind="document", file_id="file-1", name="a.pdf"))
    assert part == {"text": "[document omitted: a.pdf]"}
    assert said == ["dropped messages[0].parts[0]"]
