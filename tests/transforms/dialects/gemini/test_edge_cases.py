"""What other gateways got wrong with Gemini (wire-formats.md §10), where one file does not show it.

More of them stand beside the code that they concern, as `test_edge_case_…`.
"""

from __future__ import annotations

from plexus.transforms.assemble import collect
from plexus.transforms.codec import Match, Operation, Receipt, Traits
from plexus.transforms.events import BlockDelta, BlockEnded, BlockStarted
from plexus.transforms.ir import (
    ChatRequest,
    Media,
    Message,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    ToolSpec,
)
from plexus.transforms.wire import JsonObject, dump, object_at, objects_at
from tests.transforms.dialects.gemini.rules import (
    CHAT,
    check_request,
    chunk,
    decoded,
    encoded,
    request,
    sse,
    streamed,
)

SIGNED: JsonObject = {
    "functionCall": {"name": "f", "args": {"a": {"b": "}"}}},
    "thoughtSignature": "AAAA",
}


def test_edge_case_1_a_call_in_one_chunk_has_a_start_its_arguments_and_an_end() -> None:
    events = decoded([sse(chunk(SIGNED, finishReason="STOP"))])
    kinds = [type(event) for event in events if isinstance(event, BlockDelta | BlockEnded)]
    assert kinds == [BlockDelta, BlockEnded]
    assert BlockDelta(0, "arguments", '{"a":{"b":"}"}}') in events
    (start,) = [event for event in events if isinstance(event, BlockStarted)]
    assert isinstance(start.block, ToolCall)
    assert start.block.arguments == ""


def test_edge_case_39_a_signature_survives_a_stream_and_the_next_request() -> None:
    answer = collect(decoded([sse(chunk(SIGNED), chunk({"text": ""}, finishReason="STOP"))]))
    (call,) = [part for part in answer.parts if isinstance(part, ToolCall)]
    history = request(
        Message(role="user", parts=(Text(text="go"),)),
        Message(role="assistant", parts=answer.parts),
        Message(role="user", parts=(ToolResult(call_id=call.id, parts=(Text(text="ok"),)),)),
    )
    contents = objects_at(encoded(history, thought_signatures=True), "contents")
    assert objects_at(contents[1], "parts") == [SIGNED]


def test_edge_case_40_a_signature_that_another_client_kept_goes_on_its_call() -> None:
    # As the chat dialect reads extra_content.google.thought_signature: no ext of ours is left.
    seal = Seal(dialect="gemini", kind="thought", data="AAAA")
    history = request(
        Message(role="user", parts=(Text(text="go"),)),
        Message(
            role="assistant",
            parts=(
                Thinking(text="not Gemini's", seal=None),
                ToolCall(id="c1", name="f", arguments='{"a":{"b":"}"}}', seal=seal),
                ToolCall(id="c2", name="f"),
            ),
        ),
        Message(role="user", parts=(ToolResult(call_id="c1"), ToolResult(call_id="c2"))),
    )
    body = encoded(history, thought_signatures=True)
    check_request(body)
    parts = objects_at(objects_at(body, "contents")[1], "parts")
    assert parts == [SIGNED, {"functionCall": {"name": "f", "args": {}}}]


def test_edge_case_19_and_22_calls_spread_over_chunks_end_as_tool_calls() -> None:
    stream = sse(
        chunk({"functionCall": {"name": "f"}}),
        chunk({"functionCall": {"name": "g"}}),
        chunk({"text": ""}, finishReason="STOP"),
    )
    answer = collect(decoded([stream]))
    assert [part.name for part in answer.parts if isinstance(part, ToolCall)] == ["f", "g"]
    assert answer.stop is Stop.TOOL


def test_edge_case_20_intermediate_chunks_bear_no_finish_reason() -> None:
    stream = sse(
        chunk({"text": "a"}, finishReason="STOP"), chunk({"text": "b"}, finishReason="STOP")
    )
    again = streamed(decoded([stream]))
    assert again.count(b"finishReason") == 1


def test_edge_case_70_a_malformed_call_is_told_in_a_stream_too() -> None:
    body = chunk(finishReason="MALFORMED_FUNCTION_CALL", finishMessage="f(")
    answer = collect(decoded([sse(body)]))
    assert (answer.stop, answer.choices[0].stop_detail) == (Stop.MALFORMED, "f(")


def test_edge_case_53_parallel_results_from_an_openai_client_are_one_content() -> None:
    calls = tuple(ToolCall(id=f"c{n}", name=f"f{n}") for n in range(3))
    results = [
        Message(role="user", parts=(ToolResult(call_id=f"c{n}", parts=(Text(text=str(n)),)),))
        for n in (2, 0, 1)
    ]
    history = request(
        Message(role="user", parts=(Text(text="go"),)),
        Message(role="assistant", parts=calls),
        *results,
    )
    body = encoded(history)
    check_request(body)
    answers = objects_at(objects_at(body, "contents")[2], "parts")
    assert [object_at(part, "functionResponse") for part in answers] == [
        {"name": f"f{n}", "response": {"result": str(n)}} for n in range(3)
    ]


def test_edge_case_59_an_image_in_a_result_reaches_the_model() -> None:
    image = Media(kind="image", mime="image/png", data="AA==")
    history = request(
        Message(role="user", parts=(Text(text="go"),)),
        Message(role="assistant", parts=(ToolCall(id="c", name="f"),)),
        Message(role="user", parts=(ToolResult(call_id="c", parts=(image,)),)),
    )
    for inside in (False, True):
        body = encoded(history, result_media=inside)
        check_request(body)
        assert b'"data":"AA=="' in dump(body)


def test_edge_case_61_no_keyword_that_gemini_refuses_is_left() -> None:
    schema: JsonObject = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"N": {"type": "object", "properties": {"n": {"$ref": "#/$defs/N"}}}},
        "propertyNames": {"pattern": "a"},
        "properties": {
            "a": {"const": 1},
            "b": {"type": "number", "exclusiveMinimum": 0},
            "c": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
            "d": {"$ref": "#/$defs/N"},
            "e": {"oneOf": [{"type": "string"}, {"type": "null"}]},
        },
    }
    asked = request(tools=(ToolSpec(name="f", schema=schema),))
    body = encoded(asked, json_schema=False)
    check_request(body)
    for word in ("$", "propertyNames'", "const'", "exclusiveMinimum'", "prefixItems'", "oneOf"):
        assert word not in str(body)


def test_edge_case_63_schemas_from_gemini_cli_reach_other_formats_as_json_schema() -> None:
    body: JsonObject = {
        "contents": [{"role": "user", "parts": [{"text": "x"}]}],
        "tools": [
            {
                "functionDeclarations": [
                    {"name": "a", "parametersJsonSchema": {"type": "object", "properties": {}}},
                    {"name": "b", "parameters": {"type": "OBJECT", "properties": {}}},
                ]
            }
        ],
    }
    found = decoded_request(body)
    schemas = [tool.schema for tool in found.tools if isinstance(tool, ToolSpec)]
    assert schemas == [{"type": "object", "properties": {}}] * 2


def decoded_request(body: JsonObject) -> ChatRequest:
    return CHAT.decode_request(Match(Operation.CHAT, "m", stream=False), body)


def test_minted_ids_of_history_are_never_sent_to_google() -> None:
    body: JsonObject = {
        "contents": [
            {"role": "user", "parts": [{"text": "x"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]},
            {
                "role": "user",
                "parts": [{"functionResponse": {"name": "f", "response": {"a": 1}}}],
            },
        ]
    }
    assert CHAT.encode_request(decoded_request(body), Traits(), Receipt()).body == body
