"""Why answers end."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.openai_responses.stops import (
    Ending,
    decode_finish,
    encode_stop,
    has_call,
    has_refusal,
)
from plexus.transforms.events import Finished
from plexus.transforms.ir import Opaque, Refusal, Stop, Text, ToolCall
from plexus.transforms.wire import JsonObject


@pytest.mark.parametrize(
    ("response", "called", "refused", "stop"),
    [
        ({"status": "completed"}, False, False, Stop.END),
        ({"status": "complete"}, False, False, Stop.END),
        ({}, False, False, Stop.END),
        ({"status": "completed"}, True, False, Stop.TOOL),
        ({"status": "completed"}, True, True, Stop.TOOL),
        ({"status": "completed"}, False, True, Stop.REFUSAL),
        (incomplete := {"status": "incomplete"}, True, False, Stop.LENGTH),
        ({**incomplete, "incomplete_details": {"reason": "max_output_tokens"}}, False, False,
         Stop.LENGTH),
        ({**incomplete, "incomplete_details": {"reason": "content_filter"}}, False, False,
         Stop.FILTER),
        ({**incomplete, "incomplete_details": {"reason": "max_messages"}}, False, False,
         Stop.LENGTH),
        ({**incomplete, "incomplete_details": {"reason": "steered"}}, False, False, Stop.OTHER),
        ({"status": "queued"}, False, False, Stop.OTHER),
    ],
)  # fmt: skip
def test_a_status_tells_why(response: JsonObject, called: bool, refused: bool, stop: Stop) -> None:
    assert decode_finish(response, called=called, refused=refused).stop is stop


def test_an_unusual_status_is_kept() -> None:
    assert decode_finish({"status": "queued"}, called=False, refused=False) == Finished(
        stop=Stop.OTHER, stop_detail="queued", ext={"responses": {"status": "queued"}}
    )


@pytest.mark.parametrize(
    ("stop", "refused", "status", "reason"),
    [
        (Stop.END, False, "completed", None),
        (Stop.TOOL, False, "completed", None),
        (Stop.SEQUENCE, False, "completed", None),
        (Stop.PAUSE, False, "completed", None),
        (Stop.OTHER, False, "completed", None),
        (Stop.LENGTH, False, "incomplete", "max_output_tokens"),
        (Stop.CONTEXT, False, "incomplete", "max_output_tokens"),
        (Stop.FILTER, False, "incomplete", "content_filter"),
        (Stop.REFUSAL, True, "completed", None),
        (Stop.REFUSAL, False, "incomplete", "content_filter"),
    ],
)
def test_a_stop_becomes_a_status(
    stop: Stop, refused: bool, status: str, reason: str | None
) -> None:
    ending = encode_stop(Finished(stop=stop), refused=refused)
    assert ending == Ending(status=status, details=None if reason is None else {"reason": reason})


def test_a_call_that_nobody_can_read_is_a_failure() -> None:
    ending = encode_stop(Finished(stop=Stop.MALFORMED, stop_detail="bad call"), refused=False)
    assert ending == Ending(status="failed", error={"code": "server_error", "message": "bad call"})


def test_an_answer_that_was_cut_off_is_incomplete() -> None:
    assert encode_stop(None, refused=False) == Ending(status="incomplete")


def test_only_calls_of_the_clients_tools_count() -> None:
    hosted = Opaque(dialect="responses", raw={"type": "web_search_call"})
    assert not has_call([Text(text="a"), hosted])
    assert has_call([hosted, ToolCall(id="call_1", name="f")])
    assert has_refusal([Refusal(text="no")])
    assert not has_refusal([hosted])
