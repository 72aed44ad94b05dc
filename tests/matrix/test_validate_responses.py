"""The validator finds what OpenAI refuses, and nothing in what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.matrix.validate_responses import problems

ASKED = {"role": "user", "content": "Hi"}
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "ok"}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "g"}
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}


def body(*items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"model": "m", "store": False, "input": [ASKED, *items], **fields}


def shown(role: str, part: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [part]}


def test_a_good_request_has_no_problems() -> None:
    said = shown("assistant", {"type": "output_text", "text": "a", "annotations": []})
    good = body(
        THOUGHT, CALL, RESULT, said, tools=[TOOL], tool_choice={"type": "function", "name": "f"},
        include=["reasoning.encrypted_content"], max_output_tokens=16, stream=True,
    )  # fmt: skip
    assert problems(good) == []
    assert problems({"model": "m", "input": "Hi"}) == []


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (body(temperatur=1), "temperatur"),
        ({"model": "m", "input": []}, "there is none"),
        (body({**CALL, "id": "call_1"}, RESULT), "should begin with 'fc_'"),
        (body(shown("assistant", {"type": "input_text", "text": "a"})), "from the assistant"),
        (body(shown("user", {"type": "output_text", "text": "a"})), "from the user"),
        (body({"role": "user", "content": ""}), "says nothing"),
        (body({**CALL, "arguments": "x"}, RESULT), "no JSON object"),
        (body({**CALL, "name": "a.b"}, RESULT), "no tool name"),
        (body(CALL), "no output for the calls"),
        (body(RESULT), "answers no call"),
        (body(CALL, {**RESULT, "type": "custom_tool_call_output"}), "answers no call of its kind"),
        (body(CALL, CALL, RESULT), "used twice"),
        (body(THOUGHT), "without the item that it led to"),
        (body(THOUGHT, ASKED), "without the item that it led to"),
        (body({**THOUGHT, "encrypted_content": None}, CALL, RESULT), "neither stored nor"),
        (body({"type": "item_reference", "id": "msg_1"}), "not stored"),
        (body(tools=[TOOL, TOOL]), "there twice"),
        (body(tools=[{k: v for k, v in TOOL.items() if k != "strict"}]), "whether it is strict"),
        (body(tool_choice="required"), "there are no tools"),
        (body(tools=[TOOL], tool_choice={"type": "function", "name": "g"}), "there is no tool"),
        (body(text={"format": {"type": "json_object"}}), "without the word JSON"),
        (body(text={"format": {"type": "json_schema", "schema": {}}}), "missing or illegal"),
        (body(max_output_tokens=5), "less than 16"),
        (body({**THOUGHT, "encrypted_content": "gw1.messages.signature.eA"}, CALL, RESULT), "env"),
    ],
)
def test_what_is_wrong_is_named(bad: dict[str, Any], words: str) -> None:
    assert any(words in problem for problem in problems(bad))
