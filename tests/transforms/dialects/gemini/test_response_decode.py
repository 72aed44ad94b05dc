"""Whole answers of Gemini."""

from __future__ import annotations

import re

import pytest

from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.dialects.gemini.response_decode import created_at, decode_response
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import (
    ChatResponse,
    Choice,
    Citation,
    Media,
    Opaque,
    Seal,
    Stop,
    Text,
    Thinking,
    ToolCall,
    Usage,
)
from plexus.transforms.wire import Json, JsonObject

SEAL = Seal(dialect="gemini", kind="thought", data="AAAA")


def answer(*parts: JsonObject, **candidate: Json) -> ChatResponse:
    content: JsonObject = {"role": "model", "parts": [*parts]}
    return decode_response({"candidates": [{"content": content, **candidate}], "responseId": "r"})


def test_a_plain_answer() -> None:
    body: JsonObject = {
        "candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2},
        "modelVersion": "m",
        "responseId": "r",
        "createTime": "1970-01-01T00:01:00Z",
    }
    assert decode_response(body) == ChatResponse(
        id="r",
        model="m",
        choices=(
            Choice(parts=(Text(text="hi", ext=mark({})),), ext=mark({"finishReason": "STOP"})),
        ),
        usage=Usage(input=1, output=2, ext=mark({})),
        created=60,
        ext=mark({"createTime": "1970-01-01T00:01:00Z"}),
    )


def test_every_kind_of_part_has_its_block() -> None:
    found = answer(
        {"text": "hm", "thought": True},
        {"text": "hi", "thoughtSignature": "AAAA"},
        {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "AAAA"},
        {"executableCode": {"code": "1"}},
        {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
        {"text": ""},
        {"thoughtSignature": "AAAA"},
    )
    kinds = [type(part) for part in found.parts]
    assert kinds == [Thinking, Text, ToolCall, Opaque, Media, Thinking]
    assert isinstance(found.parts[2], ToolCall)
    assert found.parts[2].seal == SEAL
    assert found.parts[5] == Thinking(seal=SEAL, ext=mark({"thought": False}))


def test_edge_case_19_a_call_that_ends_with_stop_is_a_tool_stop() -> None:
    assert answer({"functionCall": {"name": "f"}}, finishReason="STOP").stop is Stop.TOOL


def test_parallel_calls_without_ids_get_different_ones() -> None:
    call: JsonObject = {"functionCall": {"name": "f"}}
    parts = answer(call, call, call).parts
    ids = {part.id for part in parts if isinstance(part, ToolCall)}
    assert len(ids) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,40}", id_) for id_ in ids)


def test_several_candidates_are_choices_in_order() -> None:
    body: JsonObject = {
        "candidates": [
            {"index": 1, "content": {"parts": [{"text": "b"}]}},
            {"content": {"parts": [{"text": "a"}]}},
        ]
    }
    choices = decode_response(body).choices
    assert [choice.parts for choice in choices] == [
        (Text(text="a", ext=mark({})),),
        (Text(text="b", ext=mark({})),),
    ]


def test_a_blocked_prompt_is_a_filtered_choice() -> None:
    body: JsonObject = {
        "promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "too sharp"}
    }
    found = decode_response(body)
    assert (found.stop, found.choices[0].stop_detail, found.parts) == (
        Stop.FILTER,
        "too sharp",
        (),
    )
    assert found.ext == mark(body)


def test_a_block_without_words_says_its_reason() -> None:
    body: JsonObject = {"promptFeedback": {"blockReason": 4}}
    assert decode_response(body).choices[0].stop_detail == "PROHIBITED_CONTENT"


def test_no_candidate_and_no_reason_is_an_empty_answer() -> None:
    found = decode_response({"usageMetadata": {"promptTokenCount": 3}})
    assert (found.parts, found.stop, found.usage) == (
        (),
        Stop.END,
        Usage(input=3, output=0, ext=mark({})),
    )


def test_edge_case_70_a_malformed_call_is_no_silent_end() -> None:
    found = answer(finishReason="MALFORMED_FUNCTION_CALL", finishMessage="print(f(1))")
    assert (found.stop, found.choices[0].stop_detail) == (Stop.MALFORMED, "print(f(1))")


def test_metadata_without_counts_is_kept() -> None:
    body: JsonObject = {"candidates": [{}], "usageMetadata": {"trafficType": "ON_DEMAND"}}
    found = decode_response(body)
    assert (found.usage, found.ext) == (
        None,
        mark({"usageMetadata": {"trafficType": "ON_DEMAND"}}),
    )


def test_numbers_of_vertex_are_read_as_vertexs() -> None:
    body: JsonObject = {"candidates": [{"finishReason": 9}], "createTime": "2026-01-01T00:00:00Z"}
    assert decode_response(body).stop is Stop.MALFORMED
    assert decode_response({"candidates": [{"finishReason": 9}]}).stop is Stop.FILTER


def test_grounding_becomes_citations_of_its_text() -> None:
    grounding: JsonObject = {
        "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}],
        "groundingSupports": [{"segment": {"endIndex": 2}, "groundingChunkIndices": [0]}],
    }
    found = answer({"text": "hi there"}, groundingMetadata=grounding)
    assert found.parts == (
        Text(
            text="hi there",
            citations=(Citation(url="https://a.example", title="A", start=0, end=2),),
            ext=mark({}),
        ),
    )
    assert found.choices[0].ext == mark({"groundingMetadata": grounding})


def test_citations_of_a_missing_text_are_left_to_the_metadata() -> None:
    source: JsonObject = {"uri": "https://a.example"}
    found = answer({"functionCall": {"name": "f"}}, citationMetadata={"citations": [source]})
    assert found.choices[0].ext == mark({"citationMetadata": {"citations": [source]}})
    assert answer(citationMetadata={"citations": [source]}).parts == ()


def test_token_probabilities_are_read() -> None:
    found = answer(
        {"text": "a"}, logprobsResult={"chosenCandidates": [{"token": "a", "logProbability": -1}]}
    )
    assert found.choices[0].logprobs == [
        {"token": "a", "logprob": -1, "bytes": [97], "top_logprobs": []}
    ]


def test_extra_fields_of_the_content_are_kept() -> None:
    body: JsonObject = {"candidates": [{"content": {"parts": [], "strange": 1}}]}
    assert decode_response(body).choices[0].ext == mark({"content": {"strange": 1}})


def test_an_error_is_raised_as_what_it_is() -> None:
    with pytest.raises(GatewayError, match="busy") as caught:
        decode_response({"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}})
    assert caught.value.kind is Kind.OVERLOADED


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"name": "cachedContents/x"}])
def test_what_is_no_answer_is_refused(body: JsonObject) -> None:
    with pytest.raises(GatewayError) as caught:
        decode_response(body)
    assert caught.value.kind is Kind.UPSTREAM_INVALID


@pytest.mark.parametrize("time", [None, "", "yesterday", 7])
def test_a_time_that_is_none_is_unknown(time: Json) -> None:
    assert created_at({"createTime": time}) is None
