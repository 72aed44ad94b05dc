"""Any events become a well-formed chat stream."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.chat import ChatCompletionChunk

from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import (
    BlockDelta,
    BlockEnded,
    BlockStarted,
    Cited,
    Failed,
    Finished,
    LogProbs,
    Sealed,
    Segmented,
    Started,
    UsageSeen,
)
from plexus.transforms.ir import Citation, Refusal, Seal, Stop, Text, Thinking, ToolCall, Usage
from tests.transforms.dialects.openai_chat.making import (
    block,
    body,
    decoded,
    deltas,
    foreign,
    frames,
    started,
    stream_for,
)

END = Finished(stop=Stop.END)
TEXT = block(0, Text(text=""), "text", "a", "b")


def test_a_plain_answer_is_a_plain_stream() -> None:
    told = frames([started(), *TEXT, END, UsageSeen(Usage(input=1, output=2))])

    assert [_gist(frame) for frame in told] == [
        ({"role": "assistant", "content": ""}, None),
        ({"content": "a"}, None),
        ({"content": "b"}, None),
        ({}, "stop"),
        "usage",
        "[DONE]",
    ]
    assert {(f["id"], f["object"], f["created"], f["model"]) for f in told[:-1]} == {
        ("chatcmpl-r1", "chat.completion.chunk", 5, "m")
    }
    for frame in told[:-1]:
        ChatCompletionChunk.model_validate(frame)


def _gist(frame: Any) -> Any:
    if isinstance(frame, str) or "error" in frame:
        return frame
    if not frame["choices"]:
        return "usage"
    (choice,) = frame["choices"]
    return (choice["delta"], choice["finish_reason"])


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (None, True),
        (foreign(), True),
        (decoded(body(stream=True)), False),
        (decoded(body(stream=True, stream_options={"include_usage": True})), True),
    ],
)
def test_a_usage_frame_comes_only_if_it_is_wanted(request_: Any, wanted: bool) -> None:
    told = frames([started(), END, UsageSeen(Usage(input=1)), UsageSeen(Usage(output=2))], request_)

    usages = [f["usage"] for f in told[:-1] if "usage" in f]
    assert [(u["prompt_tokens"], u["completion_tokens"]) for u in usages] == (
        [(1, 2)] if wanted else []
    )


def test_without_a_report_there_is_no_usage_frame() -> None:
    assert "usage" not in [_gist(frame) for frame in frames([started(), END])]


def test_nothing_at_all_is_still_a_finished_answer() -> None:
    told = frames([], decoded(body()))

    assert [_gist(frame) for frame in told] == [
        ({"role": "assistant", "content": ""}, None), ({}, "stop"), "[DONE]",
    ]  # fmt: skip
    assert (told[0]["id"], told[0]["model"], told[0]["created"]) == ("chatcmpl-plexus", "m", 0)


def test_calls_are_counted_from_zero_and_end_with_tool_calls() -> None:
    events = [
        started(),
        *TEXT,
        *block(1, ToolCall(id="a", name="f"), "arguments", "{}"),
        *block(2, ToolCall(id="b", name="g"), "arguments", "{}"),
        Finished(stop=Stop.END),
    ]

    told = frames(events)

    calls = [f["choices"][0]["delta"]["tool_calls"][0] for f in told[3:-2]]
    assert [(c["index"], c.get("id")) for c in calls] == [(0, "a"), (0, None), (1, "b"), (1, None)]
    assert _gist(told[-2]) == ({}, "tool_calls")


@pytest.mark.parametrize(
    ("stop", "reason"),
    [(Stop.LENGTH, "length"), (Stop.SEQUENCE, "stop"), (Stop.FILTER, "content_filter"),
     (Stop.REFUSAL, "content_filter"), (Stop.PAUSE, "stop"), (Stop.CONTEXT, "length")],
)  # fmt: skip
def test_the_stop_is_told_in_openais_words(stop: Stop, reason: str) -> None:
    told = frames([started(), *TEXT, Finished(stop=stop)])

    assert _gist(told[-2]) == ({}, reason)


def test_a_refusal_in_words_stops_naturally() -> None:
    events = [
        started(), *block(0, Refusal(text=""), "refusal", "no"), Finished(stop=Stop.REFUSAL),
    ]  # fmt: skip

    assert _gist(frames(events)[-2]) == ({}, "stop")


def test_several_choices_have_each_a_role_and_a_finish() -> None:
    told = frames(
        [
            started(),
            BlockStarted(index=0, block=Text(text="a")),
            BlockStarted(index=1, block=Text(text="x"), choice=1),
            BlockDelta(0, "text", "b"),
            Finished(stop=Stop.END, choice=1),
            Finished(stop=Stop.LENGTH),
        ]
    )

    assert [(f["choices"][0]["index"], *_gist(f)) for f in told[:-1]] == [
        (0, {"role": "assistant", "content": ""}, None),
        (0, {"content": "a"}, None),
        (1, {"role": "assistant", "content": ""}, None),
        (1, {"content": "x"}, None),
        (0, {"content": "b"}, None),
        (1, {}, "stop"),
        (0, {}, "length"),
    ]


def test_an_event_of_a_later_choice_alone_still_gives_the_first_one() -> None:
    told = frames([BlockStarted(index=0, block=Text(text="x"), choice=1)])

    assert [f["choices"][0]["index"] for f in told[:-1]] == [0, 1, 1, 0, 1]


def test_a_failure_is_told_and_the_stream_is_done() -> None:
    error = GatewayError(Kind.OVERLOADED, "busy", code="overloaded")

    told = frames([started(), *TEXT, Failed(error), *TEXT, END])

    assert told[-2:] == [
        {
            "error": {
                "message": "busy",
                "type": "server_error",
                "param": None,
                "code": "overloaded",
            }
        },
        "[DONE]",
    ]
    assert frames([Failed(error)])[-1] == "[DONE]"


def test_an_unreadable_call_is_an_error_and_not_a_silent_stop() -> None:
    told = frames([started(), Finished(stop=Stop.MALFORMED), END])

    assert told[-1]["error"]["code"] == "upstream_malformed_function_call"


def test_what_comes_after_a_finish_is_not_told() -> None:
    told = frames([started(), END, *TEXT, END, LogProbs([]), Started(id="again", model="x")])

    assert [_gist(frame) for frame in told] == [
        ({"role": "assistant", "content": ""}, None), ({}, "stop"), "[DONE]",
    ]  # fmt: skip


def test_open_blocks_end_before_the_finish() -> None:
    seal = Seal(dialect="messages", kind="signature", data="s")

    told = deltas(
        [started(), BlockStarted(index=0, block=Thinking(text="t", seal=seal)),
         BlockStarted(index=1, block=ToolCall(id="a", name="f"))]
    )  # fmt: skip

    assert [list(delta) for delta in told] == [
        ["reasoning_content"], ["tool_calls"], ["reasoning_details"], ["tool_calls"],
    ]  # fmt: skip


def test_log_probabilities_are_told_beside_an_empty_delta() -> None:
    told = frames([started(), LogProbs([{"token": "a"}])])

    assert told[1]["choices"][0]["logprobs"] == {"content": [{"token": "a"}]}


def test_a_chat_providers_own_fields_go_on() -> None:
    told = frames(
        [
            Started(id="gen-1", model="m", created=1, ext={"chat": {"provider": "P"}}),
            Finished(
                stop=Stop.END,
                ext={
                    "chat": {
                        "finish_reason": "eos",
                        "native_finish_reason": "EOS",
                        "message": {"name": "bot"},
                        "response": {"citations": ["u"]},
                    }
                },
            ),
        ]
    )

    assert (told[0]["id"], told[0]["provider"]) == ("gen-1", "P")
    assert told[1]["citations"] == ["u"]
    assert told[1]["choices"] == [
        {
            "index": 0,
            "delta": {"name": "bot"},
            "finish_reason": "eos",
            "native_finish_reason": "EOS",
        }
    ]


def test_fields_of_another_dialect_stay_out() -> None:
    told = frames([Started(id="i", model="m", ext={"messages": {"container": "c"}}), END])

    assert "container" not in told[0]


def test_a_client_of_old_is_told_of_a_function_call() -> None:
    request = decoded(body(functions=[{"name": "f"}], stream=True))
    events = [started(), *block(0, ToolCall(id="a", name="f"), "arguments", "{}"), END]

    told = frames(events, request)

    assert [_gist(frame) for frame in told[1:-1]] == [
        ({"function_call": {"name": "f", "arguments": ""}}, None),
        ({"function_call": {"arguments": "{}"}}, None),
        ({}, "function_call"),
    ]


def test_seals_segments_and_citations_reach_their_blocks() -> None:
    told = deltas(
        [
            started(),
            BlockStarted(index=0, block=Thinking(segments=("",))),
            BlockDelta(0, "thinking", "a"),
            Segmented(0),
            BlockDelta(0, "thinking", "b"),
            Sealed(0, Seal(dialect="responses", kind="encrypted", data="d", id="rs")),
            BlockEnded(index=0),
            BlockStarted(index=1, block=Text(text="x")),
            Cited(1, Citation(url="u")),
            BlockEnded(index=1),
            END,
        ]
    )

    assert [next(iter(delta)) for delta in told] == [
        "reasoning_content", "reasoning_content", "reasoning_content", "reasoning_details",
        "content", "annotations",
    ]  # fmt: skip
    assert [detail["type"] for detail in told[3]["reasoning_details"]] == [
        "reasoning.summary", "reasoning.summary", "reasoning.encrypted",
    ]  # fmt: skip


def test_a_delta_of_an_unknown_block_is_ignored() -> None:
    assert deltas([started(), BlockDelta(7, "text", "x"), BlockEnded(index=7)]) == []


def test_after_its_close_an_encoder_says_nothing() -> None:
    data = stream_for([started(), *TEXT, END])

    assert data.count(b"[DONE]") == 1
    assert data.count(b'"finish_reason":"stop"') == 1
