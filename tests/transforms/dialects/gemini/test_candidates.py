"""What is said of a candidate besides its parts."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.gemini.candidates import (
    NO_CANDIDATE,
    ending,
    extras,
    is_absent,
    is_vertex,
)
from plexus.transforms.dialects.gemini.keys import mark
from plexus.transforms.ir import Stop
from plexus.transforms.wire import JsonObject


@pytest.mark.parametrize(
    ("body", "vertex"),
    [
        ({"createTime": "2026-01-01T00:00:00Z"}, True),
        ({"usageMetadata": {"trafficType": "ON_DEMAND"}}, True),
        ({"usageMetadata": {"promptTokenCount": 1}}, False),
        ({"usageMetadata": 7}, False),
        ({}, False),
    ],
)
def test_vertex_is_known_by_its_stamps(body: JsonObject, vertex: bool) -> None:
    assert is_vertex(body) is vertex


def test_everything_else_of_a_candidate_is_kept() -> None:
    candidate: JsonObject = {
        "content": {},
        "index": 1,
        "finishReason": 1,
        "finishMessage": "done",
        "avgLogprobs": -1,
    }
    assert extras(candidate, "STOP") == {
        "avgLogprobs": -1,
        "finishReason": "STOP",
        "finishMessage": "done",
    }
    assert extras({}, None) == {}


@pytest.mark.parametrize(
    ("reason", "message", "expected"),
    [
        ("STOP", "made a call", (Stop.TOOL, None)),
        ("SAFETY", "too sharp", (Stop.FILTER, "too sharp")),
        ("SAFETY", None, (Stop.FILTER, "SAFETY")),
        (None, None, (Stop.TOOL, None)),
    ],
)
def test_an_unusual_ending_comes_with_words(
    reason: str | None, message: str | None, expected: tuple[Stop, str | None]
) -> None:
    assert ending(reason, message, calls=True) == expected


def test_a_choice_may_stand_for_no_candidate() -> None:
    assert is_absent(mark({NO_CANDIDATE: True}))
    assert not is_absent(mark({}))
    assert not is_absent({})
