"""Finish reasons by name and number."""

from __future__ import annotations

import pytest
from google.genai import types

from plexus.transforms.dialects.gemini.stops import (
    block_name,
    is_unusual,
    reason_name,
    reason_of,
    stop_of,
)
from plexus.transforms.ir import Stop
from plexus.transforms.wire import Json


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("STOP", Stop.END),
        ("MAX_TOKENS", Stop.LENGTH),
        ("SAFETY", Stop.FILTER),
        ("RECITATION", Stop.FILTER),
        ("SPII", Stop.FILTER),
        ("IMAGE_SAFETY", Stop.FILTER),
        ("MODEL_ARMOR", Stop.FILTER),
        ("MALFORMED_FUNCTION_CALL", Stop.MALFORMED),
        ("UNEXPECTED_TOOL_CALL", Stop.MALFORMED),
        ("OTHER", Stop.OTHER),
        ("LANGUAGE", Stop.OTHER),
        ("A_REASON_OF_TOMORROW", Stop.OTHER),
        (None, Stop.END),
    ],
)
def test_a_finish_reason_is_a_stop(reason: str | None, stop: Stop) -> None:
    assert stop_of(reason, calls=False) is stop


def test_edge_case_19_a_call_makes_stop_a_tool_stop_and_nothing_else() -> None:
    assert stop_of("STOP", calls=True) is Stop.TOOL
    assert stop_of(None, calls=True) is Stop.TOOL
    assert stop_of("MAX_TOKENS", calls=True) is Stop.LENGTH
    assert stop_of("MALFORMED_FUNCTION_CALL", calls=True) is Stop.MALFORMED


@pytest.mark.parametrize("stop", list(Stop))
def test_every_stop_has_a_reason_that_google_knows(stop: Stop) -> None:
    assert reason_of(stop) in types.FinishReason.__members__


@pytest.mark.parametrize(
    ("value", "vertex", "name"),
    [
        (1, False, "STOP"),
        (2, True, "MAX_TOKENS"),
        (10, False, "MALFORMED_FUNCTION_CALL"),
        (9, True, "MALFORMED_FUNCTION_CALL"),
        (10, True, "MODEL_ARMOR"),
        (15, True, "UNEXPECTED_TOOL_CALL"),
        (99, False, "OTHER"),
        ("stop", False, "STOP"),
        (0, False, None),
        ("FINISH_REASON_UNSPECIFIED", False, None),
        ("", False, None),
        (None, False, None),
        (True, False, None),
    ],
)
def test_a_reason_may_be_a_name_or_its_services_number(
    value: Json, vertex: bool, name: str | None
) -> None:
    assert reason_name(value, vertex=vertex) == name


def test_a_block_reason_may_be_a_number() -> None:
    assert block_name(4) == "PROHIBITED_CONTENT"
    assert block_name("SAFETY") == "SAFETY"
    assert block_name("BLOCKED_REASON_UNSPECIFIED") is None


def test_only_unusual_stops_need_words() -> None:
    assert [stop for stop in Stop if is_unusual(stop)] == [
        Stop.FILTER,
        Stop.REFUSAL,
        Stop.MALFORMED,
        Stop.OTHER,
    ]
