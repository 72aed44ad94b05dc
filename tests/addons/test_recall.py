"""Recall adds the history before a call is planned, and stores what its client was given."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mitmproxy import http

from plexus.addons.exchange import Buffered, Exchange, Streamed
from plexus.addons.recall import Recall
from plexus.addons.services import Services
from plexus.addons.workers import Worker
from plexus.store.responses import Cursor
from plexus.transforms.codec import Match, Operation
from plexus.transforms.transcode import Passthrough
from plexus.transforms.wire import dump
from tests.addons.factories import DIALECTS, head, principal
from tests.addons.making import services, under_way
from tests.fakes.native import responses
from tests.store.remembering import conversation, keep, response

NOW = 4_000_000_000_000  # ms since 1970: nothing from then has expired


def asked(services: Services, **other: Any) -> tuple[http.HTTPFlow, Exchange]:
    """A Responses call that was read."""
    body = other.pop("body", {"model": "m", "input": "Hi"})
    made = {
        "dialect": DIALECTS["responses"],
        "head": head("/v1/responses"),
        "principal": principal(name="app"),
        "body": body,
        "raw": dump(body),
        "model": "m",
    }
    return under_way(services, **(made | other))


async def said(made: Services, body: dict[str, Any], **other: Any) -> Exchange:
    """Recall what a call goes on from."""
    flow, call = asked(made, body={"model": "m", "input": "Hi", **body}, **other)
    waits = Recall(made).request(flow)
    if waits is not None:
        await waits
    return call


async def test_a_call_that_says_nothing_of_state_does_not_wait() -> None:
    async with services() as made:
        flow, call = asked(made)
        assert Recall(made).request(flow) is None
    assert call.given is not None and call.continued is None
    assert call.body == {"model": "m", "input": "Hi"}


async def test_a_call_that_is_not_to_be_stored_is_not_even_watched() -> None:
    async with services() as made:
        call = await said(made, {"store": False})
    assert call.given is None


@pytest.mark.parametrize(
    "other",
    [
        {"dialect": DIALECTS["chat"]},
        {"door": "observe"},
        {"body": None},
        {"reply": Buffered(status=401, body=b"{}")},
    ],
    ids=["of another format", "observed", "unread", "refused"],
)
async def test_other_calls_are_none_of_its_business(other: dict[str, Any]) -> None:
    async with services() as made:
        flow, call = asked(made, **{"body": {"previous_response_id": "resp_1"}, **other})
        assert Recall(made).request(flow) is None
    assert call.given is None


async def test_a_flow_that_is_no_call_passes() -> None:
    async with services() as made:
        flow, call = asked(made)
        made.exchanges.drop(call.id)
        assert Recall(made).request(flow) is None


async def test_the_history_is_in_the_body_afterwards() -> None:
    async with services() as made:
        await keep(made.store, response("resp_1", created_at=NOW))
        call = await said(made, {"previous_response_id": "resp_1"})
    assert call.body is not None and call.continued is not None
    message = {"type": "message", "role": "user", "content": "Hi"}
    assert call.body["input"] == ["to resp_1", "from resp_1", message]
    assert call.continued.body["previous_response_id"] == "resp_1"
    assert call.timeline.ms("recalled") is not None


async def test_an_unknown_response_is_refused_before_the_call_is_planned() -> None:
    async with services() as made:
        call = await said(made, {"previous_response_id": "resp_1"})
    assert isinstance(call.reply, Buffered)
    assert call.reply.status == 404
    assert json.loads(call.reply.body)["error"]["param"] == "previous_response_id"


async def test_a_background_call_is_refused() -> None:
    async with services() as made:
        call = await said(made, {"background": True})
    assert isinstance(call.reply, Buffered)
    assert (call.reply.status, call.error and call.error.where) == (400, "background")


async def test_an_empty_reference_is_taken_out() -> None:
    async with services() as made:
        call = await said(made, {"previous_response_id": ""})
    assert call.body == {"model": "m", "input": "Hi"} and call.continued is None


async def test_counting_reads_and_does_not_store() -> None:
    async with services() as made:
        await keep(made.store, response("resp_1", created_at=NOW))
        call = await said(
            made, {"previous_response_id": "resp_1"}, match=Match(Operation.COUNT_TOKENS)
        )
    assert call.continued is not None and call.given is None


async def test_a_conversation_is_watched_even_if_the_answer_is_not_to_be_stored() -> None:
    async with services() as made:
        await made.store.conversations.create(conversation("c", updated_at=NOW), None)
        call = await said(made, {"conversation": "c", "store": False})
    assert call.given is not None and call.continued is not None


def told(flow: http.HTTPFlow, call: Exchange, answer: object, status: int = 200) -> None:
    """Put a whole answer on the flow, as the client gets it."""
    call.reply = Buffered(status=status, body=dump(answer))
    flow.response = http.Response.make(status, dump(answer))


async def ids(made: Services) -> list[str]:
    """What is stored of the caller."""
    await made.store.keeper.settle()
    found = await made.store.responses.page("app", Cursor(limit=9), since=0)
    return [record.id for record in found or ()]


async def test_a_whole_answer_is_stored() -> None:
    async with services() as made:
        recall = Recall(made)
        flow, call = asked(made)
        recall.request(flow)
        told(flow, call, responses.text("Hello"))
        recall.response(flow)
        assert await ids(made) == ["resp_fake"]


async def test_a_streamed_answer_is_stored_when_its_end_was_given() -> None:
    async with services() as made:
        recall = Recall(made)
        flow, call = asked(made)
        recall.request(flow)
        call.reply = streamed()
        recall.response(flow)
        assert await ids(made) == []
        assert call.given is not None
        call.given.take(b"".join(responses.stream(["Hello"])))
        recall.response(flow)
        assert await ids(made) == ["resp_fake"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [({**responses.text("x"), "status": "failed"}, 200), ({"error": {}}, 400), ([], 200)],
)
async def test_what_is_no_finished_answer_is_not_stored(answer: object, status: int) -> None:
    async with services() as made:
        recall = Recall(made)
        flow, call = asked(made)
        recall.request(flow)
        told(flow, call, answer, status)
        recall.response(flow)
        assert await ids(made) == []


async def test_what_a_client_left_is_not_stored() -> None:
    async with services() as made:
        recall = Recall(made)
        flow, call = asked(made)
        recall.request(flow)
        told(flow, call, responses.text("Hello"))
        call.cancelled = True
        recall.response(flow)
        assert await ids(made) == []


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_turn_of_a_conversation_is_written_at_once_where_others_may_read_it(
    workers: int,
) -> None:
    async with services(worker=Worker(number=1, count=workers)) as made:
        await made.store.conversations.create(conversation("c", updated_at=NOW), None)
        recall = Recall(made)
        flow, call = asked(made, body={"model": "m", "input": "Hi", "conversation": "c"})
        recalling = recall.request(flow)
        assert recalling is not None
        await recalling
        told(flow, call, responses.text("Hello"))
        waits = recall.response(flow)
        assert (waits is not None) is (workers == 2)
        if waits is not None:
            await waits
            assert made.store.keeper.writer.queued == 0


async def test_a_failure_to_store_leaves_the_reply_alone(caplog: pytest.LogCaptureFixture) -> None:
    async with services() as made:
        recall = Recall(made)
        flow, call = asked(made, body={"model": "m", "input": 7})  # its provider did not mind
        recall.request(flow)
        told(flow, call, responses.text("Hello"))
        recall.response(flow)
        assert flow.response is not None and flow.response.status_code == 200
        assert await ids(made) == []
    assert "outcome.failed" in caplog.text


def streamed() -> Streamed:
    """A stream that is over."""

    async def read() -> bytes:
        return b""

    pipe = Passthrough(DIALECTS["responses"], "id")
    return Streamed(first=b"", read=read, close=lambda: None, pipe=pipe)
