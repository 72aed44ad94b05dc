"""Parts of answers are written for Anthropic's clients."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.anthropic.answer_encode import LARGEST_IMAGE, carrier, encode_part
from plexus.transforms.dialects.anthropic.identity import call_id
from plexus.transforms.ir import (
    Citation,
    Media,
    Opaque,
    Part,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from plexus.transforms.wire import JsonObject
from tests.transforms.dialects.anthropic.factories import SIGNED

NAME = "messages"
PNG = "iVBORw0KGgoAAAA="
REDACTED = Seal(dialect=NAME, kind="redacted", data="ZA==")
FOREIGN = Seal(dialect="responses", kind="encrypted", data="x")
ENVELOPE = "gw1.responses.encrypted.eA"
WEB: JsonObject = {"type": "web_search_result_location", "encrypted_index": "x"}


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (Text(text="a", ext={NAME: {"x": 1}}), {"type": "text", "text": "a", "x": 1}),
        (
            Text(text="a", citations=(Citation(ext={NAME: WEB}),)),
            {"type": "text", "text": "a", "citations": [WEB]},
        ),
        (Text(text=""), {}),
        (Text(text=" "), {"type": "text", "text": " "}),
        (
            Thinking(text="hm", seal=SIGNED),
            {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
        ),
        (Thinking(text="hm"), {"type": "thinking", "thinking": "hm", "signature": ""}),
        (Thinking(seal=SIGNED), {"type": "thinking", "thinking": "", "signature": "c2ln"}),
        (Thinking(seal=REDACTED), {"type": "redacted_thinking", "data": "ZA=="}),
        (
            Thinking(text="hm", seal=FOREIGN),
            {"type": "thinking", "thinking": "hm", "signature": ENVELOPE},
        ),
        (
            Thinking(seal=FOREIGN, ext={NAME: {"x": 1}}),
            {"type": "redacted_thinking", "data": ENVELOPE, "x": 1},
        ),
        (Thinking(), {}),
        (
            ToolCall(id="1", name="f", seal=FOREIGN),
            {"type": "tool_use", "id": "1", "name": "f", "input": {}},
        ),
        (
            ToolCall(id="functions.f:0", name="f.g", arguments='{"a": 1}'),
            {"type": "tool_use", "id": "functions.f:0", "name": "f.g", "input": {"a": 1}},
        ),
        (
            ToolCall(id="", name="f"),
            {"type": "tool_use", "id": call_id("answer", 3), "name": "f", "input": {}},
        ),
        (
            ToolCall(id="1", name="f", arguments='{"cut'),
            {"type": "tool_use", "id": "1", "name": "f", "input": {"_raw": '{"cut'}},
        ),
        (
            ToolCall(id="1", name="f", arguments="ls", kind="custom"),
            {"type": "tool_use", "id": "1", "name": "f", "input": {"input": "ls"}},
        ),
        (Refusal(text="No."), {"type": "text", "text": "No."}),
        (Refusal(text=""), {}),
        (Opaque(dialect=NAME, raw={"type": "compaction"}), {"type": "compaction"}),
    ],
)
def test_a_part_is_written(part: Part, block: JsonObject) -> None:
    assert written(part) == (block, [])


@pytest.mark.parametrize(
    ("part", "block", "note"),
    [
        (
            Thinking(text="hm", seal=REDACTED),
            {"type": "thinking", "thinking": "hm", "signature": ""},
            "dropped p.seal (reasoning that was shown cannot be redacted)",
        ),
        (
            Text(text="a", citations=(Citation(url="https://x.example"),)),
            {"type": "text", "text": "a"},
            "dropped p (a citation from another provider)",
        ),
        (Opaque(dialect="responses", raw={"type": "x"}), {}, "dropped p (a block of responses)"),
        (Opaque(dialect=NAME, raw={}), {}, "dropped p (a block of messages)"),
        (ToolResult(call_id="1"), {}, "dropped p (a tool's result inside an answer)"),
        (
            Media(kind="image", mime="image/webp", data=PNG),
            {"type": "text", "text": f"![image](data:image/png;base64,{PNG})"},
            "coerced p (an image goes as markdown)",
        ),
        (
            Media(kind="image", data="AAAA"),
            {"type": "text", "text": "![image](data:image/png;base64,AAAA)"},
            "coerced p (an image goes as markdown)",
        ),
        (
            Media(kind="image", url="https://x.example/a.png"),
            {"type": "text", "text": "![image](https://x.example/a.png)"},
            "coerced p (an image goes as markdown)",
        ),
        (
            Media(kind="image", data="A" * (LARGEST_IMAGE + 4)),
            {"type": "text", "text": "[image of 6291459 bytes omitted]"},
            "coerced p (an image goes as markdown)",
        ),
        (Media(kind="audio", data="AAAA"), {}, "dropped p (Anthropic's answers hold no audio)"),
        (Media(kind="image", file_id="f"), {}, "dropped p (Anthropic's answers hold no image)"),
    ],
)
def test_what_has_no_place_is_noted(part: Part, block: JsonObject, note: str) -> None:
    assert written(part) == (block, [note])


def written(part: Part) -> tuple[JsonObject, list[str]]:
    """The block of a part, and the notes."""
    receipt = Receipt()
    block = encode_part(part, "p", "answer", 3, receipt)
    return block, [str(note) for note in receipt.notes]


def test_the_seal_of_a_call_travels_under_its_id() -> None:
    block = carrier(Seal(dialect="gemini", kind="thought", data="x"), "call_1")
    assert block == {"type": "redacted_thinking", "data": "gw1.gemini.thought.eA.Y2FsbF8x"}
