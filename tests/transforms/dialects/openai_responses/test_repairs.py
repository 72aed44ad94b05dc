"""Items that OpenAI would refuse, mended."""

from __future__ import annotations

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.repairs import Placed, repaired
from plexus.transforms.wire import Json, JsonObject

CALL: JsonObject = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
CUSTOM: JsonObject = {"type": "custom_tool_call", "call_id": "c2", "name": "x", "input": ""}
RESULT: JsonObject = {"type": "function_call_output", "call_id": "c1", "output": "ok"}
REASONING: JsonObject = {"type": "reasoning", "summary": [], "encrypted_content": "x"}
ANSWER: JsonObject = {"type": "message", "role": "assistant", "content": []}
QUESTION: JsonObject = {"type": "message", "role": "user", "content": []}


def mended(*items: JsonObject, complete: bool = True) -> tuple[list[JsonObject], list[str]]:
    """The items and the notes."""
    receipt = Receipt()
    placed = [Placed(item, f"m[{number}]") for number, item in enumerate(items)]
    found = repaired(placed, complete=complete, receipt=receipt)
    return found, [f"{note.action} {note.path}" for note in receipt.notes]


def test_what_is_whole_stays() -> None:
    items = [QUESTION, REASONING, CALL, RESULT, REASONING, REASONING, ANSWER]
    assert mended(*items) == (items, [])


def test_a_call_without_result_gets_one() -> None:
    items, notes = mended(CALL, CUSTOM, RESULT)
    assert items == [
        CALL,
        CUSTOM,
        {
            "type": "custom_tool_call_output",
            "output": "[no result: interrupted]",
            "call_id": "c2",
        },
        RESULT,
    ]
    assert notes == ["invented m[1]"]


def test_a_result_without_call_becomes_text() -> None:
    image: JsonObject = {"type": "input_image", "file_id": "file-1"}
    outputs: list[Json] = ["ok", [image], None, ""]
    items, notes = mended(*({**RESULT, "output": output} for output in outputs))
    lead = {"type": "input_text", "text": "[result of tool call c1]"}
    assert [item["content"] for item in items] == [
        [lead, {"type": "input_text", "text": "ok"}],
        [lead, image],
        [lead, {"type": "input_text", "text": "null"}],
        [lead],
    ]
    assert notes == [f"coerced m[{number}]" for number in range(4)]


def test_a_result_that_names_no_call_stays_whatever_stands_beside_it() -> None:
    nameless: JsonObject = {"type": "function_call_output", "output": "ok"}
    assert mended(nameless) == ([nameless], [])
    assert mended(QUESTION, nameless) == ([QUESTION, nameless], [])


def test_what_the_provider_knows_already_needs_no_mending() -> None:
    assert mended(RESULT, complete=False) == ([RESULT], [])
    reference: JsonObject = {"type": "item_reference", "id": "fc_1"}
    assert mended(reference, RESULT) == ([reference, RESULT], [])


def test_reasoning_at_a_loose_end_goes() -> None:
    items, notes = mended(QUESTION, REASONING, QUESTION, ANSWER, REASONING)
    assert items == [QUESTION, QUESTION, ANSWER]
    assert sorted(notes) == ["dropped m[1]", "dropped m[4]"]


def test_a_hosted_call_follows_from_reasoning_too() -> None:
    search: JsonObject = {"type": "web_search_call", "id": "ws_1"}
    assert mended(REASONING, search) == ([REASONING, search], [])
