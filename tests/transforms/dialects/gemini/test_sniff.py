"""What passes by."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.dialects.gemini.sniff import sniff
from plexus.transforms.errors import Kind
from plexus.transforms.events import Failed, Finished, UsageSeen
from plexus.transforms.ir import Stop, Usage
from plexus.transforms.wire import JsonObject, dump
from tests.transforms.dialects.gemini.rules import chunk

COUNTS: JsonObject = {"promptTokenCount": 3, "candidatesTokenCount": 1}


def test_the_last_chunk_tells_usage_and_finish() -> None:
    last: JsonObject = {**chunk({"text": ""}, finishReason="MAX_TOKENS"), "usageMetadata": COUNTS}
    assert sniff(dump(last)) == [
        UsageSeen(Usage(input=3, output=1, ext=mark({}))),
        Finished(stop=Stop.LENGTH),
    ]


def test_usage_in_mid_stream_is_provisional() -> None:
    body: JsonObject = {**chunk({"text": "a"}), "usageMetadata": COUNTS}
    assert sniff(dump(body)) == [
        UsageSeen(Usage(input=3, output=1, provisional=True, ext=mark({})))
    ]


def test_a_call_is_a_tool_stop() -> None:
    body = chunk({"functionCall": {"name": "f"}}, finishReason="STOP")
    assert sniff(dump(body)) == [Finished(stop=Stop.TOOL)]


def test_a_blocked_prompt_is_filtered() -> None:
    body: JsonObject = {"promptFeedback": {"blockReason": "SAFETY"}}
    assert sniff(dump(body)) == [Finished(stop=Stop.FILTER, stop_detail="SAFETY")]


def test_an_error_is_a_failure() -> None:
    (event,) = sniff(b'{"error":{"code":429,"message":"slow"}}')
    assert isinstance(event, Failed)
    assert event.error.kind is Kind.RATE_LIMITED


def test_an_array_is_read_chunk_by_chunk() -> None:
    body = chunk(finishReason="STOP")
    assert sniff(dump([body, 7, body])) == [Finished(stop=Stop.END), Finished(stop=Stop.END)]


@pytest.mark.parametrize("data", [b"", b"[DONE]", b"{", b"7", b"null", b"\xff"])
def test_what_is_no_chunk_tells_nothing(data: bytes) -> None:
    assert sniff(data) == []
