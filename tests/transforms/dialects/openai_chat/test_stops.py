"""Finish reasons of every server are understood, and no foreign word leaks out."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.openai_chat.stops import (
    decode_stop,
    encode_stop,
    has_calls,
    has_refusal,
    native,
)
from plexus.transforms.ir import Refusal, Stop, ToolCall


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("stop", Stop.END),
        ("length", Stop.LENGTH),
        ("tool_calls", Stop.TOOL),
        ("function_call", Stop.TOOL),
        ("content_filter", Stop.FILTER),
        ("eos", Stop.END),
        ("model_length", Stop.CONTEXT),
        ("MAX_TOKENS", Stop.LENGTH),
        ("", Stop.END),
        ("whatever", Stop.END),
    ],
)
def test_a_finish_reason_is_read(reason: str, stop: Stop) -> None:
    assert decode_stop(reason, calls=False, refused=False) is stop


def test_calls_outrank_a_natural_stop_but_not_a_cut() -> None:
    assert decode_stop("stop", calls=True, refused=False) is Stop.TOOL
    assert decode_stop("length", calls=True, refused=False) is Stop.LENGTH


def test_a_stop_with_a_refusal_is_one() -> None:
    assert decode_stop("stop", calls=False, refused=True) is Stop.REFUSAL


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        (Stop.END, "stop"),
        (Stop.SEQUENCE, "stop"),
        (Stop.PAUSE, "stop"),
        (Stop.LENGTH, "length"),
        (Stop.CONTEXT, "length"),
        (Stop.FILTER, "content_filter"),
        (Stop.REFUSAL, "content_filter"),
        (Stop.OTHER, "stop"),
        (Stop.TOOL, "stop"),  # of a server's tool: the client has nothing to run
    ],
)
def test_a_foreign_stop_is_written_in_openais_words(stop: Stop, reason: str) -> None:
    assert encode_stop(stop, {}, calls=False, refused=False) == reason


def test_a_natural_stop_with_calls_is_tool_calls() -> None:
    assert encode_stop(Stop.END, {}, calls=True, refused=False) == "tool_calls"


def test_a_refusal_in_words_stops_naturally() -> None:
    assert encode_stop(Stop.REFUSAL, {}, calls=False, refused=True) == "stop"


def test_a_chat_providers_own_word_is_kept() -> None:
    assert native("eos", Stop.END)
    assert not native("stop", Stop.END)
    assert (
        encode_stop(Stop.END, {"chat": {"finish_reason": "eos"}}, calls=False, refused=False)
        == "eos"
    )


def test_parts_tell_whether_there_are_calls_or_a_refusal() -> None:
    assert has_calls((ToolCall(id="a", name="f"),))
    assert has_refusal((Refusal(text="no"),))
    assert not has_calls(()) and not has_refusal((Refusal(text=""),))
