"""What real gateways got wrong (wire-formats.md §10), case by case, on chat's side of the fence.

The number in a name is that of the case.
"""

from __future__ import annotations

from typing import Any

from plexus.transforms.codec import Traits
from plexus.transforms.events import BlockStarted, Failed, Finished, UsageSeen
from plexus.transforms.ir import (
    CacheMark,
    Media,
    Opaque,
    Reasoning,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    ToolChoice,
    ToolResult,
    ToolSpec,
    Usage,
)
from tests.transforms.dialects.openai_chat.making import (
    answer,
    assistant,
    block,
    body,
    call,
    chunk,
    completion,
    decoded,
    deltas,
    encoded,
    events_of,
    foreign,
    frames,
    message_of,
    noted,
    read,
    said,
    started,
    stream,
    streamed,
    tool,
    user,
    written,
)

END = Finished(stop=Stop.END)


def _finishes(told: list[Any]) -> list[str]:
    reasons = [
        f["choices"][0]["finish_reason"] for f in told if isinstance(f, dict) if f["choices"]
    ]
    return [reason for reason in reasons if reason is not None]


def test_6_a_reasoning_only_answer_is_a_thought_streamed_or_not() -> None:
    whole = read(completion({"content": None, "reasoning_content": "why"}))
    piecewise = streamed(chunk({"reasoning_content": "why"}), chunk({}, "stop"))

    assert [type(part) for part in whole.parts] == [Thinking]
    assert [type(part) for part in piecewise.parts] == [Thinking]


def test_12_usage_with_the_finish_and_again_later_is_merged() -> None:
    early = {"prompt_tokens": 10, "completion_tokens": 4}
    late = {**early, "prompt_tokens_details": {"cached_tokens": 8}}

    usage = streamed(
        chunk({"content": "a"}, "stop", usage=early), {"choices": [], "usage": late}
    ).usage

    assert usage is not None
    assert (usage.cache_read, usage.output) == (8, 4)


def test_14_parallel_calls_are_distinct_blocks() -> None:
    events = events_of(
        stream(
            chunk({"tool_calls": [{"index": 0, **call("a")}, {"index": 1, **call("b")}]}),
            chunk({}, "tool_calls"),
        )
    )

    opened = [e for e in events if isinstance(e, BlockStarted)]
    assert [(e.index, getattr(e.block, "id", None)) for e in opened] == [(0, "a"), (1, "b")]


def test_18_calls_count_from_zero_behind_text_and_thoughts() -> None:
    told: Any = deltas(
        [
            started(),
            *block(0, Thinking(), "thinking", "t"),
            *block(1, Text(text=""), "text", "a"),
            *block(2, ToolCall(id="c", name="f"), "arguments", "{}"),
            END,
        ]
    )

    assert [d["tool_calls"][0]["index"] for d in told if "tool_calls" in d] == [0, 0]


def test_19_a_natural_stop_after_calls_is_tool_calls() -> None:
    told = frames([started(), *block(0, ToolCall(id="c", name="f", arguments="{}")), END])

    assert _finishes(told) == ["tool_calls"]


def test_20_only_the_last_chunk_has_a_finish_reason() -> None:
    told = frames(
        events_of(stream(chunk({"content": "a"}, "stop"), chunk({"content": "b"}, "stop")))
    )

    assert _finishes(told) == ["stop"]


def test_21_a_stream_without_a_finish_gets_one() -> None:
    assert _finishes(frames([started(), *block(0, Text(text=""), "text", "a")])) == ["stop"]


def test_23_no_vendors_own_word_for_the_limit_leaks() -> None:
    assert written(answer(Text(text="a"), stop=Stop.LENGTH))["choices"][0]["finish_reason"] == (
        "length"
    )


def test_25_an_upstream_error_in_mid_stream_is_told() -> None:
    events = events_of(stream(chunk({"content": "a"}), 'data: {"error":{"message":"boom"}}\n\n'))

    assert isinstance(events[-1], Failed)
    assert frames(events)[-2]["error"]["message"] == "boom"


def test_26_server_tools_add_nothing_to_the_clients_calls() -> None:
    told: Any = deltas(
        [
            started(),
            *block(0, Opaque(dialect="messages", raw={"type": "server_tool_use"})),
            *block(1, ToolCall(id="c", name="f"), "arguments", '{"a":1}'),
            END,
        ]
    )

    arguments = "".join(d["tool_calls"][0]["function"].get("arguments", "") for d in told)
    assert arguments == '{"a":1}'


def test_27_thoughts_do_not_go_into_the_content() -> None:
    assert message_of(answer(Thinking(text="why"), Text(text="a"))) == {
        "role": "assistant",
        "content": "a",
        "reasoning_content": "why",
    }


def test_28_every_chunk_has_the_same_id_and_time_and_arguments_are_text() -> None:
    told = frames(
        [started(), *block(0, ToolCall(id="c", name="f", arguments='{"a":1}')), END,
         UsageSeen(Usage(input=1))]
    )  # fmt: skip

    assert {(f["id"], f["created"], f["model"]) for f in told[:-1]} == {("chatcmpl-r1", 5, "m")}
    assert told[1]["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"] == '{"a":1}'


def test_29_data_lines_need_no_space() -> None:
    data = stream(chunk({"content": "a"}, "stop"))

    assert events_of(data.replace(b"data: ", b"data:")) == events_of(data)


def test_40_a_gemini_signature_survives_a_plain_chat_client() -> None:
    seal = Seal(dialect="gemini", kind="thought", data="s")
    shown = message_of(answer(ToolCall(id="c", name="f", arguments="{}", seal=seal)))

    sent_back = decoded(body(user("hi"), shown, tool("c", "ok"))).messages[1].parts[0]

    assert isinstance(sent_back, ToolCall) and sent_back.seal == seal


def test_41_openrouters_encrypted_details_are_sent_back_to_it() -> None:
    detail = {"type": "reasoning.encrypted", "data": "d", "format": "google-gemini-v1", "id": "c",
              "index": 0}  # fmt: skip
    message = assistant(None, tool_calls=[call("c")], reasoning_details=[detail])

    raw = body(user("hi"), message, tool("c", "ok"))

    assert encoded(decoded(raw))["messages"][1]["reasoning_details"] == [detail]


def test_47_reasoning_items_reach_the_turn_with_the_calls() -> None:
    request = foreign(
        said("user", "hi"),
        said("assistant", Thinking(text="why")),
        said("assistant", ToolCall(id="c", name="f", arguments="{}")),
        said("user", ToolResult(call_id="c", parts=(Text(text="ok"),))),
    )

    turn = encoded(request, Traits(reasoning_field="reasoning_content"))["messages"][1]

    assert turn == assistant(None, tool_calls=[call("c")], reasoning_content="why")


def test_48_a_provider_that_wants_its_thoughts_back_gets_them_unasked() -> None:
    raw = body(user("hi"), assistant("a", reasoning_content="why"), user("go on"))

    assert encoded(decoded(raw), Traits(reasoning_field="reasoning_content")) == raw


def test_52_a_result_stands_right_behind_its_call() -> None:
    request = foreign(
        said("assistant", ToolCall(id="c", name="f", arguments="{}")),
        said("user", "by the way", ToolResult(call_id="c", parts=(Text(text="ok"),))),
    )

    assert [message["role"] for message in encoded(request)["messages"]] == [
        "assistant", "tool", "user",
    ]  # fmt: skip


def test_55_an_empty_text_beside_calls_is_no_text() -> None:
    (turn,) = encoded(foreign(said("assistant", "", ToolCall(id="c", name="f", arguments="{}"))))[
        "messages"
    ][:1]

    assert turn["content"] in (None, "")
    read_back = decoded(body(assistant("", tool_calls=[call("c")]), tool("c", "x"))).messages[0]
    assert [type(part) for part in read_back.parts] == [ToolCall]


def test_56_strange_ids_are_mapped_alike_in_call_and_result() -> None:
    request = foreign(
        said("assistant", ToolCall(id="functions.Bash:0", name="Bash", arguments="{}")),
        said("user", ToolResult(call_id="functions.Bash:0")),
    )

    turn, result = encoded(request, Traits(tool_id="safe"))["messages"]

    assert turn["tool_calls"][0]["id"] == result["tool_call_id"]
    assert result["tool_call_id"].startswith("functions_Bash_0_")


def test_59_a_tools_picture_reaches_the_model() -> None:
    picture = Media(kind="image", mime="image/png", data="AA")
    request = foreign(
        said("assistant", ToolCall(id="a", name="f"), ToolCall(id="b", name="f")),
        said("user", ToolResult(call_id="a", parts=(picture,)), ToolResult(call_id="b")),
    )

    messages = encoded(request)["messages"]

    assert [message["role"] for message in messages] == ["assistant", "tool", "tool", "user"]
    assert messages[-1]["content"][-1]["image_url"]["url"] == "data:image/png;base64,AA"


def test_60_a_server_tools_trace_does_not_become_a_call() -> None:
    request = foreign(
        said("user", "hi"),
        said("assistant", Opaque(dialect="messages", raw={"type": "server_tool_use"}), "found"),
    )

    assert encoded(request)["messages"][1] == assistant("found")


def test_64_several_prompts_become_one_for_a_strict_template() -> None:
    request = foreign(
        said("user", "hi"), said("system", "b"), said("developer", "c"), system=(Text(text="a"),)
    )

    roles = [m["role"] for m in encoded(request, Traits(inline_system=False))["messages"]]

    assert roles == ["system", "user"]


def test_66_no_choice_is_sent_without_tools() -> None:
    assert "tool_choice" not in encoded(foreign(tool_choice=ToolChoice(mode="required")))


def test_67_blank_arguments_are_an_empty_object() -> None:
    request = foreign(said("assistant", ToolCall(id="c", name="f", arguments="")))

    assert encoded(request)["messages"][0]["tool_calls"] == [call("c")]
    assert message_of(answer(ToolCall(id="c", name="f", arguments="")))["tool_calls"] == [call("c")]


def test_68_the_uncached_input_excludes_what_was_cached() -> None:
    raw = {"prompt_tokens": 100, "completion_tokens": 1,
           "prompt_tokens_details": {"cached_tokens": 90}}  # fmt: skip

    usage = read(completion({"content": "a"}, usage=raw)).usage

    assert usage is not None and (usage.input, usage.cache_read) == (10, 90)


def test_69_thoughts_are_part_of_the_completion() -> None:
    raw = written(answer(Text(text="a"), usage=Usage(input=1, output=30, reasoning=20)))["usage"]

    assert raw["completion_tokens"] == 30
    assert raw["completion_tokens_details"] == {"reasoning_tokens": 20}


def test_70_an_unreadable_call_is_no_silent_stop() -> None:
    assert "error" in frames([started(), Finished(stop=Stop.MALFORMED)])[-1]


def test_71_cache_marks_are_read_on_every_kind_of_message() -> None:
    mark: Any = {"cache_control": {"type": "ephemeral"}}
    text: Any = {"type": "text", "text": "a", **mark}

    request = decoded(
        body(
            {"role": "system", "content": [text]},
            assistant([text], tool_calls=[call("c")]),
            tool("c", [text]),
            tools=[{"type": "function", "function": {"name": "f"}, **mark}],
        )
    )

    marks = [getattr(m.parts[0], "cache", None) for m in request.messages[:2]]
    (result,) = request.messages[2].parts
    assert marks == [CacheMark(), CacheMark()]
    assert isinstance(result, ToolResult)
    assert getattr(result.parts[0], "cache", None) == CacheMark()
    assert isinstance(request.tools[0], ToolSpec) and request.tools[0].cache == CacheMark()


def test_73_no_effort_really_switches_thinking_off_or_says_that_it_cannot() -> None:
    off = foreign(reasoning=Reasoning(mode="off"))

    assert encoded(off)["reasoning_effort"] == "none"
    assert encoded(off, Traits(effort="reasoning"))["reasoning"] == {"enabled": False}
    assert noted(off, Traits(effort=None)) == [
        "dropped reasoning (this model cannot be told how much to think)"
    ]


def test_75_claude_codes_user_id_is_not_forwarded() -> None:
    request = foreign(user="user_0_account__session_1", metadata={"user_id": "x"})

    assert encoded(request).keys() == {"model", "messages"}
