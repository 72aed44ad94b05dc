"""An assistant's message is read into thoughts, content, refusal, media and calls."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.dialects.openai_chat.assistant_decode import decode_assistant
from plexus.transforms.ir import Media, Refusal, Seal, Text, Thinking, ToolCall
from tests.transforms.dialects.openai_chat.making import call

GEMINI = Seal(dialect="gemini", kind="thought", data="s")


def _read(**message: Any) -> tuple[Any, Any]:
    left: Any = dict(message)
    parts = decode_assistant(left, lambda number: f"minted{number}")
    return parts, left


def test_everything_is_read_in_the_order_in_which_it_was_thought_and_said() -> None:
    parts, left = _read(
        content="text",
        refusal="no",
        reasoning_content="why",
        tool_calls=[call("a")],
        x=1,
    )

    assert [type(part) for part in parts] == [Thinking, Text, Refusal, ToolCall]
    assert left == {"x": 1}


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "refusal": None, "tool_calls": None, "annotations": [], "audio": None},
        {"content": "", "refusal": "", "tool_calls": [], "reasoning": None, "images": []},
        {
            "function_call": {"name": "", "arguments": ""},
            "audio": {"data": "", "expires_at": 0, "id": ""},
        },
        {"tool_calls": [1, {"type": "magic"}], "images": [{"type": "x"}]},
    ],
)
def test_empty_and_strange_fields_stay(message: Any) -> None:
    assert _read(**message) == ((), message)


def test_known_calls_are_taken_out_from_among_unknown_ones() -> None:
    parts, left = _read(tool_calls=[{"type": "magic"}, call("a")])

    assert [part.id for part in parts] == ["a"]
    assert left == {"tool_calls": [{"type": "magic"}]}


def test_calls_without_ids_get_distinct_ones() -> None:
    parts, _ = _read(tool_calls=[call(""), call("")], function_call={"name": "f"})

    assert [part.id for part in parts] == ["minted0", "minted1", "minted2"]


def test_an_object_as_content_is_told_as_json_and_stays() -> None:
    parts, left = _read(content={"b": 1, "a": 2})

    assert parts == (Text(text='{"b":1,"a":2}'),)
    assert left == {"content": {"b": 1, "a": 2}}


def test_annotations_cite_the_text() -> None:
    parts, left = _read(
        content="see x", annotations=[{"type": "url_citation", "url_citation": {"url": "u"}}]
    )

    assert [citation.url for citation in parts[0].citations] == ["u"]
    assert left == {}


def test_annotations_without_a_text_stay() -> None:
    annotations = [{"type": "url_citation", "url_citation": {"url": "u"}}]

    assert _read(content=None, annotations=annotations)[1] == {
        "content": None,
        "annotations": annotations,
    }


def test_spoken_output_and_a_reference_to_it_are_sound() -> None:
    spoken, _ = _read(audio={"id": "a1", "data": "AA", "expires_at": 9, "transcript": "hi"})
    reference, _ = _read(audio={"id": "a1"})

    assert isinstance(spoken[0], Media) and isinstance(reference[0], Media)
    assert (spoken[0].kind, spoken[0].data) == ("audio", "AA")
    assert (reference[0].kind, reference[0].file_id) == ("audio", "a1")


def test_openrouters_images_are_media() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}

    parts, left = _read(content="look", images=[image])

    assert [type(part) for part in parts] == [Text, Media]
    assert left == {}


def test_a_seal_of_the_whole_message_is_its_first_calls() -> None:
    extra = {"google": {"thought_signature": "s"}}

    parts, left = _read(tool_calls=[call("a"), call("b")], extra_content=extra)

    assert [part.seal for part in parts] == [GEMINI, None]
    assert left == {"extra_content": extra}


def test_a_seal_of_a_message_without_calls_is_an_empty_thought() -> None:
    parts, _ = _read(content="x", extra_content={"google": {"thought_signature": "s"}})

    assert [(type(part), getattr(part, "seal", None)) for part in parts] == [
        (Text, None),
        (Thinking, GEMINI),
    ]


def test_a_detail_seals_the_call_it_is_named_after() -> None:
    parts, left = _read(
        tool_calls=[call("a")],
        reasoning_details=[
            {"type": "reasoning.encrypted", "data": "s", "format": "google-gemini-v1", "id": "a"}
        ],
    )

    assert [part.seal for part in parts] == [GEMINI]
    assert left == {}
