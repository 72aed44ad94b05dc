"""A glance at frames and replies."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.openai_responses.sniff import MARKERS, sniff
from plexus.transforms.errors import Kind
from plexus.transforms.events import Failed, Finished, UsageSeen
from plexus.transforms.ir import Stop, Usage
from plexus.transforms.wire import JsonObject, dump

USAGE: JsonObject = {"input_tokens": 1, "output_tokens": 2}
CALL: JsonObject = {"type": "function_call"}
REFUSAL: JsonObject = {"type": "message", "content": [{"type": "refusal"}]}


@pytest.mark.parametrize(
    ("output", "status", "stop"),
    [
        ([], "completed", Stop.END),
        ([CALL], "completed", Stop.TOOL),
        ([REFUSAL], "completed", Stop.REFUSAL),
        ([CALL], "incomplete", Stop.LENGTH),
    ],
)
def test_the_end_of_a_stream_and_a_whole_reply_tell_the_same(
    output: list[JsonObject], status: str, stop: Stop
) -> None:
    response: JsonObject = {"status": status, "output": [*output], "usage": USAGE}
    for value in ({"type": f"response.{status}", "response": response}, response):
        usage, finished = sniff(dump(value))
        assert usage == UsageSeen(Usage(input=1, output=2))
        assert isinstance(finished, Finished)
        assert finished.stop is stop


@pytest.mark.parametrize(
    "value",
    [
        {"type": "error", "code": "server_error", "message": "m"},
        {"type": "error", "error": {"code": "server_error", "message": "m"}},
        {"error": {"code": "server_error", "message": "m"}},
        {"type": "response.failed", "response": {"error": {"code": "server_error"}}},
        {"status": "failed", "output": [], "error": {"code": "server_error"}},
    ],
)
def test_a_failure_is_seen_wherever_it_stands(value: JsonObject) -> None:
    data = dump(value)
    (failed,) = sniff(data)
    assert isinstance(failed, Failed)
    assert failed.error.kind is Kind.UPSTREAM_DOWN
    if "status" not in value:  # whole replies are looked at in any case
        assert any(marker in data for marker in MARKERS)


@pytest.mark.parametrize(
    "value",
    [
        {"type": "response.output_text.delta", "delta": "response.completed"},
        {"type": "response.created", "response": {"status": "in_progress", "error": None}},
        {"type": "response.completed"},
        {"type": "response.output_item.done", "item": {"error": {"message": "m"}}},
        {"type": "response.mcp_call.failed", "error": {"message": "m"}},
        {},
    ],
)
def test_anything_else_tells_nothing(value: JsonObject) -> None:
    assert sniff(dump(value)) == []


@pytest.mark.parametrize("data", [b"", b"[DONE]", b"[]", b"null", b"{"])
def test_what_is_no_object_tells_nothing(data: bytes) -> None:
    assert sniff(data) == []
