"""Parts of answers for Gemini clients."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.gemini.answer_parts import AnswerParts
from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.ir import (
    ChatRequest,
    Media,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from plexus.transforms.names import GEMINI, legal_name
from plexus.transforms.wire import JsonObject, object_at
from tests.transforms.dialects.gemini.rules import notes, request

SEAL = Seal(dialect="gemini", kind="thought", data="AAAA")
FOREIGN = Seal(dialect="messages", kind="signature", data="AAAA")


def written(part: Part, asked: ChatRequest | None = None) -> tuple[JsonObject | None, list[str]]:
    receipt = Receipt()
    return AnswerParts(asked, receipt).part(part, "p"), notes(receipt)


@pytest.mark.parametrize(
    ("part", "wire", "said"),
    [
        (Text(text="a"), {"text": "a"}, []),
        (Text(text=""), None, []),
        (
            Text(text="a", ext=mark({"thoughtSignature": "AAAA"})),
            {"text": "a", "thoughtSignature": "AAAA"},
            [],
        ),
        (Refusal(text="no"), {"text": "no"}, []),
        (Refusal(text=""), None, []),
        (Thinking(text="hm"), {"text": "hm", "thought": True}, []),
        (Thinking(text="hm", seal=FOREIGN), {"text": "hm", "thought": True}, ["dropped p.seal"]),
        (
            Thinking(text="hm", seal=SEAL),
            {"text": "hm", "thought": True, "thoughtSignature": "AAAA"},
            [],
        ),
        (Thinking(seal=SEAL), {"text": "", "thoughtSignature": "AAAA"}, []),
        (Thinking(), None, []),
        (
            Media(kind="image", mime="image/png", data="AA=="),
            {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
            [],
        ),
        (
            Opaque(dialect="gemini", raw={"executableCode": {}}),
            {"executableCode": {}},
            [],
        ),
        (Opaque(dialect="messages", raw={}), None, ["dropped p"]),
        (ToolResult(call_id="c"), None, ["dropped p"]),
    ],
)
def test_a_block_becomes_a_part(part: Part, wire: JsonObject | None, said: list[str]) -> None:
    assert written(part) == (wire, said)


def test_a_foreign_call_bears_its_id() -> None:
    call = ToolCall(id="c1", name="f", arguments='{"a":1}')
    assert written(call) == (
        {"functionCall": {"name": "f", "args": {"a": 1}, "id": "c1"}},
        [],
    )


def test_a_call_of_geminis_bears_only_an_id_that_gemini_gave() -> None:
    minted = ToolCall(id="c1", name="f", seal=SEAL, ext=mark({}))
    assert written(minted)[0] == {
        "functionCall": {"name": "f", "args": {}},
        "thoughtSignature": "AAAA",
    }
    given = ToolCall(id="c1", name="f", ext=mark({"functionCall": {"id": "c1"}}))
    assert written(given)[0] == {"functionCall": {"name": "f", "args": {}, "id": "c1"}}


def test_arguments_that_are_no_object_are_wrapped() -> None:
    part, said = written(ToolCall(id="c1", name="f", arguments="oops"))
    assert part == {"functionCall": {"name": "f", "args": {"_raw": "oops"}, "id": "c1"}}
    assert said == ["coerced p.arguments"]


def test_a_name_that_was_changed_on_the_way_comes_back() -> None:
    asked = request(tools=(ToolSpec(name="ns.tool"), ToolSpec(name="other")))
    part, _ = written(ToolCall(id="c1", name="ns_tool_1a2b3c4d"), asked)
    assert part == {"functionCall": {"name": "ns.tool", "args": {}, "id": "c1"}}


def test_thoughts_are_kept_from_a_client_that_wants_none() -> None:
    asked = request(reasoning=Reasoning(show=False))
    assert written(Thinking(text="hm"), asked) == (None, ["dropped p"])
    assert written(Thinking(text="hm", seal=SEAL), asked) == (
        {"text": "", "thoughtSignature": "AAAA"},
        ["dropped p"],
    )


def test_names_that_differ_in_a_refused_character_only_come_back_each_as_its_own() -> None:
    names = ["fs read", "fs/read"]
    asked = request(tools=tuple(ToolSpec(name=name) for name in names))
    calls = [ToolCall(id="c", name=legal_name(name, GEMINI)) for name in names]

    found = [written(call, asked)[0] or {} for call in calls]

    assert [(object_at(part, "functionCall") or {})["name"] for part in found] == names
