"""One frame of a passed-through stream tells usage, stop and failure; others tell nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plexus.transforms import wire
from plexus.transforms.dialects.openai_chat.sniff import MARKERS, sniff
from plexus.transforms.events import Failed, Finished, UsageSeen
from plexus.transforms.ir import Stop
from tests.transforms.dialects.openai_chat.making import call, chunk, completion


def _sniffed(body: Any) -> list[Any]:
    data = wire.dump(body)
    told = sniff(data)
    assert not told or any(marker in data for marker in MARKERS)
    return told


def test_an_ordinary_chunk_tells_nothing() -> None:
    assert _sniffed(chunk({"content": 'she said "usage": {}'}, usage=None)) == []


def test_a_finish_tells_the_stop_of_its_choice() -> None:
    (event,) = _sniffed(chunk({}, "length", index=2))

    assert event == Finished(stop=Stop.LENGTH, choice=2)


def test_a_usage_frame_tells_the_tokens() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 4}

    (event,) = _sniffed({"choices": [], "usage": usage})
    (groq,) = _sniffed({"choices": [], "x_groq": {"usage": usage}})

    assert isinstance(event, UsageSeen) and isinstance(groq, UsageSeen)
    assert (event.usage.input, groq.usage.output) == (3, 4)


def test_a_whole_reply_tells_all() -> None:
    raw = completion({"content": None, "tool_calls": [call("a")]}, "stop",
                     usage={"prompt_tokens": 3})  # fmt: skip

    finished, usage = _sniffed(raw)

    assert finished.stop is Stop.TOOL
    assert usage.usage.input == 3


def test_a_choice_that_goes_on_has_not_stopped() -> None:
    raw = chunk({"content": "a"}, usage={"prompt_tokens": 1})

    assert [type(event) for event in _sniffed(raw)] == [UsageSeen]


@pytest.mark.parametrize("finish", ["", None])
def test_a_whole_reply_without_a_reason_has_stopped(finish: Any) -> None:
    assert [event.stop for event in _sniffed(completion({"content": "a"}, finish))] == [Stop.END]
    refused = completion({"refusal": "no"}, "stop")
    assert [event.stop for event in _sniffed(refused)] == [Stop.REFUSAL]


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "m"}},
        {"choices": [{"delta": {}, "finish_reason": "error"}]},
        [{"error": {"message": "m", "code": 400}}],
    ],
)
def test_an_error_tells_the_failure(body: Any) -> None:
    assert [type(event) for event in _sniffed(body)] == [Failed]


def test_spaces_and_pretty_printing_do_not_hide_anything() -> None:
    data = b'{\n "choices": [ {"index": 0, "finish_reason" :\n "stop"} ],\n "usage" : {"a": 1} }'

    assert [type(event) for event in sniff(data)] == [Finished, UsageSeen]


@pytest.mark.parametrize("data", [b"[DONE]", b"", b"{", b'"usage":{', b"[]"])
def test_what_is_no_chunk_tells_nothing(data: bytes) -> None:
    assert sniff(data) == []


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_it_never_raises(noise: bytes) -> None:
    sniff(noise)
    sniff(b'{"usage": {}, "choices": [' + noise + b"]}")
