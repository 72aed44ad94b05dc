"""The parts that requests and answers share."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.dialects.gemini.parts import decode_part, is_bare, thought_part
from plexus.transforms.ir import Media, Opaque, Part, Seal, Text, Thinking
from plexus.transforms.wire import JsonObject

SEAL = Seal(dialect="gemini", kind="thought", data="AAAA")


@pytest.mark.parametrize(
    ("part", "block"),
    [
        ({"text": "a"}, Text(text="a", ext=mark({}))),
        ({"text": ""}, Text(text="", ext=mark({}))),
        (
            {"text": "a", "thoughtSignature": "AAAA"},
            Text(text="a", ext=mark({"thoughtSignature": "AAAA"})),
        ),
        ({"text": "a", "thought": True}, Thinking(text="a", ext=mark({}))),
        (
            {"text": "a", "thought": True, "thoughtSignature": "AAAA"},
            Thinking(text="a", seal=SEAL, ext=mark({})),
        ),
        ({"thought": True, "thoughtSignature": "AAAA"}, Thinking(seal=SEAL, ext=mark({}))),
        (
            {"text": "", "thoughtSignature": "AAAA"},
            Thinking(seal=SEAL, ext=mark({"thought": False})),
        ),
        ({"thoughtSignature": "AAAA"}, Thinking(seal=SEAL, ext=mark({"thought": False}))),
        (
            {"executableCode": {"code": "1"}, "thoughtSignature": "AAAA"},
            Opaque(
                dialect="gemini",
                raw={"executableCode": {"code": "1"}, "thoughtSignature": "AAAA"},
            ),
        ),
        ({"toolCall": {}}, Opaque(dialect="gemini", raw={"toolCall": {}})),
        (
            {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
            Media(kind="image", mime="image/png", data="AA==", ext=mark({})),
        ),
        (
            {"text": "a", "partMetadata": {"k": 1}},
            Text(text="a", ext=mark({"partMetadata": {"k": 1}})),
        ),
    ],
)
def test_a_part_becomes_a_block(part: JsonObject, block: Part) -> None:
    assert decode_part(part) == block


@pytest.mark.parametrize(
    ("part", "bare"),
    [
        ({}, True),
        ({"text": ""}, True),
        ({"text": "", "thought": True}, True),
        ({"text": "a"}, False),
        ({"text": "", "thoughtSignature": "AAAA"}, False),
        ({"functionCall": {}}, False),
    ],
)
def test_a_part_that_says_nothing_is_known(part: JsonObject, bare: bool) -> None:
    assert is_bare(part) is bare


def test_a_thought_is_written_with_its_signature() -> None:
    assert thought_part("a", "AAAA", {}) == {
        "text": "a",
        "thought": True,
        "thoughtSignature": "AAAA",
    }


def test_a_signature_without_a_thought_is_no_thought() -> None:
    assert thought_part("", "AAAA", {"thought": False}) == {"text": "", "thoughtSignature": "AAAA"}
