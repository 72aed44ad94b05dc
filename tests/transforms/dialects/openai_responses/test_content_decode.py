"""Content parts as they are read."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.openai_responses.content_decode import (
    decode_content,
    decode_piece,
)
from plexus.transforms.ir import CacheMark, Media, Opaque, Refusal, Text
from plexus.transforms.wire import Json, JsonObject


def test_a_string_is_one_text_and_an_empty_one_is_nothing() -> None:
    assert decode_content("hi") == (Text(text="hi"),)
    assert decode_content("") == decode_content(None) == decode_content([]) == ()


def test_only_the_first_text_begins_the_item() -> None:
    first, second = decode_content(
        [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "b"}], {"id": "msg_1"}
    )
    assert first == Text(text="a", ext={"responses": {"item": {"id": "msg_1"}}})
    assert second == Refusal(text="b")


def test_a_cache_breakpoint_is_a_mark() -> None:
    mark: JsonObject = {"mode": "explicit", "ttl": "30m"}
    part = decode_piece({"type": "input_text", "text": "a", "prompt_cache_breakpoint": mark})
    assert part == Text(
        text="a",
        cache=CacheMark(ttl="30m"),
        ext={"responses": {"part": {"prompt_cache_breakpoint": mark}}},
    )


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            {"type": "input_image", "image_url": "data:image/PNG;x=1;base64,aGk=", "detail": "low"},
            Media(kind="image", mime="image/png", data="aGk=", detail="low"),
        ),
        (
            {"type": "input_image", "image_url": "https://example.com/a.png"},
            Media(kind="image", url="https://example.com/a.png"),
        ),
        ({"type": "input_image", "file_id": "file-1"}, Media(kind="image", file_id="file-1")),
        (
            {
                "type": "input_file",
                "file_data": "data:application/pdf;base64,aGk=",
                "filename": "a",
            },
            Media(kind="document", mime="application/pdf", data="aGk=", name="a"),
        ),
        ({"type": "input_file", "file_data": "aGk="}, Media(kind="document", data="aGk=")),
        (
            {"type": "input_file", "file_url": "https://example.com/a"},
            Media(kind="document", url="https://example.com/a"),
        ),
        ({"type": "input_file", "file_id": "file-1"}, Media(kind="document", file_id="file-1")),
        (
            {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
            Media(kind="audio", mime="audio/mp3", data="aGk="),
        ),
    ],
)
def test_media_have_one_source(part: JsonObject, expected: Media) -> None:
    found = decode_piece(part)
    assert isinstance(found, Media)
    assert found.ext == {"responses": {}}
    assert found == Media(
        kind=expected.kind,
        mime=expected.mime,
        data=expected.data,
        url=expected.url,
        file_id=expected.file_id,
        name=expected.name,
        detail=expected.detail,
        ext=found.ext,
    )


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_hologram", "x": 1},
        {"type": "input_image"},
        {"type": "input_file", "file_data": 3},
        {"type": "input_audio", "input_audio": {}},
        {"type": "output_text", "text": None},
        {},
    ],
)
def test_what_is_unknown_stays_as_it_is(part: JsonObject) -> None:
    assert decode_piece(part) == Opaque(
        dialect="responses", raw={"type": "content_part", "part": part}
    )


@pytest.mark.parametrize("part", [1, None, [], True])
def test_what_is_no_part_is_ignored(part: Json) -> None:
    assert decode_content([part]) == ()
