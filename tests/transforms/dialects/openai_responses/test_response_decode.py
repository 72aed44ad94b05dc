"""Whole answers as they are read."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.openai_responses.response_decode import (
    decode_response,
    response_fields,
)
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import ChatResponse, Choice, Stop, ToolCall, Usage
from plexus.transforms.wire import JsonObject

MESSAGE: JsonObject = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "content": [
        {"type": "output_text", "text": "a", "logprobs": [{"token": "a"}]},
        {"type": "output_text", "text": "b", "logprobs": [{"token": "b"}]},
    ],
}
CALL: JsonObject = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}


def test_an_answer_finds_its_place() -> None:
    response = decode_response(
        {
            "id": "resp_1",
            "object": "response",
            "created_at": 7,
            "model": "m",
            "status": "completed",
            "error": None,
            "output": [CALL],
            "usage": {"input_tokens": 1, "output_tokens": 2},
            "service_tier": "default",
        }
    )
    assert response == ChatResponse(
        id="resp_1",
        model="m",
        created=7,
        choices=(
            Choice(
                parts=(
                    ToolCall(id="c1", name="f", arguments="{}", ext={"responses": {"item": {}}}),
                ),
                stop=Stop.TOOL,
            ),
        ),
        usage=Usage(input=1, output=2),
        ext={"responses": {"service_tier": "default"}},
    )


def test_log_probabilities_are_those_of_all_texts() -> None:
    response = decode_response({"output": [MESSAGE, None, MESSAGE]})
    assert response.choices[0].logprobs == [{"token": t} for t in "abab"]
    assert decode_response({"output": []}).choices[0].logprobs is None


def test_another_object_is_kept_by_name() -> None:
    assert response_fields({"object": "response", "id": "x", "new": 1}) == {"new": 1}
    assert response_fields({"object": "response.compaction"}) == {"object": "response.compaction"}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"status": "failed", "output": [], "error": {"code": "server_error", "message": "m"}},
         Kind.UPSTREAM_DOWN),
        ({"status": "failed", "output": []}, Kind.UPSTREAM_DOWN),
        ({"error": {"code": "rate_limit_exceeded", "message": "m"}}, Kind.RATE_LIMITED),
        ({}, Kind.UPSTREAM_INVALID),
        ({"output": "a"}, Kind.UPSTREAM_INVALID),
        ({"choices": []}, Kind.UPSTREAM_INVALID),
    ],
)  # fmt: skip
def test_what_failed_or_is_no_answer_is_an_error(body: JsonObject, kind: Kind) -> None:
    with pytest.raises(GatewayError) as caught:
        decode_response(body)
    assert caught.value.kind is kind
