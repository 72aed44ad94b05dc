"""Estimated tokens."""

import math

import pytest

from plexus.addons.metering.estimate import (
    Generated,
    Seen,
    completed,
    generated_parts,
    input_tokens,
    tokens_of,
)
from plexus.transforms.ir import Refusal, Text, Thinking, ToolCall, Usage
from plexus.transforms.lazy_object import read_object
from tests.addons.factories import DIALECTS
from tests.fakes.native import chat


def test_four_characters_make_a_token() -> None:
    assert [tokens_of(n) for n in (0, 1, 4, 5, 8)] == [0, 1, 1, 2, 2]


def test_a_short_stream_is_counted_exactly() -> None:
    seen = Seen()
    for frame in chat.stream(["word " * 4] * 10, tokens=None)[:-2]:
        seen.add(frame)
    assert seen.output_tokens(DIALECTS["chat"]) == 40


def test_a_long_stream_is_counted_in_proportion() -> None:
    seen = Seen()
    frames = chat.stream(["word " * 4] * 2000, tokens=None)
    for frame in frames[:-2]:
        seen.add(frame)
    assert seen.output_tokens(DIALECTS["chat"]) == pytest.approx(8_000, rel=0.05)


def test_nothing_seen_is_nothing_generated() -> None:
    assert Seen().output_tokens(DIALECTS["chat"]) == 0


def test_garbage_is_no_output() -> None:
    seen = Seen()
    seen.add(b"\x00\xff not a stream \n\n" * 10)
    assert seen.output_tokens(DIALECTS["chat"]) == 0


def test_a_prompt_is_measured_by_its_texts_and_not_by_its_pictures() -> None:
    picture = "data:image/png;base64," + "A" * 100_000
    body = {
        "model": "not counted",
        "messages": [
            {"role": "user", "content": [{"text": "x" * 400}, {"image_url": {"url": picture}}]}
        ],
    }
    assert input_tokens(body) == 1100 + 100 + 8  # the picture, the text, the names of fields


def test_what_is_nested_too_deeply_to_be_read_is_measured_by_its_bytes() -> None:
    deep = '[{"content":"' + "x" * 5000 + '","odd":' + "[" * 1200 + "]" * 1200 + "}]"
    body = read_object(f'{{"messages":{deep},"system":"{"y" * 400}"}}'.encode())
    assert input_tokens(body) == 100 + math.ceil(len(deep) / 4)


def test_what_was_reported_is_kept_and_only_what_lacks_is_estimated() -> None:
    body = {"messages": [{"content": "x" * 40}]}
    reported = Usage(input=7, cache_read=3)
    assert completed(reported, body, 5) == Usage(input=7, cache_read=3, output=5)
    assert completed(Usage(input=7, output=9), body, 5).output == 9
    assert completed(None, body, 5).input == math.ceil((40 + len("content")) / 4)
    assert completed(None, None, 0) == Usage(input=0, output=0)


def test_thoughts_and_calls_of_tools_are_generated_too() -> None:
    parts = (
        Thinking(text="let me see"),
        Text(text="it is"),
        Refusal(text="no"),
        ToolCall(id="c", name="find", arguments='{"a":1}'),
    )
    assert generated_parts(parts) == Generated(output=3 + 2 + 1 + 1 + 5, reasoning=3)


def test_other_scripts_have_more_tokens_to_a_character() -> None:
    asked = {"messages": [{"content": "日本語のテキスト"}]}
    assert input_tokens(asked) == 8 + 2
