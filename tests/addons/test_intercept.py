"""The intercepting door: what is opened, what passes, and what is carried over the bridge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from mitmproxy import connection, http, options, tls
from mitmproxy import flow as flows
from mitmproxy.proxy import context, server_hooks
from mitmproxy.test import tflow

from plexus.addons.bridge import Bridge
from plexus.addons.exchange import Exchange, Streamed
from plexus.addons.identify import GATEWAY_MARK
from plexus.addons.inspection.attempt_flow import ATTEMPT_MARK
from plexus.addons.intercept import Intercept
from plexus.config.snapshot import Intercept as Section
from plexus.config.snapshot import InterceptHost
from plexus.transforms.codec import Match, Operation
from plexus.transforms.ir import Stop
from plexus.transforms.transcode import Passthrough
from plexus.transforms.wire import parse_object
from tests.addons.factories import DIALECTS, exchange, key, snapshot
from tests.addons.making import Replying, services, sse
from tests.fakes.native import chat, gemini
from tests.fakes.native.shapes import compact

OPENAI, GOOGLE = "api.openai.com", "generativelanguage.googleapis.com"
FRAMES = chat.stream(["Hel", "lo"])


def host(name: str, mode: str, **other: object) -> InterceptHost:
    known = {"host": name, "mode": mode, "dialect": "openai", "provider": "openai"}
    return InterceptHost(**{**known, **other})  # type: ignore[arg-type]  # of these types


ROUTE = snapshot(
    keys=(key("app", "sk-plexus-app"),),
    intercept=Section(hosts={OPENAI: host(OPENAI, "route", connect_to=("127.0.0.1", 9))}),
)
OBSERVE = snapshot(intercept=Section(hosts={OPENAI: host(OPENAI, "observe")}))


@dataclass(slots=True)
class Door:
    """The verb, its bridge, and what a test needs to know of the calls."""

    verb: Intercept
    bridge: Bridge

    def is_empty(self) -> bool:
        """Whether nothing of any call is left."""
        return not self.verb._taps and not self.verb._parked and not self.bridge._parked

    def take(self, call: Exchange, **request: object) -> http.HTTPFlow:
        """A flow for a call that is under way."""
        flow = asked(**request)
        call.id = flow.id
        self.verb.exchanges.add(call)
        return flow


@asynccontextmanager
async def door(current: object = OBSERVE) -> AsyncIterator[Door]:
    async with services(current) as made:  # type: ignore[arg-type]  # a snapshot
        bridge = Bridge()
        yield Door(Intercept(made, bridge), bridge)


def asked(
    path: str = "/v1/chat/completions", at: str = OPENAI, method: str = "POST", **headers: str
) -> http.HTTPFlow:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return tflow.tflow(req=http.Request.make(method, f"https://{at}{path}", b"{}", named))


def answer(kind: str = "application/json", body: bytes = b"", status: int = 200) -> http.Response:
    return http.Response.make(status, body, {"content-type": kind})


def streamed(reply: Replying) -> Streamed:
    return Streamed(
        first=FRAMES[0],
        read=reply.read_some,
        close=reply.close,
        pipe=Passthrough(DIALECTS["chat"], "id"),
    )


def hello(sni: str | None, address: tuple[str, int] | None = None) -> tls.ClientHelloData:
    client = connection.Client(peername=("", 0), sockname=("", 0))
    made = context.Context(client, options.Options())
    made.server.address = address
    return tls.ClientHelloData(context=made, client_hello=SimpleNamespace(sni=sni))  # type: ignore[arg-type]  # all that is asked of it


@pytest.mark.parametrize(
    ("sni", "address", "opened"),
    [
        (OPENAI, None, True),
        ("API.OpenAI.com", None, True),
        (None, (OPENAI, 443), True),
        ("github.com", (OPENAI, 443), False),
        ("github.com", None, False),
        ("api.openai.com.evil.test", None, False),
        (None, ("10.0.0.1", 443), False),
        (None, None, False),
    ],
)
async def test_only_listed_hosts_are_opened(
    sni: str | None, address: tuple[str, int] | None, opened: bool
) -> None:
    async with door() as made:
        data = hello(sni, address)
        made.verb.tls_clienthello(data)
    assert data.ignore_connection is not opened


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        ((OPENAI, 443), ("127.0.0.1", 9)),
        (("API.OpenAI.com", 443), ("127.0.0.1", 9)),
        (("github.com", 443), ("github.com", 443)),
        (None, None),
    ],
)
async def test_a_host_may_be_connected_to_elsewhere(
    address: tuple[str, int] | None, leads_to: tuple[str, int] | None
) -> None:
    server = connection.Server(address=address)
    server.sni = OPENAI
    client = connection.Client(peername=("", 0), sockname=("", 0))
    async with door(ROUTE) as made:
        made.verb.server_connect(server_hooks.ServerConnectionHookData(server, client))
    assert (server.address, server.sni) == (leads_to, OPENAI)


@pytest.mark.parametrize("at", [OPENAI, "elsewhere.test"])
async def test_what_is_no_call_of_ours_passes_unbuffered(at: str) -> None:
    flow = asked("/v1/files", at, "GET")
    async with door() as made:
        made.verb.requestheaders(flow)
        flow.response = answer("application/octet-stream")
        made.verb.responseheaders(flow)
        assert made.is_empty()
    assert flow.request.stream is True and flow.response.stream is True


async def test_an_upgrade_passes_as_it_is() -> None:
    flow = asked("/v1/realtime", method="GET", upgrade="websocket", connection="upgrade")
    async with door() as made:
        made.verb.requestheaders(flow)
    assert not flow.request.stream and flow.response is None


@pytest.mark.parametrize("mark", [GATEWAY_MARK, ATTEMPT_MARK])
async def test_flows_of_our_own_are_not_intercepted(mark: str) -> None:
    flow = asked("/v1/files", method="GET")
    flow.metadata[mark] = True
    async with door(ROUTE) as made:
        made.verb.requestheaders(flow)
        flow.response = answer()
        made.verb.responseheaders(flow)
    assert not flow.request.stream and not flow.response.stream


async def test_a_flow_that_is_answered_is_left_alone() -> None:
    flow = asked("/v1/files", method="GET", upgrade="websocket")
    flow.response = answer(status=418)
    async with door(ROUTE) as made:
        made.verb.requestheaders(flow)
    assert flow.response.status_code == 418


async def test_a_websocket_is_sent_back_to_http_where_calls_are_routed() -> None:
    flow = asked("/v1/responses", method="GET", upgrade="WebSocket", connection="upgrade")
    async with door(ROUTE) as made:
        made.verb.requestheaders(flow)
    assert flow.response is not None and flow.response.status_code == 426
    error = parse_object(flow.response.content or b"")["error"]
    assert isinstance(error, dict) and error["code"] == "upgrade_required"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/files", {"authorization": "Bearer sk-plexus-app"}),
        ("/v1/files", {"authorization": "Bearer sk-plexus-app:team"}),
        ("/v1/files", {"x_api_key": "sk-plexus-app"}),
        ("/v1/files?key=sk-plexus-app", {}),
        # Which of several a provider heeds is its business; none may be ours.
        ("/v1/files", {"authorization": "Bearer sk-own", "x_api_key": "sk-plexus-app"}),
        ("/v1/files?key=sk-plexus-app", {"x_goog_api_key": "sk-own"}),
    ],
)
async def test_a_key_of_ours_never_goes_to_a_provider(path: str, headers: dict[str, str]) -> None:
    flow = asked(path, method="GET", **headers)
    async with door(ROUTE) as made:
        made.verb.requestheaders(flow)
    assert flow.response is not None and flow.response.status_code == 404
    assert "sk-plexus-app" not in (flow.response.get_text() or "")


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer sk-own"}])
async def test_a_clients_own_key_goes_where_it_belongs(headers: dict[str, str]) -> None:
    flow = asked("/v1/files", method="GET", **headers)
    async with door(ROUTE) as made:
        made.verb.requestheaders(flow)
    assert flow.response is None and flow.request.stream is True


async def test_a_stream_is_fetched_over_the_bridge_and_the_call_shown_as_it_was() -> None:
    async with door(ROUTE) as made:
        call = exchange(door="route", reply=streamed(sse()))
        flow = made.take(call, authorization="Bearer sk-own")
        before = flow.request.get_state()
        made.verb.requestheaders(flow)
        made.verb.request(flow)
        assert flow.request.host == "127.0.0.1" and "sk-own" not in str(flow.request.get_state())
        assert len(made.bridge._parked) == 1
        flow.response = answer("text/event-stream")
        made.verb.responseheaders(flow)
        assert flow.request.get_state() == before
        assert flow.response.stream is True
        assert not made.verb._parked


async def test_a_call_that_fails_on_its_way_to_the_bridge_lets_the_provider_go() -> None:
    reply = sse()
    async with door(ROUTE) as made:
        call = exchange(door="route", reply=streamed(reply))
        flow = made.take(call)
        before = flow.request.get_state()
        made.verb.request(flow)
        flow.error = flows.Error("Client disconnected.")
        made.verb.error(flow)
        assert made.is_empty()
    assert flow.request.get_state() == before
    assert reply.closed == 1


async def test_a_routed_call_that_no_verb_answered_goes_nowhere() -> None:
    async with door(ROUTE) as made:
        call = exchange(door="route")
        flow = made.take(call)
        made.verb.request(flow)
        assert made.is_empty()
    assert flow.response is not None and flow.response.status_code == 500
    assert flow.request.host == OPENAI


async def test_a_whole_reply_needs_no_bridge() -> None:
    async with door(ROUTE) as made:
        flow = made.take(exchange(door="route"))
        flow.response = answer(body=b"{}")
        made.verb.request(flow)
        made.verb.responseheaders(flow)
        assert made.is_empty()
    assert not flow.response.stream


async def test_an_observed_stream_is_tapped() -> None:
    async with door() as made:
        call = exchange(door="observe", host=OBSERVE.intercept.hosts[OPENAI])
        flow = made.take(call)
        flow.response = answer("text/event-stream")
        made.verb.responseheaders(flow)
        tap = flow.response.stream
        assert callable(tap)
        assert b"".join(tap(frame) for frame in FRAMES) == b"".join(FRAMES)
        made.verb.response(flow)
        assert made.is_empty()
    assert call.stream and call.stop is Stop.END and call.usage is not None


async def test_an_observed_stream_that_is_cut_is_let_go() -> None:
    async with door() as made:
        call = exchange(door="observe")
        flow = made.take(call)
        flow.response = answer("text/event-stream")
        made.verb.responseheaders(flow)
        flow.error = flows.Error("Client disconnected.")
        made.verb.error(flow)
        assert made.is_empty()
    assert call.error is None


async def test_an_observed_array_is_not_held_until_it_is_whole() -> None:
    pieces = gemini.array(gemini.stream(["Hel", "lo"]))
    async with door() as made:
        match = Match(Operation.CHAT, model="m", stream=True, framing="array")
        call = exchange(door="observe", dialect=DIALECTS["gemini"], match=match, stream=True)
        flow = made.take(call, at=GOOGLE)
        flow.response = answer("application/json; charset=UTF-8")
        made.verb.responseheaders(flow)
        tap = flow.response.stream
        assert callable(tap)
        assert b"".join(tap(piece) for piece in pieces) == b"".join(pieces)
        made.verb.response(flow)
    assert call.stop is Stop.END and call.error is None


@pytest.mark.parametrize("framing", ["sse", "array"])
async def test_an_observed_refusal_of_a_stream_is_read_whole(framing: str) -> None:
    async with door() as made:
        match = Match(Operation.CHAT, stream=True, framing=framing)  # type: ignore[arg-type]  # one of the two
        call = exchange(door="observe", match=match, stream=True)
        flow = made.take(call)
        flow.response = answer(body=compact(chat.error(429, "slow down")).encode(), status=429)
        made.verb.responseheaders(flow)
        assert not flow.response.stream
        made.verb.response(flow)
        assert made.is_empty()
    assert call.error is not None and call.error.message == "slow down"


async def test_an_observed_whole_reply_is_read() -> None:
    async with door() as made:
        call = exchange(door="observe")
        flow = made.take(call)
        flow.response = answer(body=compact(chat.text("Hi")).encode())
        made.verb.responseheaders(flow)
        assert not flow.response.stream
        made.verb.response(flow)
    assert call.stop is Stop.END and not call.stream


async def test_what_a_routed_call_says_is_not_read_here() -> None:
    async with door(ROUTE) as made:
        call = exchange(door="route")
        flow = made.take(call)
        flow.response = answer(body=compact(chat.text("Hi")).encode())
        made.verb.response(flow)
    assert call.stop is None
