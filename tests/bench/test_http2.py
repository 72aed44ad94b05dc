"""The prebuilt HTTP/2 is understood by a real implementation, and the other way round."""

from __future__ import annotations

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded

from tests.bench import http2
from tests.bench.scenario import Scenario

CALL = Scenario(name="x", path="/v1/" + "a" * 300, body=b'{"a":1}')


def served(data: bytes) -> tuple[H2Connection, list[Event]]:
    """A server that has read this."""
    server = H2Connection(H2Configuration(client_side=False))
    server.initiate_connection()
    server.data_to_send()
    return server, server.receive_data(data)


def test_a_server_reads_our_requests() -> None:
    requests = http2.Requests(CALL, "api.test")
    _, events = served(http2.opening() + requests.on(1) + requests.on(3))
    heads = [event for event in events if isinstance(event, RequestReceived)]
    bodies = [event.data for event in events if isinstance(event, DataReceived)]
    assert [event.stream_id for event in heads] == [1, 3]
    assert dict(heads[0].headers) == {
        b":method": b"POST",
        b":scheme": b"https",
        b":authority": b"api.test",
        b":path": CALL.path.encode(),
        **{name.encode(): value.encode() for name, value in CALL.headers()},
    }
    assert bodies == [CALL.body] * 2
    assert sum(isinstance(event, StreamEnded) for event in events) == 2


@pytest.mark.parametrize(("status", "ok"), [("200", True), ("503", False)])
def test_we_read_a_servers_replies(status: str, ok: bool) -> None:
    server, _ = served(http2.opening() + http2.Requests(CALL, "h").on(1))
    server.data_to_send()
    server.send_headers(1, [(":status", status), ("content-type", "text/plain")])
    server.send_data(1, b"hello", end_stream=True)
    server.ping(b"12345678")
    received = bytearray(server.data_to_send() or b"") + b"\0"
    found = list(http2.take(received))
    assert [(frame.kind, frame.ends_stream) for frame in found] == [
        (http2.HEADERS, False),
        (http2.DATA, True),
        (http2.PING, False),
    ]
    assert (found[0].is_ok, found[1].payload, bytes(received)) == (ok, b"hello", b"\0")
    assert http2.answer(found[2]) == http2.frame(http2.PING, 1, 0, b"12345678")
    assert [http2.answer(frame) for frame in found[:2]] == [b"", b""]


def test_settings_are_acknowledged_once() -> None:
    settings = http2.Frame(http2.SETTINGS, 0, 0, b"")
    assert http2.answer(settings) == http2.frame(http2.SETTINGS, 1, 0, b"")
    assert http2.answer(http2.Frame(http2.SETTINGS, 1, 0, b"")) == b""


def test_a_body_too_long_for_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="large: the body is too long"):
        http2.Requests(Scenario(name="large", path="/", body=b"x" * 20_000), "h")
