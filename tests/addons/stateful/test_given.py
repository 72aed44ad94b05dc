"""The finished answer is found in the client's stream, whoever wrote it."""

from __future__ import annotations

import pytest

from plexus.addons.stateful.given import Given
from plexus.transforms.sse import SseDecoder, frame
from plexus.transforms.wire import object_at, try_parse
from tests.fakes.native import responses
from tests.fakes.native.shapes import CALL, said
from tests.wire_files import Recording, each_recording

PIECES = (said("Hel", "lo"), CALL)


def test_the_last_event_restates_the_answer() -> None:
    given = Given()
    for data in responses.answer_stream(*PIECES):
        assert given.answer is None
        given.take(data)
    assert given.answer == responses.answer(*PIECES)


def test_frames_may_come_together() -> None:
    given = Given()
    given.take(b": keep-alive\n\n" + b"".join(responses.answer_stream(*PIECES)))
    assert given.answer == responses.answer(*PIECES)


def test_an_answer_that_was_cut_short_is_finished_too() -> None:
    given = Given()
    for data in responses.answer_stream(said("Hello"), stop="length"):
        given.take(data)
    assert given.answer is not None
    assert given.answer["status"] == "incomplete"


def test_items_are_gathered_where_the_last_event_has_none() -> None:
    given = Given()
    whole = responses.answer(*PIECES)
    for data in responses.answer_stream(*PIECES):
        if b"response.completed" not in data:
            given.take(data)
    given.take(frame({"type": "response.completed", "response": {**whole, "output": []}}))
    assert given.answer == whole


@pytest.mark.parametrize(
    "data",
    [
        frame({"type": "response.output_text.delta", "delta": "response.completed"}),
        frame({"type": "response.failed", "response": {"status": "failed"}}),
        frame({"type": "response.completed", "response": "response.completed"}),
        b"data: response.completed\n\n",
        b": response.completed\n\n",
    ],
)
def test_nothing_else_is_an_end(data: bytes) -> None:
    given = Given()
    given.take(data)
    assert given.answer is None


@each_recording("openai-responses", stream=True)
def test_recorded_answers_are_found_whole(recording: Recording) -> None:
    data = recording.stream_bytes()
    given = Given()
    for block in SseDecoder().cut(data):
        given.take(block)
    events = [try_parse(frame.data) for frame in SseDecoder().feed(data + b"\n\n")]
    ends = [
        object_at(event, "response")
        for event in events
        if isinstance(event, dict)
        and event.get("type") in ("response.completed", "response.incomplete")
    ]
    said = any(isinstance(one, dict) and "item" in one for one in events)
    assert (given.answer is None) is (ends == [])
    if given.answer is not None and ends[-1] is not None:  # some recordings hold two answers
        assert given.answer.keys() == ends[-1].keys() | {"output"}
        assert given.answer["output"] == ends[-1].get("output") or not ends[-1].get("output")
        assert bool(given.answer["output"]) is said
