"""Content parts as they are written."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.content_decode import decode_piece
from plexus.transforms.dialects.openai_responses.content_encode import (
    encode_input,
    encode_output,
    unknown_part,
)
from plexus.transforms.ir import Citation, Media, Opaque, Refusal, Text
from plexus.transforms.wire import JsonObject

PNG = "iVBORw0KGgoAAAANSUhEUg=="


def written(part: Text | Media) -> tuple[JsonObject | None, list[str]]:
    """The part and the notes."""
    receipt = Receipt()
    return encode_input(part, receipt, "p"), [str(note) for note in receipt.notes]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit"}},
        {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "high"},
        {"type": "input_image", "image_url": "https://example.com", "detail": "original"},
        {"type": "input_image", "file_id": "file-1", "detail": "auto", "image_url": None},
        {"type": "input_file", "file_data": "aGk="},
        {"type": "input_file", "file_data": "data:text/plain;base64,aGk=", "filename": "a.txt"},
        {"type": "input_file", "file_id": "file-1", "detail": "low"},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
    ],
)
def test_a_part_is_written_as_it_was_read(part: JsonObject) -> None:
    piece = decode_piece(part)
    assert isinstance(piece, Text | Media)
    assert written(piece) == (part, [])


def test_an_image_always_has_a_detail_and_a_type() -> None:
    assert written(Media(kind="image", data=PNG)) == (
        {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PNG}"},
        [],
    )
    part, notes = written(Media(kind="image", url="https://example.com", detail="ultra"))
    assert part == {"type": "input_image", "detail": "auto", "image_url": "https://example.com"}
    assert notes == ["coerced p.detail ('ultra' is not a detail of this format)"]


def test_an_inline_file_gets_a_name() -> None:
    part, notes = written(Media(kind="document", mime="application/pdf", data="aGk="))
    assert part == {
        "type": "input_file",
        "filename": "document.pdf",
        "file_data": "data:application/pdf;base64,aGk=",
    }
    assert notes == ["invented p.filename (inline files need a name)"]
    table, _ = written(Media(kind="document", mime="text/csv", data="aGk="))
    assert (table or {})["filename"] == "document.csv"


def test_a_text_document_stands_as_text() -> None:
    part, notes = written(Media(kind="document", text="words", name="a.txt"))
    assert part == {"type": "input_text", "text": "words"}
    assert notes == ["coerced p (a text document stands as plain text)"]


@pytest.mark.parametrize(
    "media",
    [
        Media(kind="audio", data="aGk=", mime="audio/wav"),
        Media(kind="video", url="https://example.com"),
        Media(kind="image"),
        Media(kind="document"),
    ],
)
def test_what_cannot_be_said_is_noted(media: Media) -> None:
    part, notes = written(media)
    assert part is None
    assert len(notes) == 1
    assert notes[0].startswith("dropped p ")


def test_an_assistants_text_is_output_with_annotations() -> None:
    receipt = Receipt()
    text = Text(text="abc", citations=(Citation(url="https://example.com", start=0, end=3),))
    part = encode_output(text, receipt, "p")
    assert part["type"] == "output_text"
    assert part["annotations"] == [
        {
            "type": "url_citation",
            "url": "https://example.com",
            "title": "",
            "start_index": 0,
            "end_index": 3,
        }
    ]
    assert encode_output(Refusal(text="no"), receipt, "p") == {"type": "refusal", "refusal": "no"}


def test_only_our_own_parts_are_unwrapped() -> None:
    raw: JsonObject = {"type": "content_part", "part": {"type": "x"}}
    assert unknown_part(Opaque(dialect="responses", raw=raw)) == {"type": "x"}
    assert unknown_part(Opaque(dialect="messages", raw=raw)) is None
    assert unknown_part(Opaque(dialect="responses", raw={"type": "web_search_call"})) is None
