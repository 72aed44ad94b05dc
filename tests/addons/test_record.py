"""The story of a call: on its flow, in one line of the log, and never with a secret."""

import logging

import pytest
from mitmproxy import flow as flows
from mitmproxy import http

from plexus.addons.exchange import Attempt, Buffered
from plexus.addons.inspection.capture import Capture
from plexus.addons.record import METADATA, Record, story
from plexus.transforms.codec import Note
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.ir import Usage
from tests.addons.factories import exchange, head, key, plan, principal, provider, target
from tests.addons.making import services, under_way

SECRET = "sk-test-app"
WHERE = target("acme/fast", provider=provider("acme", api_key="sk-of-acme"))
EVERYTHING = {
    "principal": principal(key=key(secret=SECRET), name="app"),
    "head": head("/v1/chat/completions?key=sk-in-the-query", authorization=f"Bearer {SECRET}"),
    "model": "m",
    "plan": plan(WHERE, skipped=("acme/slow: target is disabled",)),
    "attempts": [Attempt(target=WHERE)],
    "receipt": (Note(path="seed", action="dropped"),),
    "usage": Usage(input=3, output=4),
    "error": GatewayError(Kind.OVERLOADED, "busy"),
}


def test_the_story_tells_what_is_known() -> None:
    call = exchange(**EVERYTHING)
    call.timeline.mark("routed")
    told = story(call)
    assert told.pop("timeline").startswith("routed ")
    assert told == {
        "request id": call.id,
        "door": "gateway",
        "format": "chat",
        "key": "app",
        "model": "m",
        "plan": "acme/fast (test)",
        "skipped": "acme/slow: target is disabled",
        "answered by": "acme/fast",
        "receipt": "dropped seed",
        "usage": "in 3 out 4",
        "error": "busy",
    }


def test_what_is_not_known_is_left_out() -> None:
    assert set(story(exchange())) == {"request id", "door", "format"}


async def test_a_call_is_forgotten_when_it_is_over() -> None:
    async with services() as made:
        record = Record(made)
        for hook in (record.response, record.error):
            flow, call = under_way(made, reply=Buffered(status=200, body=b""))
            hook(flow)
            assert (made.exchanges.get(call.id), call.reply) == (None, None)
            assert flow.metadata[METADATA]["request id"] == call.id
        await made.exchanges.wait_empty()


async def test_one_line_of_the_log_says_it_all_and_no_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with services() as made:
        flow, call = under_way(made, **EVERYTHING)
        flow.response = http.Response.make(503, b"{}")
        Record(made).response(flow)
    (line,) = [entry.message for entry in caplog.records if entry.name == "plexus.call"]
    assert line.startswith(
        f"call id={call.id} door=gateway key=app model='m' target=acme/fast status=503 ms="
    )
    assert line.endswith("in=3 out=4 error=overloaded: 'busy'")
    for secret in (SECRET, "sk-of-acme", "sk-in-the-query"):
        assert secret not in caplog.text
        assert secret not in str(flow.metadata)


async def test_a_model_name_cannot_forge_a_line_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with services() as made:
        flow, call = under_way(made, model="m\ncall id=forged")
        call.cancelled = True
        call.error = GatewayError(Kind.INTERNAL, "first\nsecond")
        flow.error = flows.Error("Client disconnected.")
        Record(made).error(flow)
    (line,) = [entry.message for entry in caplog.records if entry.name == "plexus.call"]
    assert "\n" not in line
    assert "status=cancelled" in line and line.endswith("(see the traceback above)")


async def test_the_story_survives_saving_the_flow() -> None:
    async with services() as made:
        flow, call = under_way(made, model="m")
        Record(made).error(flow)
    copy = http.HTTPFlow.from_state(flow.get_state())
    assert copy.metadata[METADATA] == story(call)


async def test_a_captured_call_is_handed_to_the_traces() -> None:
    async with services() as made:
        record = Record(made)
        for capture in (None, Capture(most=9, only_errors=False)):
            flow, call = under_way(made, **EVERYTHING)
            call.capture = capture
            flow.response = http.Response.make(503, b"{}")
            record.response(flow)
            await made.traces.flush()
            kept = await made.store.traces.get(call.id)
            assert (kept is not None) is (capture is not None)
    assert kept is not None
    assert b"acme/fast (test)" in kept.content
    assert SECRET.encode() not in kept.content
