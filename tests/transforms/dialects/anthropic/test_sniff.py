"""A glance at a frame finds usage, finish and failure."""

from __future__ import annotations

import pytest

from plexus.transforms import wire
from plexus.transforms.dialects.anthropic.sniff import sniff
from plexus.transforms.errors import Kind
from plexus.transforms.events import Event, Failed, Finished, UsageSeen
from plexus.transforms.ir import Stop, Usage
from plexus.transforms.wire import Json

NATIVE: dict[str, wire.JsonObject] = {"messages": {}}


@pytest.mark.parametrize(
    ("payload", "events"),
    [
        (
            {
                "type": "message_start",
                "message": {"stop_reason": None, "usage": {"input_tokens": 3}},
            },
            [UsageSeen(Usage(input=3, provisional=True, ext=NATIVE))],
        ),
        (
            {"type": "message_start", "message": {"stop_reason": "tool_use"}},
            [Finished(stop=Stop.TOOL)],
        ),
        (
            {
                "type": "message_delta",
                "delta": {"stop_reason": "stop_sequence", "stop_sequence": "x"},
                "usage": {"output_tokens": 5},
            },
            [
                UsageSeen(Usage(output=5, ext=NATIVE)),
                Finished(stop=Stop.SEQUENCE, stop_sequence="x"),
            ],
        ),
        (
            {"type": "message", "stop_reason": "max_tokens", "usage": {"input_tokens": 1}},
            [UsageSeen(Usage(input=1, ext=NATIVE)), Finished(stop=Stop.LENGTH)],
        ),
        ({"type": "message_delta", "delta": {}, "usage": None}, []),
        ({"type": "content_block_delta", "delta": {"text": '"error"'}}, []),
        ([], []),
        (None, []),
    ],
)
def test_a_payload_tells_what_it_holds(payload: Json, events: list[Event]) -> None:
    assert sniff(wire.dump(payload)) == events


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'{"type":"error","error":{"type":"overloaded_error","message":"m"}}', Kind.OVERLOADED),
        (b'{"error":{"code":402,"message":"m"}}', Kind.UPSTREAM_BILLING),
    ],
)
def test_an_error_is_a_failure(data: bytes, kind: Kind) -> None:
    (event,) = sniff(data)
    assert isinstance(event, Failed)
    assert event.error.kind is kind


def test_what_is_no_json_tells_nothing() -> None:
    assert sniff(b"{broken") == []
