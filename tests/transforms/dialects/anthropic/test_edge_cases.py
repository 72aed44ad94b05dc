"""What real gateways got wrong: the cases of wire-formats.md §10 that touch this format.

The number in a test's name is the case's. Cases about reading other formats are theirs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from plexus.transforms.assemble import collect, replay
from plexus.transforms.codec import Receipt, Traits
from plexus.transforms.dialects.anthropic import DIALECT
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Event,
    Failed,
    Finished,
    Sealed,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import (
    CacheMark,
    ChatResponse,
    Choice,
    Media,
    Message,
    Opaque,
    Part,
    Reasoning,
    Seal,
    ServerTool,
    Stop,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
    ToolSpec,
    Usage,
)
from plexus.transforms.registry import discover
from plexus.transforms.wire import JsonObject, dump, list_at, object_at, objects_at
from tests.conformance.accumulate import sdk_message
from tests.transforms.dialects.anthropic.factories import (
    OFFICIAL,
    SIGNED,
    ask,
    assistant,
    call,
    native,
    notes,
    result,
    turn,
    user,
    write,
)
from tests.transforms.dialects.anthropic.rules import (
    check_request,
    check_stream,
    contents,
    decoded,
    encoded,
    payloads,
    stream,
)

START = Started(id="x", model="m")
END = Finished(stop=Stop.END)


def wire_of(*events: Event) -> list[JsonObject]:
    """The payloads of a stream, checked."""
    data = encoded([START, *events])
    check_stream(data)
    return payloads(data)


def blocks_of(sent: list[JsonObject]) -> list[str]:
    """Each block with what it says, in short."""
    told: list[str] = []
    for payload in sent:
        block, delta = object_at(payload, "content_block"), object_at(payload, "delta")
        if block is not None:
            told.append(f"{payload['index']} {block['type']}:")
        elif delta is not None and payload["type"] == "content_block_delta":
            told[-1] += "".join(str(v) for k, v in delta.items() if k != "type")
    return told


def test_1_a_whole_call_keeps_its_arguments() -> None:
    whole = ToolCall(id="t", name="f", arguments='{"a":1}')
    sent = wire_of(BlockStarted(index=0, block=whole), BlockEnded(index=0), END)
    assert sent[1]["content_block"] == {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    assert blocks_of(sent) == ['0 tool_use:{"a":1}']


def test_2_arguments_that_come_in_pieces_survive() -> None:
    pieces = [BlockDelta(0, "arguments", piece) for piece in ['{"a"', ":", "1}"]]
    sent = wire_of(BlockStarted(index=0, block=ToolCall(id="t", name="f")), *pieces, END)
    assert blocks_of(sent) == ['0 tool_use:{"a":1}']


def test_3_the_first_text_after_thinking_is_not_swallowed() -> None:
    sent = wire_of(
        BlockStarted(index=0, block=Thinking()),
        BlockDelta(0, "thinking", "hm"),
        BlockStarted(index=1, block=Text(text="")),
        BlockDelta(1, "text", "first "),
        BlockDelta(1, "text", "second"),
        END,
    )
    assert blocks_of(sent) == ["0 thinking:hm", "1 text:first second"]


def test_4_there_is_no_empty_text_block_before_a_call() -> None:
    sent = wire_of(
        BlockStarted(index=0, block=Text(text="")),
        BlockDelta(0, "text", ""),
        BlockEnded(index=0),
        BlockStarted(index=1, block=ToolCall(id="t", name="f")),
        END,
    )
    assert blocks_of(sent) == ["0 tool_use:"]


def test_5_the_message_starts_once() -> None:
    usage = UsageSeen(Usage(input=1))
    sent = wire_of(usage, usage, START, END, usage)
    assert [payload["type"] for payload in sent].count("message_start") == 1


def test_6_reasoning_alone_is_a_thinking_block_streamed_and_whole() -> None:
    response = ChatResponse(id="x", model="m", choices=(Choice(parts=(Thinking(text="hm"),)),))
    assert DIALECT.chat.encode_response(response, None, Receipt())["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": ""}
    ]
    assert blocks_of(wire_of(*replay(response)[1:])) == ["0 thinking:hm"]


def test_7_a_signature_without_text_is_kept_and_nothing_at_all_is_not() -> None:
    signed = wire_of(BlockStarted(index=0, block=Thinking()), Sealed(0, SIGNED), END)
    assert blocks_of(signed) == ["0 thinking:c2ln"]
    empty = wire_of(BlockStarted(index=0, block=Thinking()), BlockEnded(index=0), END)
    assert blocks_of(empty) == []
    assert contents(write(ask(user("hi"), assistant(Thinking(seal=SIGNED)), user("go"))))[1] == (
        "assistant",
        [{"type": "thinking", "thinking": "", "signature": "c2ln"}],
    )


def test_8_a_second_reasoning_gets_an_index_of_its_own_behind_the_call() -> None:
    sent = wire_of(
        BlockStarted(index=0, block=Thinking(text="one")),
        BlockEnded(index=0),
        BlockStarted(index=1, block=ToolCall(id="t", name="f", arguments="{}")),
        BlockStarted(index=2, block=Thinking(text="two")),
        BlockEnded(index=1),
        BlockEnded(index=2),
        END,
    )
    assert blocks_of(sent) == ["0 thinking:one", "1 tool_use:{}", "2 thinking:two"]


def test_9_indexes_are_counted_never_copied() -> None:
    sent = wire_of(
        BlockStarted(index=4, block=Text(text="a")),
        BlockEnded(index=4),
        BlockStarted(index=9, block=Text(text="b")),
        BlockEnded(index=9),
        END,
    )
    assert blocks_of(sent) == ["0 text:a", "1 text:b"]


def test_10_what_belongs_to_no_started_block_is_not_sent() -> None:
    sent = wire_of(BlockDelta(3, "text", "a"), BlockEnded(index=3), Sealed(3, SIGNED), END)
    assert blocks_of(sent) == []


def test_11_a_finish_without_usage_or_none_at_all_still_ends_the_message() -> None:
    for events in ([END], []):
        sent = wire_of(BlockStarted(index=0, block=Text(text="a")), *events)
        assert [payload["type"] for payload in sent[-2:]] == ["message_delta", "message_stop"]


def test_12_usage_after_the_finish_is_waited_for() -> None:
    early, late = Usage(input=10, output=1), Usage(input=10, output=5, cache_read=7)
    sent = wire_of(UsageSeen(early), END, UsageSeen(late))
    usage = object_at(sent[-2], "usage") or {}
    assert (usage["output_tokens"], usage["cache_read_input_tokens"]) == (5, 7)


def test_13_a_failure_is_an_error_and_no_empty_turn() -> None:
    sent = wire_of(Failed(GatewayError(Kind.UPSTREAM_DOWN, "gone")))
    assert [payload["type"] for payload in sent] == ["error"]
    broken = encoded(decoded([stream({"type": "message_start", "message": {"id": "m"}})]))
    assert [payload["type"] for payload in payloads(broken)][-1] == "error"


def test_14_parallel_calls_get_indexes_of_their_own() -> None:
    calls: list[Event] = [
        BlockStarted(index=n, block=ToolCall(id=f"t{n}", name="f")) for n in range(3)
    ]
    mixed: list[Event] = [
        BlockDelta(n, "arguments", piece) for piece in ['{"n"', ":1}"] for n in range(3)
    ]
    assert blocks_of(wire_of(*calls, *mixed, END)) == [
        '0 tool_use:{"n":1}',
        '1 tool_use:{"n":1}',
        '2 tool_use:{"n":1}',
    ]


def test_15_two_encoders_share_nothing() -> None:
    events: list[Event] = [START, BlockStarted(index=0, block=Text(text="a")), END]
    assert encoded(events) == encoded(events)


def test_16_text_after_a_thought_is_text() -> None:
    sent = wire_of(
        BlockStarted(index=0, block=Thinking(text="hm")),
        BlockStarted(index=1, block=Text(text="so")),
        END,
    )
    assert blocks_of(sent) == ["0 thinking:hm", "1 text:so"]


def test_17_a_stream_made_of_a_whole_answer_has_its_signature() -> None:
    thinking = Thinking(text="hm", seal=SIGNED)
    response = ChatResponse(id="x", model="m", choices=(Choice(parts=(thinking,)),))
    assert collect(decoded([encoded(replay(response))])).parts == (thinking,)


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("source", ["gemini", "responses"])
def test_39_a_foreign_seal_comes_back_to_its_provider_and_to_nobody_else(
    source: str, streamed: bool
) -> None:
    kind: Literal["thought", "encrypted"] = "thought" if source == "gemini" else "encrypted"
    seal = Seal(dialect=source, kind=kind, data="c2VhbA==")
    parts = (Thinking(text="hm", seal=seal), replace(call(), seal=seal))
    body = answered(*parts, streamed=streamed)
    assert DIALECT.must_rewrite(body, Traits())
    request = native(messages=list_at(body, "messages"))
    came_back = request.messages[1].parts
    assert [part.seal for part in came_back if isinstance(part, Thinking | ToolCall)] == [seal] * 2
    receipt = Receipt()
    sent = DIALECT.chat.encode_request(request, OFFICIAL, receipt).body
    assert b"c2VhbA" not in dump(sent)
    assert [str(note) for note in receipt.notes] == [
        "dropped messages[1].parts[0] (thinking that Anthropic did not sign)",
        f"dropped messages[1].parts[1].seal (a signature that only {source} reads)",
    ]
    for name, other in discover("plexus.transforms.dialects", "DIALECT").items():
        encoded_ = other.chat.encode_request(request, Traits(), Receipt())
        assert (b"c2VhbA" in dump(encoded_.body)) is (name == source)


def answered(*parts: Part, streamed: bool) -> JsonObject:
    """The next turn's body of a client that got an answer."""
    response = ChatResponse(id="x", model="m", choices=(Choice(parts=parts, stop=Stop.TOOL),))
    if streamed:
        answer = sdk_message(encoded(replay(response)))
    else:
        answer = DIALECT.chat.encode_response(response, None, Receipt())
    used: JsonObject = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "seen"}
    return {
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": answer["content"]},
            {"role": "user", "content": [used]},
        ]
    }


def test_41_order_and_number_of_sealed_blocks_are_kept() -> None:
    redacted = Thinking(seal=Seal(dialect="messages", kind="redacted", data="ZA=="))
    signed = Thinking(text="hm", seal=SIGNED)
    parts = (signed, redacted, call(), redacted, signed, call("toolu_2"))
    _, blocks = contents(write(ask(user("hi"), assistant(*parts))))[1]
    assert [b["type"] for b in blocks if isinstance(b, dict)] == [
        "thinking",
        "redacted_thinking",
        "tool_use",
        "redacted_thinking",
        "thinking",
        "tool_use",
    ]


def test_42_foreign_and_empty_signatures_go_text_and_calls_stay() -> None:
    foreign = Thinking(text="a", seal=Seal(dialect="responses", kind="encrypted", data="x"))
    request = ask(user("hi"), assistant(foreign, Thinking(text="b"), "so", call()), user(result()))
    _, blocks = contents(write(request))[1]
    assert [b["type"] for b in blocks if isinstance(b, dict)] == ["text", "tool_use"]
    assert notes(request) == ["dropped messages[1].parts[0]", "dropped messages[1].parts[1]"]


def test_43_signed_thinking_is_not_changed_by_a_byte() -> None:
    block: JsonObject = {"type": "thinking", "thinking": " é\n\n", "signature": "Eo8B+/=="}
    turns: list[JsonObject] = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [block, block]},
        {"role": "user", "content": "go"},
    ]
    assert contents(write(native(messages=[*turns])))[1] == ("assistant", [block, block])


def test_44_history_without_thinking_turns_thinking_off() -> None:
    loop = ask(user("hi"), assistant(call()), user(result()))
    request = replace(loop, reasoning=Reasoning(effort="low"))
    assert "thinking" not in write(request)
    assert notes(request) == ["coerced reasoning"]


def test_45_a_thinking_block_has_a_signature_key() -> None:
    response = ChatResponse(id="x", model="m", choices=(Choice(parts=(Thinking(text="a"),)),))
    (block,) = DIALECT.chat.decode_response(
        DIALECT.chat.encode_response(response, None, Receipt())
    ).parts
    assert block == Thinking(text="a")
    assert b'"signature":""' in encoded(replay(response))


def test_46_reasoning_of_others_does_not_vanish_in_silence() -> None:
    foreign = Thinking(text="a", seal=Seal(dialect="responses", kind="encrypted", data="x"))
    request = replace(
        ask(user("hi"), assistant(foreign, "so"), user("go")), reasoning=Reasoning(effort="low")
    )
    assert notes(request) == ["dropped messages[1].parts[0]"]
    assert write(request)["thinking"] == {"type": "enabled", "budget_tokens": 2048}


def test_49_effort_sets_what_the_models_family_wants() -> None:
    request = replace(ask(), reasoning=Reasoning(effort="high"), max_output=None)
    assert write(request)["thinking"] == {"type": "enabled", "budget_tokens": 16384}
    adaptive = write(request, replace(OFFICIAL, thinking="adaptive"))
    assert (adaptive["thinking"], adaptive["output_config"]) == (
        {"type": "adaptive"},
        {"effort": "high"},
    )


def test_50_a_budget_has_its_place_below_the_limit() -> None:
    request = replace(ask(), reasoning=Reasoning(budget=100), max_output=None)
    body = write(request)
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 1024}
    assert body["max_tokens"] == 4096
    check_request(body)


def test_51_forced_calls_and_thinking_do_not_meet() -> None:
    request = replace(
        ask(),
        reasoning=Reasoning(effort="low"),
        tools=(ToolSpec(name="f"),),
        tool_choice=ToolChoice(mode="named", names=("f",)),
    )
    body = write(request)
    assert "thinking" not in body
    assert body["tool_choice"] == {"type": "tool", "name": "f"}


def test_52_results_come_first_complete_and_in_order() -> None:
    request = ask(
        user("hi"),
        assistant(call("a"), call("b"), call("c")),
        user("wait", result("c"), result("x")),
        user(result("a")),
        assistant("so"),
    )
    body = write(request)
    check_request(body)
    _, blocks = contents(body)[2]
    assert [b.get("tool_use_id", b["type"]) for b in blocks if isinstance(b, dict)] == [
        "a",
        "b",
        "c",
        "text",
        "text",
    ]


def test_55_an_empty_text_beside_a_call_is_no_block() -> None:
    _, blocks = contents(write(ask(user("hi"), assistant("", call()), user(result()))))[1]
    assert [b["type"] for b in blocks if isinstance(b, dict)] == ["tool_use"]


def test_56_odd_ids_are_mended_alike_in_call_and_result() -> None:
    odd = ["functions.Bash:0", "call|1", "x" * 100, ""]
    request = ask(
        user("hi"), assistant(*(call(one) for one in odd)), user(*(result(one) for one in odd))
    )
    check_request(write(request))
    assert [note for note in notes(request) if "invented" in note] == []


def test_59_an_image_in_a_result_reaches_the_model() -> None:
    image = Media(kind="image", mime="image/png", data="iVBORw0KGgo=")
    seen = ToolResult(call_id="toolu_1", parts=(Text(text="look"), image))
    _, blocks = contents(write(ask(user("hi"), assistant(call()), user(seen))))[2]
    (block,) = [b for b in blocks if isinstance(b, dict)]
    assert block["content"] == [
        {"type": "text", "text": "look"},
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
        },
    ]


def test_60_a_server_tools_call_does_not_become_the_clients() -> None:
    raw: JsonObject = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    (part,) = DIALECT.chat.decode_response({"content": [raw]}).parts
    assert part == Opaque(dialect="messages", raw=raw)
    turns: list[JsonObject] = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [raw]},
    ]
    assert contents(write(native(messages=[*turns])))[1] == ("assistant", [raw])


def test_64_many_system_prompts_lead_together() -> None:
    body = write(ask(turn("system", "a"), turn("developer", "b"), turn("system", "c"), user("hi")))
    assert body["system"] == [{"type": "text", "text": words} for words in "abc"]


def test_65_dated_tools_do_not_go_to_compatible_servers() -> None:
    dated = ServerTool(dialect="messages", raw={"type": "bash_20250124", "name": "bash"})
    request = replace(ask(), tools=(dated, ToolSpec(name="f")))
    tools = objects_at(write(request, Traits()), "tools")
    assert [tool["name"] for tool in tools] == ["f"]


def test_66_no_choice_goes_without_tools() -> None:
    assert "tool_choice" not in write(replace(ask(), tool_choice=ToolChoice(mode="auto")))
    assert "tool_choice" not in write(native(tool_choice={"type": "auto"}, tools=[]))


def test_67_no_arguments_are_an_empty_object_both_ways() -> None:
    _, blocks = contents(write(ask(user("hi"), assistant(call(arguments="")), user(result()))))[1]
    assert blocks == [{"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}]
    events = decoded(
        [
            stream(
                {
                    "type": "content_block_start",
                    "index": 0,
                    "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}},
                },
                {
                    "type": "content_block_delta",
                    "index": 0,
                    "delta": {"type": "input_json_delta", "partial_json": ""},
                },
                {"type": "message_stop"},
            )
        ]
    )
    assert collect(events).parts == (ToolCall(id="t", name="f", arguments="{}"),)


def test_68_input_tokens_leave_out_what_was_cached() -> None:
    usage = Usage(input=20, cache_read=80, cache_write=5, output=3)
    written = DIALECT.chat.encode_response(
        ChatResponse(id="x", model="m", usage=usage), None, Receipt()
    )["usage"]
    assert written == {
        "input_tokens": 20,
        "cache_read_input_tokens": 80,
        "cache_creation_input_tokens": 5,
        "output_tokens": 3,
    }


def test_70_a_garbled_call_is_no_silent_stop() -> None:
    sent = wire_of(Finished(stop=Stop.MALFORMED))
    assert sent[-1]["type"] == "error"


def test_71_cache_marks_of_other_formats_survive() -> None:
    mark = CacheMark()
    request = replace(
        ask(
            Message(role="system", parts=(Text(text="s", cache=mark),)),
            user("hi"),
            assistant(Text(text="so", cache=mark)),
            user("go"),
        ),
        tools=(ToolSpec(name="f", cache=mark),),
    )
    body = write(request)
    assert str(body).count("'cache_control': {'type': 'ephemeral'}") == 3


def test_75_claude_codes_user_id_does_not_go_to_compatible_servers() -> None:
    request = native(metadata={"user_id": '{"device_id":"7b7f","session_id":"f88d"}'})
    assert "metadata" in write(request)
    assert "metadata" not in write(request, Traits())
