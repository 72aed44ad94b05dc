"""Calls go along their plan; who leaves takes his call with him."""

import asyncio

import pytest

from plexus.addons.dispatch import Dispatch
from plexus.addons.exchange import Buffered, Exchange, Streamed
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import JsonObject, dump
from tests.addons.factories import plan, principal, target
from tests.addons.making import Scripted, done, services, sse, under_way, whole
from tests.fakes.native import chat
from tests.fakes.native.shapes import compact

BODY: JsonObject = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
FINE = compact(chat.text("Hello")).encode()
FRAMES = chat.stream(["Hel", "lo"])
DOWN = GatewayError(Kind.UPSTREAM_DOWN, "no connection")


def asked(**other: object) -> dict[str, object]:
    known = {"model": "m", "body": BODY, "raw": dump(BODY), "principal": principal()}
    return {**known, "plan": plan(target("acme/big")), **other}


@pytest.mark.parametrize("door", ["gateway", "route"])
async def test_a_whole_reply_is_put_on_the_flow(door: str) -> None:
    async with services(upstream=Scripted(whole(FINE))) as made:
        flow, call = under_way(made, **asked(door=door))
        await done(Dispatch(made).request(flow))
    assert isinstance(call.reply, Buffered)
    assert flow.response is not None and flow.response.content == FINE
    assert flow.response.headers["x-request-id"] == call.id


@pytest.mark.parametrize("door", ["gateway", "route"])
async def test_a_stream_is_held_for_its_door(door: str) -> None:
    async with services(upstream=Scripted(sse(*FRAMES))) as made:
        flow, call = under_way(made, **asked(door=door, stream=True))
        await done(Dispatch(made).request(flow))
    assert isinstance(call.reply, Streamed) and flow.response is None


@pytest.mark.parametrize("door", ["gateway", "route"])
@pytest.mark.parametrize(("error", "status"), [(DOWN, 502), (RuntimeError("a bug"), 500)])
async def test_a_failure_is_answered_natively(door: str, error: Exception, status: int) -> None:
    async with services(upstream=Scripted(error)) as made:
        flow, call = under_way(made, **asked(door=door))
        dispatch = Dispatch(made)
        await done(dispatch.request(flow))
    assert flow.response is not None and flow.response.status_code == status
    assert call.error is not None and not call.cancelled
    assert "a bug" not in (flow.response.get_text() or "")
    assert not dispatch._asking


async def test_a_call_without_a_plan_is_left_alone() -> None:
    upstream = Scripted()
    async with services(upstream=upstream) as made:
        flow, call = under_way(made, **asked(door="observe", plan=None))
        await done(Dispatch(made).request(flow))
    assert call.reply is None and flow.response is None and not upstream.sent


async def test_an_intercepted_client_that_leaves_takes_its_calls_along_and_no_others() -> None:
    first, second = Scripted(asyncio.Event()), Scripted(asyncio.Event())
    async with services(upstream=first) as made, services(upstream=second) as others:
        dispatch, other = Dispatch(made), Dispatch(others)
        flow, call = under_way(made, **asked(door="route"))
        stays, staying = under_way(others, **asked(door="route"))
        work = asyncio.ensure_future(dispatch.request(flow))
        rest = asyncio.ensure_future(other.request(stays))
        await first.arrived.wait()
        await second.arrived.wait()
        dispatch.client_disconnected(flow.client_conn)
        other.client_disconnected(flow.client_conn)
        await work
        assert not rest.done()
        rest.cancel()
        with pytest.raises(asyncio.CancelledError):
            await rest
    assert call.cancelled and not staying.cancelled
    assert flow.response is not None
    assert not dispatch._asking and not other._asking


async def test_several_calls_of_one_connection_leave_together() -> None:
    upstream = Scripted(asyncio.Event(), asyncio.Event())
    async with services(upstream=upstream) as made:
        dispatch = Dispatch(made)
        flow, one = under_way(made, **asked(door="route"))
        another, two = under_way(made, **asked(door="route", id="2" * 36))
        another.client_conn = flow.client_conn
        work = [asyncio.ensure_future(dispatch.request(each)) for each in (flow, another)]
        await upstream.arrived.wait()
        dispatch.client_disconnected(flow.client_conn)
        await asyncio.gather(*work)
    assert one.cancelled and two.cancelled and not dispatch._asking


async def test_a_client_that_left_before_it_was_asked_is_not_asked_for() -> None:
    upstream = Scripted(whole(FINE))
    async with services(upstream=upstream) as made:
        dispatch = Dispatch(made)
        flow, call = under_way(made, **asked(door="route"))
        flow.client_conn.timestamp_end = 1.0  # mitmproxy sets it when the connection is gone
        await done(dispatch.request(flow))
    assert call.cancelled and not upstream.sent


async def test_cancelling_a_gateways_call_cancels_what_it_waits_for() -> None:
    upstream = Scripted(asyncio.Event())
    async with services(upstream=upstream) as made:
        flow, call = under_way(made, **asked())
        work = asyncio.ensure_future(Dispatch(made).request(flow))
        await upstream.arrived.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    assert_ended(call)


async def test_cancelling_an_intercepted_call_cancels_what_it_waits_for() -> None:
    upstream = Scripted(asyncio.Event())
    async with services(upstream=upstream) as made:
        dispatch = Dispatch(made)
        flow, call = under_way(made, **asked(door="route"))
        work = asyncio.ensure_future(dispatch.request(flow))
        await upstream.arrived.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        await asyncio.sleep(0)  # the cancelled search ends
    assert_ended(call)
    assert not dispatch._asking


def assert_ended(call: Exchange) -> None:
    (attempt,) = call.attempts
    assert attempt.ended is not None
