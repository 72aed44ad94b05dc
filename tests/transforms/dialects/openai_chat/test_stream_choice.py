"""One choice of a stream: which blocks are open, and why it stopped."""

from __future__ import annotations

from typing import Any

import pytest

from plexus.transforms.events import BlockDelta, Finished, LogProbs
from plexus.transforms.ir import Media, Opaque, Refusal, Seal, Stop, Text, Thinking
from tests.transforms.dialects.openai_chat.making import (
    call,
    chunk,
    events_of,
    stream,
    streamed,
)


def _finished(*chunks: Any) -> Finished:
    (event,) = [e for e in events_of(stream(*chunks)) if isinstance(e, Finished)]
    return event


@pytest.mark.parametrize(
    ("chunks", "stop"),
    [
        ([chunk({"content": "a"}, "stop")], Stop.END),
        ([chunk({"content": "a"}, "length")], Stop.LENGTH),
        ([chunk({"content": "a"}), chunk({}, "stop"), chunk({"content": ""}, "stop")], Stop.END),
        # a later "stop" does not undo what was said before
        ([chunk({"tool_calls": [call("a")]}, "tool_calls"), chunk({}, "stop")], Stop.TOOL),
        ([chunk({"content": "a"}, "length"), chunk({}, "stop")], Stop.LENGTH),
        ([chunk({"content": "a"}, "stop"), chunk({}, "length")], Stop.LENGTH),
        # Google's compatible server ends calls with "stop"
        ([chunk({"tool_calls": [call("a")]}), chunk({}, "stop")], Stop.TOOL),
        ([chunk({"refusal": "no"}), chunk({}, "stop")], Stop.REFUSAL),
        ([chunk({"content": "a"}, ""), chunk({"content": "b"}, None)], Stop.END),
    ],
)
def test_a_choice_finishes_once_with_its_weightiest_reason(chunks: Any, stop: Stop) -> None:
    assert _finished(*chunks).stop is stop


def test_content_after_a_repeated_reason_is_not_lost() -> None:
    response = streamed(
        chunk({"content": "a"}, "stop"), chunk({"content": "b"}, "stop"), chunk({}, "stop")
    )

    assert response.parts == (Text(text="ab"),)


def test_the_providers_own_words_and_late_fields_ride_on_the_finish() -> None:
    first = chunk({"content": "a", "name": "bot"})
    first["choices"][0]["content_filter_results"] = {"hate": {"filtered": False}}
    last = chunk({"executed_tools": [1]}, "eos")
    last["choices"][0]["native_finish_reason"] = "EOS"

    event = _finished(first, chunk({"executed_tools": [2]}), last)

    assert event.stop_detail == "EOS"
    assert event.ext["chat"] == {
        "content_filter_results": {"hate": {"filtered": False}},
        "native_finish_reason": "EOS",
        "finish_reason": "eos",
        "message": {"name": "bot", "executed_tools": [2, 1]},
    }


def test_log_probabilities_follow_their_text() -> None:
    first = chunk({"content": "a"})
    first["choices"][0]["logprobs"] = {"content": [{"token": "a"}], "refusal": None}

    events = events_of(stream(first, chunk({}, "stop")))

    assert events[2:4] == [BlockDelta(0, "text", "a"), LogProbs([{"token": "a"}], 0)]


def test_a_refusal_is_a_block_of_its_own() -> None:
    response = streamed(
        chunk({"content": None, "refusal": ""}), chunk({"refusal": "I"}),
        chunk({"refusal": " won't"}), chunk({}, "stop"),
    )  # fmt: skip

    assert response.parts == (Refusal(text="I won't"),)


def test_annotations_cite_the_text_they_come_with() -> None:
    cited = {"type": "url_citation", "url_citation": {"url": "u", "start_index": 0, "end_index": 2}}
    file = {"type": "file", "file": {"hash": "h"}}

    response = streamed(
        chunk({"content": "ab"}), chunk({"content": "", "annotations": [cited, file]}),
        chunk({}, "stop"),
    )  # fmt: skip

    (text,) = response.parts
    assert isinstance(text, Text)
    assert [(c.url, c.start, c.end) for c in text.citations] == [("u", 0, 2)]
    assert response.choices[0].ext["chat"]["message"] == {"annotations": [file]}


def test_annotations_before_any_text_open_one() -> None:
    cited = {"type": "url_citation", "url_citation": {"url": "u"}}

    (text,) = streamed(chunk({"annotations": [cited]}), chunk({}, "stop")).parts

    assert isinstance(text, Text) and len(text.citations) == 1


def test_offsets_of_a_later_text_count_from_its_own_beginning() -> None:
    cited = {"type": "url_citation", "url_citation": {"url": "u", "start_index": 3, "end_index": 5}}

    parts = streamed(
        chunk({"content": "abc"}), chunk({"reasoning": "hm"}), chunk({"content": "de"}),
        chunk({"annotations": [cited]}), chunk({}, "stop"),
    ).parts  # fmt: skip

    assert isinstance(parts[2], Text)
    assert [(c.start, c.end) for c in parts[2].citations] == [(0, 2)]


def test_pictures_and_unknown_parts_are_blocks_that_come_whole() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}

    parts = streamed(
        chunk({"content": "a", "images": [image, {"type": "x"}]}),
        chunk({"content": [{"type": "hologram"}, {"type": "text", "text": "b"}]}),
        chunk({}, "stop"),
    ).parts

    assert [type(part) for part in parts] == [Text, Media, Opaque, Text]


def test_sound_is_joined_into_one_block() -> None:
    response = streamed(
        chunk({"audio": {"id": "a1"}}), chunk({"audio": {"data": "AA", "transcript": "h"}}),
        chunk({"audio": {"data": "BB", "transcript": "i"}}), chunk({"audio": {"expires_at": 9}}),
        chunk({}, "stop"),
    )  # fmt: skip

    (sound,) = response.parts
    assert isinstance(sound, Media)
    assert sound.data == "AABB"
    assert sound.ext["chat"]["rest"] == {"id": "a1", "transcript": "hi", "expires_at": 9}


def test_a_messages_own_seal_is_its_first_calls_or_a_thought() -> None:
    extra = {"google": {"thought_signature": "s"}}
    seal = Seal(dialect="gemini", kind="thought", data="s")

    of_call = streamed(
        chunk({"tool_calls": [call("a"), call("b")], "extra_content": extra}), chunk({}, "stop")
    )
    of_text = streamed(chunk({"content": "x", "extra_content": extra}), chunk({}, "stop"))

    assert [getattr(part, "seal", None) for part in of_call.parts] == [seal, None]
    assert [type(part) for part in of_text.parts] == [Text, Thinking]
    assert getattr(of_text.parts[1], "seal", None) == seal


def test_a_server_without_deltas_is_understood() -> None:
    whole = {"id": "i", "choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}
    of_old = {"id": "i", "choices": [{"text": "a", "finish_reason": "stop"}]}

    assert streamed(whole).parts == streamed(of_old).parts == (Text(text="a"),)


def test_perplexitys_message_beside_the_delta_is_not_told_again() -> None:
    raw = chunk({"content": "b"})
    raw["choices"][0]["message"] = {"role": "assistant", "content": "ab"}

    assert streamed(chunk({"content": "a"}), raw, chunk({}, "stop")).parts == (Text(text="ab"),)


@pytest.mark.parametrize("delta", [None, {}, [], "x", {"content": 7}, {"tool_calls": ["x"]},
                                   {"tool_calls": {}}, {"function_call": 1}, {"audio": []},
                                   {"annotations": [7]}, {"reasoning_details": [1]}])  # fmt: skip
def test_strange_deltas_say_nothing(delta: Any) -> None:
    assert streamed(chunk(delta), chunk({"content": "a"}, "stop")).parts == (Text(text="a"),)
