"""What real gateways got wrong with this format (wire-formats.md §10, dataplane.md App. A)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plexus.transforms.assemble import collect, replay
from plexus.transforms.codec import Receipt
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Event,
    Failed,
    Finished,
    Started,
)
from plexus.transforms.ir import (
    ChatRequest,
    ChatResponse,
    Choice,
    Media,
    Message,
    Opaque,
    Reasoning,
    Stop,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
    Usage,
)
from plexus.transforms.wire import Json, JsonObject, list_at, object_at, objects_at
from tests.transforms.dialects.openai_responses.rules import (
    CHAT,
    check_response,
    check_stream,
    decoded,
    frames,
    kinds,
    read_request,
    read_stream,
    stream_of,
    streamed,
    write_request,
)

CREATED: JsonObject = {"type": "response.created", "response": {"id": "resp_1", "model": "m"}}
COMPLETED: JsonObject = {
    "type": "response.completed",
    "response": {"id": "resp_1", "status": "completed", "output": []},
}
STARTED = Started(id="msg_1", model="m", created=7)
PNG = "iVBORw0KGgoAAAANSUhEUg=="


def asked(**fields: Json) -> ChatRequest:
    """A client's request with these fields."""
    return read_request({"model": "m", "input": "hi", **fields})


def answered(*parts: Text | ToolCall | Thinking | Media, stop: Stop = Stop.END) -> ChatResponse:
    """Another format's answer."""
    return ChatResponse(
        id="msg_1", model="m", created=7, choices=(Choice(parts=parts, stop=stop),),
        usage=Usage(input=1, output=1),
    )  # fmt: skip


def call_events(*indexes: int) -> list[Event]:
    """Calls that are opened one after the other, and grow in turns."""
    calls = [ToolCall(id=f"call_{index}", name="f") for index in indexes]
    opened = [BlockStarted(index=i, block=call) for i, call in zip(indexes, calls, strict=True)]
    return [*opened, *(BlockDelta(i, "arguments", "{}") for i in indexes)]


def test_10_deltas_of_items_that_never_began_leave_no_orphans() -> None:
    events = read_stream(
        CREATED,
        {"type": "response.function_call_arguments.delta", "output_index": 4, "delta": "{}"},
        {"type": "response.content_part.done", "output_index": 5},
        COMPLETED,
    )
    assert [type(event) for event in events] == [Started, Finished]


def test_30_an_item_and_its_part_are_added_before_the_first_delta() -> None:
    data = streamed(replay(answered(Text(text="a"))))
    assert kinds(frames(data))[2:5] == [
        "output_item.added", "content_part.added", "output_text.delta",
    ]  # fmt: skip


def test_31_reasoning_has_a_part_a_stable_id_and_ends_before_the_message() -> None:
    events = frames(streamed(replay(answered(Thinking(text="hm"), Text(text="a")))))
    about = [event for event in events if "reasoning" in str(event["type"])]
    assert kinds(about)[0] == "reasoning_summary_part.added"
    assert len({event["item_id"] for event in about}) == 1
    done = kinds(events).index("output_item.done")
    assert done < kinds(events).index("output_item.added", done)


def test_32_every_event_is_numbered_and_responses_have_what_strict_clients_read() -> None:
    response = check_stream(streamed(replay(answered(Text(text="a")))))
    assert response is not None
    assert response["text"] == {"format": {"type": "text"}}
    usage = object_at(response, "usage") or {}
    assert (usage["input_tokens_details"], usage["output_tokens_details"]) == (
        {"cached_tokens": 0, "cache_write_tokens": 0},
        {"reasoning_tokens": 0},
    )


def test_33_a_call_streams_its_arguments() -> None:
    data = streamed(replay(answered(ToolCall(id="c1", name="f", arguments="{}"), stop=Stop.TOOL)))
    assert kinds(frames(data))[2:-1] == [
        "output_item.added", "function_call_arguments.delta", "function_call_arguments.done",
        "output_item.done",
    ]  # fmt: skip


def test_34_the_completed_response_is_whole() -> None:
    parts = (Text(text="a"), ToolCall(id="c1", name="f", arguments="{}"))
    response = check_stream(streamed(replay(answered(*parts, stop=Stop.TOOL))))
    assert response is not None
    assert (response["id"], response["object"], response["model"]) == (
        "resp_msg_1",
        "response",
        "m",
    )
    assert [item["type"] for item in objects_at(response, "output")] == [
        "message", "function_call",
    ]  # fmt: skip


def test_35_content_is_counted_per_item() -> None:
    parts = (Text(text="a"), ToolCall(id="c1", name="f"), Text(text="b"))
    events = frames(streamed(replay(answered(*parts))))
    assert {event["content_index"] for event in events if "content_index" in event} == {0}


def test_36_a_broken_stream_is_one_that_clients_can_read() -> None:
    upstream: JsonObject = {"type": "error", "code": "rate_limit_exceeded", "message": "slow down"}
    for events in ([CREATED, upstream], [upstream]):
        data = streamed(read_stream(*events))
        check_stream(data)
        (failed,) = [event for event in decoded([data]) if isinstance(event, Failed)]
        assert (failed.error.code, failed.error.message) == ("rate_limit_exceeded", "slow down")


def test_37_a_wrapped_custom_tool_is_unwrapped_on_its_way_back() -> None:
    request = asked(tools=[{"type": "custom", "name": "shell"}])
    call = ToolCall(id="c1", name="shell", arguments='{"input":"ls -l"}')
    events = frames(streamed(replay(answered(call, stop=Stop.TOOL)), request))
    assert kinds(events)[2:-1] == [
        "output_item.added", "custom_tool_call_input.delta", "custom_tool_call_input.done",
        "output_item.done",
    ]  # fmt: skip
    (item,) = objects_at(object_at(events[-1], "response") or {}, "output")
    assert (item["type"], item["name"], item["input"]) == ("custom_tool_call", "shell", "ls -l")


def test_38_a_whole_answer_has_its_calls() -> None:
    body = CHAT.encode_response(answered(ToolCall(id="c1", name="f")), None, Receipt())
    check_response(body)
    assert [item["type"] for item in objects_at(body, "output")] == ["function_call"]


def test_46_reasoning_that_cannot_be_sent_is_noted() -> None:
    turn = Message(role="assistant", parts=(Thinking(text="hm"), Text(text="a")))
    request = ChatRequest(model="m", messages=(turn,), reasoning=Reasoning(effort="low"))
    body, notes = write_request(request)
    assert [item["type"] for item in objects_at(body, "input")] == ["message"]
    assert "dropped messages[0].parts[0] (reasoning that this provider did not seal)" in notes


def test_47_reasoning_stands_in_the_turn_of_its_call() -> None:
    items: list[Json] = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "ok"},
    ]
    turn, result = asked(input=items).messages
    assert [type(part) for part in turn.parts] == [Thinking, ToolCall]
    assert (turn.role, result.role) == ("assistant", "user")


@pytest.mark.parametrize("raw", ["functions.Bash:0", "call_1|fc_2", "x" * 90, "call_1|" + "y" * 80])
def test_56_call_and_result_get_the_same_id(raw: str) -> None:
    messages = (
        Message(role="assistant", parts=(ToolCall(id=raw, name="f"),)),
        Message(role="user", parts=(ToolResult(call_id=raw, parts=(Text(text="ok"),)),)),
    )
    body, _ = write_request(ChatRequest(model="m", messages=messages))
    call, result = objects_at(body, "input")
    assert call["call_id"] == result["call_id"]
    assert len(str(call["call_id"])) <= 64


def test_59_an_image_in_a_result_reaches_the_model() -> None:
    image = Media(kind="image", mime="image/png", data=PNG)
    messages = (
        Message(role="assistant", parts=(ToolCall(id="c1", name="f"),)),
        Message(role="user", parts=(ToolResult(call_id="c1", parts=(Text(text="see"), image)),)),
    )
    body, notes = write_request(ChatRequest(model="m", messages=messages))
    output = list_at(objects_at(body, "input")[1], "output")
    assert output[1] == {
        "type": "input_image",
        "detail": "auto",
        "image_url": f"data:image/png;base64,{PNG}",
    }
    assert notes == []


def test_60_another_formats_server_tools_do_not_become_calls() -> None:
    used = Opaque(dialect="messages", raw={"type": "server_tool_use", "id": "srvtoolu_1"})
    messages = (Message(role="assistant", parts=(used, Text(text="a"))),)
    body, _ = write_request(ChatRequest(model="m", messages=messages))
    assert [item["type"] for item in objects_at(body, "input")] == ["message"]


def test_66_no_choice_without_tools() -> None:
    request = ChatRequest(
        model="m",
        messages=(Message(role="user", parts=(Text(text="hi"),)),),
        tool_choice=ToolChoice(mode="auto"),
    )
    assert "tool_choice" not in write_request(request)[0]
    assert "tool_choice" not in write_request(asked(tool_choice="auto", tools=[]))[0]


def test_67_empty_arguments_are_an_empty_object() -> None:
    messages = (Message(role="assistant", parts=(ToolCall(id="c1", name="f"),)),)
    body, _ = write_request(ChatRequest(model="m", messages=messages))
    assert objects_at(body, "input")[0]["arguments"] == "{}"


def test_73_no_effort_really_means_none() -> None:
    request = asked(reasoning={"effort": "none"})
    assert request.reasoning is not None
    assert request.reasoning.mode == "off"
    assert write_request(request)[0]["reasoning"] == {"effort": "none"}


def test_74_a_string_is_a_whole_conversation() -> None:
    assert asked().messages == (Message(role="user", parts=(Text(text="hi"),)),)
    assert write_request(asked())[0]["input"] == [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}
    ]


def test_75_a_blob_is_no_user_id() -> None:
    request = replace(asked(), user="{" + "x" * 80 + "}", ext={})
    assert "user" not in write_request(request)[0]


def test_parallel_calls_told_in_turns_stay_separate() -> None:
    response = check_stream(streamed([STARTED, *call_events(0, 1), Finished(stop=Stop.TOOL)]))
    assert response is not None
    assert [item["arguments"] for item in objects_at(response, "output")] == ["{}", "{}"]


def test_calls_that_only_the_completed_response_has_are_heard() -> None:
    call: JsonObject = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    ended = {**COMPLETED, "response": {"status": "completed", "output": [call]}}
    events = read_stream(CREATED, ended)
    assert collect(events).stop is Stop.TOOL
    assert BlockDelta(0, "arguments", "{}") in events


def test_open_items_become_incomplete_only_if_the_answer_is() -> None:
    for stop, status in ((Stop.LENGTH, "incomplete"), (Stop.TOOL, "completed")):
        response = check_stream(streamed([STARTED, *call_events(0), Finished(stop=stop)]))
        assert response is not None
        assert objects_at(response, "output")[0]["status"] == status


def test_a_generated_image_is_told_once_and_whole() -> None:
    image: JsonObject = {
        "type": "image_generation_call", "id": "ig_1", "status": "completed", "result": PNG * 1000,
        "output_format": "png",
    }  # fmt: skip
    events = read_stream(
        CREATED,
        {"type": "response.output_item.added", "output_index": 0,
         "item": {"type": "image_generation_call", "id": "ig_1", "status": "in_progress"}},
        {"type": "response.image_generation_call.partial_image", "output_index": 0,
         "partial_image_b64": "aGk="},
        {"type": "response.output_item.done", "output_index": 0, "item": image},
        {**COMPLETED, "response": {"status": "completed", "output": [image]}},
    )  # fmt: skip
    (part,) = collect(events).parts
    assert isinstance(part, Media)
    assert (part.kind, part.mime, part.data) == ("image", "image/png", PNG * 1000)
    response = check_stream(streamed(events))
    assert response is not None
    assert response["output"] == [image]


def test_client_executed_items_are_carried_once_and_are_no_calls() -> None:
    item: JsonObject = {
        "type": "tool_search_call", "id": "tsc_1", "call_id": "c1", "execution": "client",
        "status": "completed", "arguments": {"queries": ["x"]},
    }  # fmt: skip
    events = read_stream(
        CREATED,
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {**COMPLETED, "response": {"status": "completed", "output": [item]}},
    )
    answer = collect(events)
    assert answer.parts == (Opaque(dialect="responses", raw=item),)
    assert answer.stop is Stop.END


def test_namespaced_and_custom_tools_survive_two_instances() -> None:
    tools: list[Json] = [
        {"type": "namespace", "name": "agents", "description": "d", "tools": [
            {"type": "function", "name": "spawn", "parameters": {}, "strict": False}]},
        {"type": "custom", "name": "shell"},
    ]  # fmt: skip
    request = asked(tools=tools)
    assert write_request(request)[0]["tools"] == tools
    answer = answered(
        ToolCall(id="c1", name="agents__spawn", arguments="{}"),
        ToolCall(id="c2", name="shell", arguments='{"input":"ls"}'),
        stop=Stop.TOOL,
    )
    response = check_stream(streamed(replay(answer), request))
    assert response is not None
    spawn, shell = objects_at(response, "output")
    assert (spawn["name"], spawn["namespace"]) == ("spawn", "agents")
    assert (shell["type"], shell["input"]) == ("custom_tool_call", "ls")
    again = asked(input=[spawn, shell], tools=tools)
    calls = [part for part in again.messages[0].parts if isinstance(part, ToolCall)]
    assert [(call.name, call.kind) for call in calls] == [
        ("agents__spawn", "function"), ("shell", "custom"),
    ]  # fmt: skip


def test_explicit_falsehoods_survive_and_omissions_stay_omitted() -> None:
    tool: JsonObject = {"type": "function", "name": "f", "strict": False}
    body, _ = write_request(asked(tools=[tool], store=False, parallel_tool_calls=False))
    assert body["tools"] == [tool]
    assert (body["store"], body["parallel_tool_calls"]) == (False, False)
    least, _ = write_request(asked())
    assert least.keys() == {"model", "input"}


def test_json_in_arguments_is_left_as_the_model_wrote_it() -> None:
    written = '{"code": "{\\"a\\": 1}",  "n": 12345678901234567890}'
    item: JsonObject = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": written}
    body, _ = write_request(asked(input=[item, {**item, "type": "function_call_output",
                                                "output": written}]))  # fmt: skip
    assert objects_at(body, "input")[0]["arguments"] == written
    assert objects_at(body, "input")[1]["output"] == written


def test_gaps_in_the_numbering_do_not_matter() -> None:
    whole = [CREATED, {"type": "response.output_text.delta", "delta": "a", "output_index": 0}]
    numbered = [{**event, "sequence_number": 9 * n} for n, event in enumerate([*whole, COMPLETED])]
    assert decoded([stream_of(*numbered)]) == read_stream(*whole, COMPLETED)


def test_several_messages_stay_several() -> None:
    messages: list[Json] = [
        {"type": "message", "id": f"msg_{n}", "role": "assistant", "phase": phase,
         "status": "completed",
         "content": [{"type": "output_text", "text": phase, "annotations": [], "logprobs": []}]}
        for n, phase in enumerate(["commentary", "final_answer"])
    ]  # fmt: skip
    answer = CHAT.decode_response({"status": "completed", "output": messages})
    assert CHAT.encode_response(answer, None, Receipt())["output"] == messages
    body, _ = write_request(asked(input=messages))
    assert [item["phase"] for item in objects_at(body, "input")] == ["commentary", "final_answer"]


def test_an_unknown_part_survives_wherever_it_stands() -> None:
    part: JsonObject = {"type": "output_hologram", "x": 1}
    text: JsonObject = {"type": "output_text", "text": "a", "annotations": []}
    message: JsonObject = {"type": "message", "role": "assistant", "content": [text, part]}
    result: JsonObject = {"type": "function_call_output", "call_id": "c1", "output": [part, text]}
    call: JsonObject = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    body, notes = write_request(asked(input=[message, call, result]))
    first, _, last = objects_at(body, "input")
    assert first["content"] == [text, part]
    assert list_at(last, "output")[0] == part
    assert notes == []
    done: JsonObject = {"type": "response.output_item.done", "output_index": 0, "item": message}
    events = read_stream(CREATED, done, COMPLETED)
    assert [type(p) for p in collect(events).parts] == [Text, Opaque]
    response = object_at(frames(streamed(events))[-1], "response") or {}
    assert objects_at(objects_at(response, "output")[0], "content")[1] == part


def test_an_answers_end_is_told_though_its_blocks_are_not() -> None:
    events: list[Event] = [STARTED, *call_events(0), BlockEnded(index=0)]
    response = check_stream(streamed(events))
    assert response is not None
    assert response["status"] == "incomplete"
