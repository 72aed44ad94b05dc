"""A call that came through the listener becomes a flow like any other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from mitmproxy import http
from mitmproxy.connection import Server
from mitmproxy.io import FlowReader, FlowWriter

from plexus.addons.flows import flow_of
from plexus.addons.identify import GATEWAY_MARK, head_of
from plexus.addons.listener import PlexusMode
from tests.addons.raw import exchange_bytes


@asynccontextmanager
async def making_flows(made: list[http.HTTPFlow]) -> AsyncIterator[int]:
    """A server that makes a flow of each request; yields its port."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        made.append(flow_of(request, PlexusMode.parse("plexus"), Server(address=None)))
        return web.Response()

    runner = web.ServerRunner(web.Server(handle, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def flow_for(request: bytes) -> http.HTTPFlow:
    made: list[http.HTTPFlow] = []
    async with making_flows(made) as port:
        await exchange_bytes(port, request)
    (flow,) = made
    return flow


async def test_a_flow_has_the_requests_head_as_it_was_sent() -> None:
    flow = await flow_for(
        b"POST /v1/messages?beta=true&x=%41 HTTP/1.1\r\nHost: me:4000\r\nX-Api-Key: one\r\n"
        b"x-api-key: two\r\nX-Odd: caf\xc3\xa9\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    request = flow.request
    assert (request.method, request.path) == ("POST", "/v1/messages?beta=true&x=%41")
    assert request.headers.get_all("x-api-key") == ["one", "two"]
    assert request.headers["X-Odd"] == "café"
    head = head_of(flow)
    assert (head.path, head.query) == ("/v1/messages", "beta=true&x=%41")
    assert flow.metadata[GATEWAY_MARK] is True


async def test_a_flow_knows_its_client_and_leads_nowhere() -> None:
    flow = await flow_for(
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    assert flow.client_conn.peername is not None
    assert flow.client_conn.peername[0] == "127.0.0.1" and flow.client_conn.peername[1] > 0
    assert flow.client_conn.proxy_mode == PlexusMode.parse("plexus")
    assert flow.server_conn.address is None
    assert flow.request.pretty_host == "x"
    assert flow.request.host == "gateway.plexus.invalid"


async def test_bytes_that_are_no_text_do_not_break_a_flow() -> None:
    flow = await flow_for(
        b"POST /v1/ HTTP/1.1\r\nHost: x\r\nX-Odd: \xe9\r\nContent-Length: 0\r\n"
        b"Connection: close\r\n\r\n"
    )
    assert flow.request.headers.fields[1] == (b"X-Odd", b"\xe9")


async def test_a_flow_can_be_saved_and_read_again(tmp_path) -> None:
    flow = await flow_for(
        b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    with (tmp_path / "flows").open("wb") as file:
        FlowWriter(file).add(flow)
    with (tmp_path / "flows").open("rb") as file:
        (read,) = FlowReader(file).stream()
    assert read.id == flow.id
    assert read.get_state()["request"] == flow.get_state()["request"]
