"""Items as providers get them."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.openai_responses.ids import item_id
from plexus.transforms.dialects.openai_responses.items_decode import decode_item, decode_reasoning
from plexus.transforms.dialects.openai_responses.items_encode import (
    call_item,
    message_item,
    reasoning_item,
    result_item,
)
from plexus.transforms.ir import Media, Opaque, Seal, Text, Thinking, ToolCall, ToolResult
from plexus.transforms.wire import JsonObject

SEAL = Seal(dialect="responses", kind="encrypted", data="gAAA", id="rs_1")
CHAIN: JsonObject = {"type": "reasoning_text", "text": "hm"}


def thought(
    thinking: Thinking, *, stored: bool = False, strict: bool = True
) -> tuple[JsonObject | None, list[str]]:
    """The item and the notes."""
    receipt = Receipt()
    item = reasoning_item(thinking, stored=stored, strict=strict, receipt=receipt, path="p")
    return item, [str(note) for note in receipt.notes]


def answered(result: ToolResult, *, custom: bool = False) -> tuple[JsonObject, list[str]]:
    """The item and the notes."""
    receipt = Receipt()
    item = result_item(result, custom=custom, receipt=receipt, path="p")
    return item, [str(note) for note in receipt.notes]


@pytest.mark.parametrize(
    "item",
    [
        {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"a" :1}',
         "namespace": "n", "status": "completed", "caller": {"type": "direct"}},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c", "name": "x", "input": ""},
    ],
)  # fmt: skip
def test_a_call_is_written_as_it_was_read(item: JsonObject) -> None:
    (call,) = decode_item(item)
    assert isinstance(call, ToolCall)
    assert call_item(call) == item


@pytest.mark.parametrize("identity", ["call_1", "toolu_1", "ctc_1", ""])
def test_an_item_id_that_is_none_is_left_out(identity: str) -> None:
    call = ToolCall(id="c", name="f", ext={"responses": {"item": {"id": identity}}})
    assert "id" not in call_item(call)


def test_another_formats_call_gets_no_item_id_and_whole_arguments() -> None:
    assert call_item(ToolCall(id="call_1|" + "x" * 70, name="ns.f", arguments="  ")) == {
        "type": "function_call",
        "name": call_item(ToolCall(id="c", name="ns.f"))["name"],
        "call_id": "call_1",
        "arguments": "{}",
    }


def test_a_result_is_a_string_or_parts() -> None:
    assert answered(ToolResult(call_id="c", parts=(Text(text="ok"),)))[0] == {
        "type": "function_call_output",
        "call_id": "c",
        "output": "ok",
    }
    assert answered(ToolResult(call_id="c"), custom=True)[0] == {
        "type": "custom_tool_call_output",
        "call_id": "c",
        "output": "",
    }
    image = Media(kind="image", url="https://example.com/a.png")
    item, notes = answered(ToolResult(call_id="c", parts=(Text(text="see"), image)))
    assert item["output"] == [
        {"type": "input_text", "text": "see"},
        {"type": "input_image", "detail": "auto", "image_url": "https://example.com/a.png"},
    ]
    assert notes == []


def test_a_failed_tool_says_so_in_words() -> None:
    item, notes = answered(ToolResult(call_id="c", parts=(Text(text="no"),), is_error=True))
    assert item["output"] == "Error: no"
    assert notes == ["coerced p.is_error (said in words)"]
    told = ToolResult(call_id="c", parts=(Text(text=" error 7"),), is_error=True)
    assert answered(told) == ({**item, "output": " error 7"}, [])
    assert answered(ToolResult(call_id="c", is_error=True))[0]["output"] == "Error"


def test_a_foreign_block_in_a_result_is_noted() -> None:
    foreign = Opaque(dialect="messages", raw={"type": "search_result"})
    item, notes = answered(ToolResult(call_id="c", parts=(foreign,)))
    assert item["output"] == ""
    assert notes == ["dropped p.parts[0] (a block that only messages understands)"]


@pytest.mark.parametrize(
    "item",
    [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}],
         "encrypted_content": "gAAA", "content": [], "status": "completed"},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "a",
         "new": 1}], "encrypted_content": "gAAA", "content": None},
    ],
)  # fmt: skip
def test_sealed_reasoning_is_written_as_it_was_read(item: JsonObject) -> None:
    assert thought(decode_reasoning(item)) == (item, [])


def test_an_odd_chain_is_written_as_it_was_read() -> None:
    odd: JsonObject = {"type": "reasoning", "summary": [], "content": [{**CHAIN, "new": 1}]}
    assert thought(decode_reasoning(odd), strict=False) == (odd, [])


def test_a_readable_chain_is_not_sent_to_openai() -> None:
    item: JsonObject = {"type": "reasoning", "summary": [], "encrypted_content": "gAAA"}
    written, notes = thought(decode_reasoning({**item, "content": [CHAIN]}))
    assert written == {**item, "content": []}
    assert len(notes) == 1
    bare = decode_reasoning({"type": "reasoning", "id": "rs_1", "summary": [], "content": [CHAIN]})
    assert thought(bare, strict=False) == (
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": [CHAIN]},
        [],
    )


def test_bare_reasoning_of_another_provider_is_known_nowhere() -> None:
    minted: JsonObject = {"type": "reasoning", "id": item_id("rs", "resp_1", 0), "summary": []}
    for stored in (True, False):
        for strict in (True, False):
            item, notes = thought(decode_reasoning(minted), stored=stored, strict=strict)
            assert (item, len(notes)) == (None, 1)


def test_bare_reasoning_is_known_only_where_it_is_stored() -> None:
    bare = decode_reasoning({"type": "reasoning", "id": "rs_1", "summary": []})
    kept = {"type": "reasoning", "id": "rs_1", "summary": []}
    assert thought(bare, stored=True) == (kept, [])
    assert thought(bare, strict=False) == (kept, [])
    assert thought(bare)[0] is None
    ours = decode_reasoning({"type": "reasoning", "id": "rs_gw1_0", "summary": []})
    assert thought(ours, stored=True)[0] is None


@pytest.mark.parametrize(
    "thinking",
    [
        Thinking(text="a"),
        Thinking(text="a", seal=Seal(dialect="messages", kind="signature", data="x")),
        Thinking(seal=Seal(dialect="gemini", kind="thought", data="x"), ext={"responses": {}}),
    ],
)
def test_reasoning_sealed_by_nobody_or_another_is_dropped(thinking: Thinking) -> None:
    assert thought(thinking, stored=True, strict=False) == (
        None,
        ["dropped p (reasoning that this provider did not seal)"],
    )


def test_our_seal_makes_an_item_of_another_formats_thinking() -> None:
    assert thought(Thinking(text="a", seal=SEAL)) == (
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "a"}],
            "encrypted_content": "gAAA",
        },
        [],
    )


def test_a_message_keeps_its_fields() -> None:
    assert message_item("user", [{"type": "input_text", "text": "a"}], {"id": "msg_1"}) == {
        "type": "message",
        "id": "msg_1",
        "role": "user",
        "content": [{"type": "input_text", "text": "a"}],
    }
