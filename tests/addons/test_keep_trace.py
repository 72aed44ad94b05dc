"""What of a call that is over is kept: its four bodies, if it was captured."""

import pytest
from mitmproxy import http

from plexus.addons.exchange import Attempt, Exchange, Exchanges, Timeline
from plexus.addons.inspection.capture import Capture
from plexus.addons.inspection.trace_json import Taken
from plexus.addons.inspection.traces import Traces
from plexus.addons.keep_trace import UNFINISHED_AFTER_MS, keep_unfinished, taken_of, unfinished
from plexus.store.store import Store
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.factories import exchange, head, principal, target
from tests.addons.making import flow_of

WHERE = target("acme/fast")


def captured(*, only_errors: bool = False, **other: object) -> Exchange:
    call = exchange(**{"principal": principal(name="app"), **other})
    call.capture = Capture(most=1000, only_errors=only_errors)
    return call


def taken(call: Exchange, reply: bytes = b"answer", **request: object) -> Taken | None:
    flow = flow_of(call, **{"content": b"question", **request})
    flow.response = http.Response.make(200, reply, {"content-type": "text/plain"})
    return taken_of(flow, call, {"model": "m"})


def test_a_captured_call_is_kept_with_what_was_sent() -> None:
    call = captured(attempts=[Attempt(target=WHERE)])
    assert call.capture is not None
    sent = call.capture.sending("http://acme.test/", {}, b"{}")
    found = taken(call)
    assert found is not None
    assert (found.request_id, found.api_key, found.status) == (call.id, "app", 200)
    assert (found.line, found.body.content, found.reply.content) == (
        "POST /",
        b"question",
        b"answer",
    )
    assert found.sent == (sent,)
    assert found.reply_headers[0] == ("content-type", "text/plain")
    attempts = found.story["attempts"]
    assert isinstance(attempts, list)
    assert len(attempts) == 1


def test_of_a_stream_what_went_to_the_client_counts() -> None:
    call = captured()
    assert call.capture is not None
    call.capture.to_client.add(b"data: 1\n\n")
    found = taken(call, b"")
    assert found is not None
    assert found.reply.content == b"data: 1\n\n"


def test_a_compressed_request_is_kept_as_it_reads() -> None:
    found = taken(captured(), content=b"question", headers={"content-encoding": "gzip"})
    assert found is not None
    assert found.body.content == b"question"


def test_a_call_without_a_reply_is_kept_without_one() -> None:
    call = captured()
    found = taken_of(flow_of(call), call, {})
    assert found is not None
    assert (found.status, found.reply_headers, found.reply.size) == (None, (), 0)


def test_what_was_not_captured_is_not_kept() -> None:
    assert taken(exchange(principal=principal())) is None


def test_where_only_errors_are_wanted_the_others_are_thrown_away() -> None:
    assert taken(captured(only_errors=True)) is None
    failed = captured(only_errors=True, error=GatewayError(Kind.OVERLOADED, "busy"))
    assert taken(failed) is not None


def test_strangers_leave_nothing() -> None:
    assert taken(captured(principal=None, error=GatewayError(Kind.UNAUTHENTICATED, "who?"))) is None


def lasting(ms: float = UNFINISHED_AFTER_MS, **other: object) -> Exchange:
    """A captured call that has gone on for so long."""
    timeline = Timeline()
    timeline.started -= ms / 1000
    asked = head("/v1/x?key=abc", authorization="Bearer client-secret")
    return captured(**{"timeline": timeline, "head": asked, "raw": b"question", **other})


def test_a_call_that_goes_on_for_minutes_is_kept_once_as_it_is_by_then() -> None:
    call = lasting()
    assert call.capture is not None
    call.capture.to_client.add(b"data: 1\n\n")
    found = unfinished(call)
    assert found is not None
    assert (found.line, found.body.content) == ("POST /v1/x?key=abc", b"question")
    assert (found.reply.content, found.status) == (b"data: 1\n\n", None)
    assert found.secrets == {"client-secret"}
    assert found.story["unfinished"] is True
    assert unfinished(call) is None


def test_quick_calls_strangers_and_those_not_captured_are_not_looked_at() -> None:
    assert unfinished(lasting(1000)) is None
    assert unfinished(lasting(principal=None)) is None
    assert unfinished(lasting(only_errors=True)) is None
    call = lasting()
    call.capture = None
    assert unfinished(call) is None


async def test_somebody_looks_for_them_now_and_then() -> None:
    store = await Store.open(":memory:")
    traces, exchanges, call = Traces(store.traces, always=True), Exchanges(), lasting()
    exchanges.add(call)
    rounds = list[float]()

    async def sleep(seconds: float) -> None:
        rounds.append(seconds)
        if len(rounds) == 3:
            raise EOFError

    with pytest.raises(EOFError):
        await keep_unfinished(exchanges, traces, sleep=sleep)
    await traces.flush()
    assert await store.traces.get(call.id) is not None
    await store.close()
