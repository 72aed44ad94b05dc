"""Items as they are read, in history and answers alike."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.openai_responses.items_decode import (
    decode_call,
    decode_item,
    decode_reasoning,
    message_fields,
)
from plexus.transforms.envelope import seal_to_envelope
from plexus.transforms.ir import Media, Opaque, Seal, Text, Thinking, ToolCall, ToolResult
from plexus.transforms.wire import Json, JsonObject


def kept(**item: Json) -> dict[str, JsonObject]:
    """The extras of a part that stands for an item."""
    return {"responses": {"item": item}}


def test_reasoning_keeps_its_summary_parts_and_its_seal() -> None:
    item: JsonObject = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}],
        "encrypted_content": "gAAA",
    }
    assert decode_reasoning(item) == Thinking(
        text="a\n\nb",
        segments=("a", "b"),
        seal=Seal(dialect="responses", kind="encrypted", data="gAAA", id="rs_1"),
        ext=kept(id="rs_1"),
    )


def test_the_chain_itself_is_raw() -> None:
    item: JsonObject = {
        "type": "reasoning",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "hm"}],
    }
    assert decode_reasoning(item) == Thinking(text="hm", segments=("hm",), raw=True, ext=kept())


def test_a_chain_beside_a_summary_is_kept() -> None:
    chain: list[Json] = [{"type": "reasoning_text", "text": "hm"}]
    summary: list[Json] = [{"type": "summary_text", "text": "a"}]
    thinking = decode_reasoning({"summary": summary, "content": chain})
    assert thinking == Thinking(text="a", segments=("a",), ext=kept(content=chain))


def test_an_envelope_is_opened() -> None:
    seal = Seal(dialect="messages", kind="signature", data="abc")
    thinking = decode_reasoning({"summary": [], "encrypted_content": seal_to_envelope(seal)})
    assert thinking.seal == seal


def test_an_odd_summary_is_kept_and_a_missing_one_is_none() -> None:
    odd: list[Json] = [{"type": "summary_text", "text": "a", "new": 1}, 3]
    assert decode_reasoning({"summary": odd}) == Thinking(
        text="a", segments=("a",), ext=kept(summary=odd)
    )
    assert decode_reasoning({}) == Thinking(ext=kept())


def test_a_null_seal_is_no_seal_but_stays() -> None:
    thinking = decode_reasoning({"summary": [], "encrypted_content": None, "content": None})
    assert thinking == Thinking(ext=kept(encrypted_content=None, content=None))


def test_a_call_is_known_by_its_call_id() -> None:
    item: JsonObject = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "f",
        "arguments": '{"a": 1}',
        "status": "completed",
    }
    assert decode_call(item) == ToolCall(
        id="call_1", name="f", arguments='{"a": 1}', ext=kept(id="fc_1", status="completed")
    )


def test_a_namespace_becomes_part_of_the_name() -> None:
    call = decode_call(
        {"type": "function_call", "call_id": "c", "name": "spawn", "namespace": "agents"}
    )
    assert call is not None
    assert (call.name, call.ext) == ("agents__spawn", kept(namespace="agents", name="spawn"))


def test_a_tool_in_a_namespace_of_its_own_name_keeps_that() -> None:
    call = decode_call({"type": "function_call", "call_id": "c", "name": "f", "namespace": "f"})
    assert call is not None
    assert call.name == "f"


def test_a_custom_call_has_free_text() -> None:
    item: JsonObject = {"type": "custom_tool_call", "call_id": "c", "name": "x", "input": "4 + 4"}
    assert decode_item(item) == (
        ToolCall(id="c", name="x", arguments="4 + 4", kind="custom", ext=kept()),
    )


def test_arguments_that_are_an_object_are_printed() -> None:
    call = decode_call(
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": {"ü": 2**70}}
    )
    assert call is not None
    assert call.arguments == '{"ü":1180591620717411303424}'


@pytest.mark.parametrize(
    ("output", "parts"),
    [
        ("sunny", (Text(text="sunny"),)),
        ("", ()),
        ([{"type": "input_text", "text": "a"}, {"type": "refusal", "refusal": "b"}],
         (Text(text="a"), Text(text="b"))),
        ({"a": 1}, (Text(text='{"a":1}'),)),
        (None, ()),
    ],
)  # fmt: skip
def test_a_result_is_text_or_parts(output: Json, parts: tuple[Text, ...]) -> None:
    item: JsonObject = {"type": "function_call_output", "call_id": "c", "output": output}
    assert decode_item(item) == (ToolResult(call_id="c", parts=parts, ext=kept()),)


def test_a_generated_image_is_an_image_that_knows_where_it_came_from() -> None:
    item: JsonObject = {
        "type": "image_generation_call",
        "id": "ig_1",
        "status": "completed",
        "result": "aGk=",
        "output_format": "webp",
    }
    fields = {key: value for key, value in item.items() if key != "result"}
    assert decode_item(item) == (
        Media(kind="image", mime="image/webp", data="aGk=", ext=kept(**fields)),
    )


@pytest.mark.parametrize(
    "item",
    [
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
        {"type": "image_generation_call", "id": "ig_1"},
        {"type": "item_reference", "id": "rs_1"},
        {"type": "compaction", "encrypted_content": "x"},
        {"type": "tool_search_call", "execution": "client", "arguments": {}},
        {"type": "function_call", "name": "no id"},
        {"type": "function_call_output", "output": "no id"},
        {"type": "message", "role": "user", "content": "in an answer"},
        {"type": "message", "role": "assistant", "content": []},
        {"id": "msg_1"},
        {},
    ],
)
def test_everything_else_stays_whole(item: JsonObject) -> None:
    assert decode_item(item) == (Opaque(dialect="responses", raw=item),)


def test_a_message_without_a_role_is_the_assistants() -> None:
    item: JsonObject = {"type": "message", "content": "a"}
    assert decode_item(item) == (Text(text="a", ext=kept()),)


def test_a_message_says_more_than_role_and_content() -> None:
    item: JsonObject = {"role": "assistant", "content": "", "phase": "commentary", "id": "msg_1"}
    assert message_fields(item) == {"phase": "commentary", "id": "msg_1"}
    assert message_fields({"type": "agent", "role": "user"}) == {"type": "agent"}


def test_what_is_no_call_by_type_is_none_though_it_looks_like_one() -> None:
    assert decode_call({"type": "message", "call_id": "c", "name": "f", "arguments": "{}"}) is None
