"""A call that came through the listener becomes a flow like any other."""

from uuid import UUID

from mitmproxy import http
from mitmproxy.connection import Client, Server
from mitmproxy.io import FlowReader, FlowWriter

from plexus.addons.flows import flow_of, uuid4
from plexus.addons.identify import GATEWAY_MARK, head_of
from plexus.addons.incoming import Peer
from plexus.addons.listener import PlexusMode
from plexus.addons.request_parser import RequestParser


def peer() -> Peer:
    return Peer(
        peername=("127.0.0.1", 5123), sockname=("127.0.0.1", 4000), since=7.0, invite=lambda: None
    )


async def flow_for(request: bytes, of: Peer | None = None) -> http.HTTPFlow:
    parser = RequestParser(peer() if of is None else of)
    parser.feed(request)
    (incoming,) = parser.heads
    return flow_of(incoming, PlexusMode.parse("plexus"), Server(address=None))


async def test_a_flow_has_every_attribute_that_mitmproxy_gives_one() -> None:
    flow = await flow_for(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n")
    made = http.HTTPFlow(flow.client_conn, Server(address=None), live=True)
    assert vars(flow).keys() == vars(made).keys() | {"request"}
    same = vars(made).keys() - {"id", "timestamp_created", "server_conn", "metadata"}
    assert {name: vars(flow)[name] for name in same} == {name: vars(made)[name] for name in same}


async def test_the_calls_of_a_connection_share_their_client() -> None:
    of = peer()
    flows = [await flow_for(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", of) for _ in range(2)]
    assert flows[0].client_conn is flows[1].client_conn and flows[0].id != flows[1].id
    assert isinstance(of.client, Client) and of.client.timestamp_start == 7.0


def test_an_id_is_a_random_uuid() -> None:
    found = [uuid4() for _ in range(1000)]
    assert all(str(UUID(text)) == text and UUID(text).version == 4 for text in found)
    assert {UUID(text).variant for text in found} == {"specified in RFC 4122"}
    assert len(set(found)) == 1000


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
