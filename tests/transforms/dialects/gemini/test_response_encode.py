"""Whole answers for Gemini clients."""

from __future__ import annotations

import pytest

from plexus.transforms.codec import Receipt
from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.dialects.gemini.response_decode import decode_response
from plexus.transforms.dialects.gemini.response_encode import encode_response, finish
from plexus.transforms.ir import (
    ChatResponse,
    Choice,
    Citation,
    Opaque,
    Part,
    Refusal,
    Stop,
    Text,
    ToolCall,
    Usage,
)
from plexus.transforms.wire import Json, JsonObject, objects_at
from tests.transforms.dialects.gemini.rules import check_answer, notes


def written(*choices: Choice, usage: Usage | None = None) -> tuple[JsonObject, list[str]]:
    receipt = Receipt()
    answer = ChatResponse(id="r1", model="m", choices=choices, usage=usage)
    body = encode_response(answer, None, receipt)
    check_answer(body)
    return body, notes(receipt)


def candidate(choice: Choice) -> JsonObject:
    return objects_at(written(choice)[0], "candidates")[0]


def test_a_plain_answer() -> None:
    choice = Choice(parts=(Text(text="hi"),))
    assert written(choice, usage=Usage(input=1, output=2)) == (
        {
            "candidates": [
                {
                    "content": {"role": "model", "parts": [{"text": "hi"}]},
                    "finishReason": "STOP",
                    "index": 0,
                }
            ],
            "usageMetadata": {
                "promptTokenCount": 1,
                "candidatesTokenCount": 2,
                "totalTokenCount": 3,
            },
            "modelVersion": "m",
            "responseId": "r1",
        },
        [],
    )


def test_several_choices_are_numbered_candidates() -> None:
    body, _ = written(Choice(parts=(Text(text="a"),)), Choice(parts=(Text(text="b"),)))
    assert [c["index"] for c in objects_at(body, "candidates")] == [0, 1]


def test_an_empty_answer_is_a_candidate_without_parts() -> None:
    assert candidate(Choice()) == {
        "content": {"role": "model"},
        "finishReason": "STOP",
        "index": 0,
    }


def test_what_cannot_be_told_is_noted() -> None:
    foreign: Part = Opaque(dialect="messages", raw={})
    assert written(Choice(parts=(foreign,)))[1] == ["dropped choices[0].parts[0]"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(stop=Stop.LENGTH), {"finishReason": "MAX_TOKENS"}),
        (Choice(stop=Stop.SEQUENCE, stop_sequence="x"), {"finishReason": "STOP"}),
        (Choice(stop=Stop.TOOL, parts=(ToolCall(id="c", name="f"),)), {"finishReason": "STOP"}),
        (
            Choice(stop=Stop.FILTER, stop_detail="why"),
            {"finishReason": "SAFETY", "finishMessage": "why"},
        ),
        (Choice(stop=Stop.MALFORMED), {"finishReason": "MALFORMED_FUNCTION_CALL"}),
        (Choice(parts=(Refusal(text="no"),)), {"finishReason": "SAFETY"}),
        (Choice(parts=(Refusal(text="no"),), stop=Stop.LENGTH), {"finishReason": "MAX_TOKENS"}),
    ],
)
def test_edge_case_23_a_stop_is_a_finish_reason(choice: Choice, expected: JsonObject) -> None:
    found = candidate(choice)
    assert {key: found[key] for key in found if key.startswith("finish")} == expected


@pytest.mark.parametrize(
    ("kept", "stop", "calls", "expected"),
    [
        ({"finishReason": "RECITATION"}, Stop.FILTER, False, {"finishReason": "RECITATION"}),
        ({"finishReason": "STOP"}, Stop.TOOL, True, {"finishReason": "STOP"}),
        ({"finishReason": "STOP"}, Stop.LENGTH, False, {"finishReason": "MAX_TOKENS"}),
        ({}, Stop.END, False, {}),
        (
            {"finishReason": "STOP", "finishMessage": "m"},
            Stop.END,
            False,
            {"finishReason": "STOP", "finishMessage": "m"},
        ),
    ],
)
def test_geminis_own_reason_comes_back_if_it_still_holds(
    kept: JsonObject, stop: Stop, calls: bool, expected: JsonObject
) -> None:
    assert finish(stop, None, mark(kept), calls=calls, refused=False) == expected


def test_citations_become_grounding() -> None:
    cited = Text(text="Größe", citations=(Citation(url="https://a.example", start=2, end=5),))
    found = candidate(Choice(parts=(Text(text="x"), cited)))
    assert found["groundingMetadata"] == {
        "groundingChunks": [{"web": {"uri": "https://a.example"}}],
        "groundingSupports": [
            {
                "segment": {"partIndex": 1, "startIndex": 2, "endIndex": 7, "text": "öße"},
                "groundingChunkIndices": [0],
            }
        ],
    }


def test_probabilities_are_written() -> None:
    logprobs: Json = [{"token": "a", "logprob": -1, "top_logprobs": []}]
    assert candidate(Choice(logprobs=logprobs))["logprobsResult"] == {
        "chosenCandidates": [{"token": "a", "logProbability": -1}],
        "topCandidates": [{"candidates": []}],
    }


@pytest.mark.parametrize(
    "body",
    [
        {"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": "m"},
        {"usageMetadata": {"trafficType": "ON_DEMAND"}, "responseId": "r"},
        {
            "candidates": [
                {
                    "content": {"role": "model", "parts": [{"text": "hi"}], "strange": 1},
                    "index": 0,
                    "groundingMetadata": {
                        "groundingChunks": [{"web": {"uri": "https://a.example"}}],
                        "searchEntryPoint": {"renderedContent": "<b>"},
                    },
                    "avgLogprobs": -0.5,
                }
            ],
            "modelStatus": {"a": 1},
        },
    ],
)
def test_an_answer_of_geminis_comes_back_as_it_was(body: JsonObject) -> None:
    receipt = Receipt()
    assert encode_response(decode_response(body), None, receipt) == body
    assert receipt.notes == ()
