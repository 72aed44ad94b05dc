"""Errors become replies; hooks fail closed."""

import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from plexus.addons.border import (
    as_gateway_error,
    error_reply,
    fail_closed,
    outcome_stage,
    receipt_header,
    refuse,
    reply_headers,
    stage,
)
from plexus.addons.exchange import Buffered, Exchange, Exchanges
from plexus.transforms.codec import Note
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import parse_object
from tests.addons.factories import DIALECTS, exchange, plan, target
from tests.addons.making import done


class Verb:
    """A verb that does what it is told."""

    def __init__(self, error: Exception | None = None) -> None:
        self.exchanges = Exchanges()
        self.error = error
        self.ran = 0

    @stage
    def request(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        self._run()

    @stage
    async def later(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        self._run()

    @outcome_stage
    def response(self, flow: http.HTTPFlow, exchange: Exchange) -> None:
        self._run()

    @fail_closed
    def requestheaders(self, flow: http.HTTPFlow) -> None:
        self._run()

    def _run(self) -> None:
        self.ran += 1
        if self.error is not None:
            raise self.error


def flow_and_call(verb: Verb) -> tuple[http.HTTPFlow, Exchange]:
    flow = tflow.tflow()
    call = exchange(id=flow.id)
    verb.exchanges.add(call)
    return flow, call


def test_flows_that_are_no_calls_of_ours_are_left_alone() -> None:
    verb = Verb()
    verb.request(tflow.tflow())
    verb.response(tflow.tflow())
    assert verb.ran == 0


def test_a_call_that_is_answered_is_not_worked_on_again() -> None:
    verb = Verb()
    flow, call = flow_and_call(verb)
    call.reply = Buffered(status=200, body=b"")
    verb.request(flow)
    assert verb.ran == 0
    verb.response(flow)
    assert verb.ran == 1


async def test_a_gateway_error_becomes_the_clients_own_kind_of_error() -> None:
    for hook in ("request", "later"):
        verb = Verb(GatewayError(Kind.NOT_FOUND, "no such model", code="model_not_found"))
        flow, call = flow_and_call(verb)
        await done(getattr(verb, hook)(flow))
        assert flow.response is not None
        assert flow.response.status_code == 404
        error = parse_object(flow.response.content or b"")["error"]
        assert isinstance(error, dict)
        assert (error["message"], error["code"]) == ("no such model", "model_not_found")
        assert flow.response.headers["x-request-id"] == call.id
        assert call.error is verb.error


async def test_a_crash_fails_closed_and_tells_nothing_but_the_request_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for hook in ("request", "later"):
        verb = Verb(RuntimeError("secret detail"))
        flow, call = flow_and_call(verb)
        await done(getattr(verb, hook)(flow))
        assert flow.response is not None
        assert flow.response.status_code == 500
        text = flow.response.get_text() or ""
        assert call.id in text and "secret detail" not in text
    assert "secret detail" in caplog.text  # the traceback is in the log


def test_a_crash_before_there_is_a_call_answers_too() -> None:
    flow = tflow.tflow()
    Verb(RuntimeError("x")).requestheaders(flow)
    assert flow.response is not None and flow.response.status_code == 500


def test_a_crash_on_the_way_out_does_not_break_the_reply(
    caplog: pytest.LogCaptureFixture,
) -> None:
    verb = Verb(RuntimeError("x"))
    flow, _ = flow_and_call(verb)
    flow.response = http.Response.make(200, b"fine")
    verb.response(flow)
    assert flow.response.content == b"fine"
    assert "outcome.failed" in caplog.text


@pytest.mark.parametrize("name", ["chat", "messages", "gemini", "responses"])
def test_every_dialect_renders_every_kind(name: str) -> None:
    for kind in Kind:
        reply = error_reply(DIALECTS[name], GatewayError(kind, "what", retry_after=2.4), "id-1")
        assert 400 <= reply.status <= 599
        assert "what" in reply.body.decode()
        assert reply.headers["retry-after"] == "2"


def test_replies_carry_the_ids_and_the_receipt() -> None:
    call = exchange(
        client_request_id="mine",
        receipt=(Note(path="sampling.seed", action="dropped", detail="é\n"),),
    )
    headers = reply_headers(call, {"content-type": "text/plain"})
    assert headers == {
        "content-type": "text/plain",
        "x-request-id": call.id,
        "request-id": call.id,
        "x-client-request-id": "mine",
        "x-plexus-dropped": "dropped sampling.seed (? )",
    }


def test_a_long_receipt_is_cut_to_fit_a_header() -> None:
    notes = tuple(Note(path=f"messages[{n}]", action="dropped") for n in range(500))
    text = receipt_header(exchange(receipt=notes))
    assert len(text) <= 2000 and text.endswith(" and more")


def test_no_name_that_a_client_chose_can_break_a_header() -> None:
    notes = (Note(path="ext.a\x00b\r\nc\x7fd\t\ud800", action="dropped"),)
    assert receipt_header(exchange(receipt=notes)) == "dropped ext.a b  c d ?"


def test_refuse_sets_reply_and_response_together() -> None:
    flow = tflow.tflow()
    call = exchange(id=flow.id)
    refuse(flow, call, GatewayError(Kind.FORBIDDEN, "no"))
    assert isinstance(call.reply, Buffered)
    assert flow.response is not None and flow.response.status_code == call.reply.status == 403


def test_a_gateway_error_stays_what_it_is() -> None:
    error = GatewayError(Kind.QUOTA, "over")
    assert as_gateway_error(error, "id") is error


def test_only_a_call_that_may_show_its_plan_does() -> None:
    call = exchange(plan=plan(target("a/x")))
    assert "x-plexus-plan" not in reply_headers(call, {})
    call.shows_plan = True
    assert '"target":"a/x"' in reply_headers(call, {})["x-plexus-plan"]
    call.plan = None
    assert "x-plexus-plan" not in reply_headers(call, {})


def test_what_is_left_of_a_quota_is_told_on_every_reply() -> None:
    call = exchange(quota_headers={"x-plexus-quota": "small"})
    assert reply_headers(call, {"a": "b"})["x-plexus-quota"] == "small"
    assert "x-plexus-quota" not in reply_headers(exchange(), {})
