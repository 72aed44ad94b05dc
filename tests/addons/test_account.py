"""One row for each call, exactly once, however it ended."""

import pytest
from mitmproxy import flow as flows
from mitmproxy import http
from mitmproxy.test import tflow

from plexus.addons.account import PENDING_AFTER_MS, Account, is_disconnect
from plexus.addons.exchange import Attempt, Exchange, Streamed
from plexus.transforms.ir import Stop, Usage
from plexus.transforms.transcode import Passthrough
from plexus.transforms.wire import JsonObject
from tests.addons.factories import (
    DIALECTS,
    exchange,
    key,
    plan,
    principal,
    snapshot,
    target,
)
from tests.addons.making import rows_of, services, sse, under_way


def ended_pipe(usage: Usage) -> Streamed:
    """A stream that went by."""
    pipe = Passthrough(DIALECTS["chat"], "id")
    pipe.usage, pipe.stop = usage, Stop.END

    async def nothing() -> bytes:
        return b""

    return Streamed(first=b"", read=nothing, close=lambda: None, pipe=pipe)


def old(call: Exchange, ms: float) -> Exchange:
    """The same call, begun so much earlier."""
    call.timeline.started -= ms / 1000
    return call


async def test_a_call_that_ends_twice_has_one_row() -> None:
    async with services() as made:
        account = Account(made)
        flow, call = under_way(made, principal=principal(name="app"), model="m")
        flow.response = http.Response.make(200, b"{}")
        account.response(flow)
        flow.error = flows.Error("Client disconnected.")
        account.error(flow)
        (row,) = await rows_of(made)
    assert call.closed
    assert (row.request_id, row.api_key, row.response_status) == (call.id, "app", "success")
    assert row.http_status == 200 and row.duration_ms is not None


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Client disconnected.", "cancelled"),  # mitmproxy and our listener
        ("client disconnect", "cancelled"),
        ("Connection killed.", "error"),
        ("peer closed connection", "error"),
    ],
)
async def test_a_client_that_leaves_cancels_and_anything_else_fails(
    words: str, status: str
) -> None:
    async with services() as made:
        flow, call = under_way(made, principal=principal())
        flow.error = flows.Error(words)
        Account(made).error(flow)
        (row,) = await rows_of(made)
    assert row.response_status == status
    assert row.error_message == (None if status == "cancelled" else words)
    assert call.cancelled is (status == "cancelled")


async def test_what_a_streams_pipe_saw_is_in_the_row() -> None:
    async with services() as made:
        flow, call = under_way(made, principal=principal(), stream=True)
        call.reply = ended_pipe(Usage(input=3, output=4))
        flow.response = http.Response.make(200, b"")
        Account(made).response(flow)
        (row,) = await rows_of(made)
    assert (row.tokens_input, row.tokens_output, row.finish_reason) == (3, 4, "end")


async def test_a_stream_that_nobody_came_for_is_let_go() -> None:
    async with services() as made:
        flow, call = under_way(made, principal=principal(), stream=True)
        reply = sse()
        call.reply = ended_pipe(Usage())
        call.reply.close = reply.close
        flow.error = flows.Error("Connection killed.")
        Account(made).error(flow)
    assert reply.closed == 1


async def test_a_call_that_was_never_anybodys_makes_no_row() -> None:
    async with services() as made:
        account = Account(made)
        flow, call = under_way(made)
        old(call, 1000)
        account.enter_pending()
        flow.response = http.Response.make(401, b"{}")
        account.response(flow)
        assert await rows_of(made) == []
    assert call.closed


async def test_other_flows_make_no_row() -> None:
    async with services() as made:
        Account(made).response(tflow.tflow(resp=True))
        assert await rows_of(made) == []


async def test_a_call_that_takes_its_time_is_entered_once_and_its_row_replaced_at_its_end() -> None:
    async with services() as made:
        account = Account(made)
        flow, call = under_way(made, principal=principal())
        account.enter_pending()
        assert await rows_of(made) == []
        old(call, PENDING_AFTER_MS + 1)
        account.enter_pending()
        (pending,) = await rows_of(made)
        queued = made.store.writer.queued
        account.enter_pending()
        assert made.store.writer.queued == queued
        flow.response = http.Response.make(200, b"{}")
        account.response(flow)
        (final,) = await rows_of(made)
    assert (pending.response_status, final.response_status) == ("pending", "success")


async def test_a_call_whose_row_is_written_is_not_entered_again() -> None:
    async with services() as made:
        account = Account(made)
        flow, call = under_way(made, principal=principal())
        flow.response = http.Response.make(200, b"{}")
        account.response(flow)
        old(call, 10_000)
        account.enter_pending()  # `record` has not forgotten it yet
        (row,) = await rows_of(made)
    assert row.response_status == "success"


async def test_what_the_end_of_the_gateway_cuts_off_is_entered() -> None:
    async with services() as made:
        account = Account(made)
        flow, call = under_way(made, principal=principal(), stream=True)
        call.reply = ended_pipe(Usage(input=3, output=4))
        account.cut_off()
        flow.error = flows.Error("too late")
        account.error(flow)
        (row,) = await rows_of(made)
    assert (row.response_status, row.tokens_output) == ("cancelled", 4)


def test_a_flow_without_an_error_is_no_disconnect() -> None:
    assert not is_disconnect(tflow.tflow())
    assert exchange().cancelled is False


async def test_a_call_is_settled_once_however_often_it_ends() -> None:
    bound = key(quotas=("few",))
    quota: JsonObject = {"type": "daily", "limitType": "requests", "limit": 9}
    found = snapshot(keys=(bound,), user_quotas={"few": quota})
    async with services(found) as made:
        flow, call = under_way(
            made,
            snapshot=found,
            principal=principal(key=bound, name="app"),
            plan=plan(target()),
            model="m",
            attempts=[Attempt(target=target())],
        )
        assert call.plan is not None
        await made.quotas.reserve(call, made.quotas.quotas(call), call.plan)
        flow.response = http.Response.make(200, b"{}")
        account = Account(made)
        account.response(flow)
        account.error(flow)
        await made.quotas.ledger.flush()
        (level,) = (await made.store.quotas.levels()).values()
    assert (level.usage, level.reserved) == (1.0, 0.0)
