"""The connections of the load generator know when a reply is complete and what was in it."""

from __future__ import annotations

import asyncio
from typing import override

import pytest

from tests.bench import http2
from tests.bench.callers import Caller, Http1, Http2, Load, is_complete, payload
from tests.bench.replies import frames, stream_reply
from tests.bench.scenario import Scenario
from tests.fakes.native import chat

SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"".join(frames(chat))
CALL = Scenario(name="x", path="/v1", body=b"{}", whole=b"hello", first=b"hel")


class Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.called = asyncio.Event()

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))
        if not self.written[-1].startswith(b"PRI"):
            self.called.set()

    @override
    def abort(self) -> None:
        self.written.append(b"aborted")


async def begun(kind: type[Caller], calls: int = 2) -> tuple[Load, Caller, Wire]:
    """A connection that has sent its first request."""
    load = Load(scenario=CALL, host="h", calls=calls, timed=True)
    caller, wire = kind(load), Wire()
    caller.connection_made(wire)
    caller.start(0)
    await asyncio.wait_for(wire.called.wait(), 5)
    return load, caller, wire


@pytest.mark.parametrize("reply", [SIZED, CHUNKED], ids=["sized", "chunked"])
def test_a_reply_is_complete_at_its_last_byte_and_not_before(reply: bytes) -> None:
    assert is_complete(reply)
    assert not any(is_complete(reply[:cut]) for cut in range(0, len(reply), 7) if cut < len(reply))
    assert not is_complete(reply[:-1])


def test_the_payload_is_the_body_without_its_chunks() -> None:
    assert payload(SIZED) == b"hello"
    assert payload(CHUNKED) == b"".join(stream_reply())


async def test_the_next_call_is_made_when_a_reply_is_complete() -> None:
    load, caller, wire = await begun(Http1)
    caller.data_received(SIZED[:-1])
    caller.data_received(SIZED[-1:])
    assert wire.written == [CALL.request("h")] * 2
    assert (load.outcome.calls, load.outcome.reads, load.outcome.errors) == (1, 2, 0)
    assert (len(load.outcome.whole), len(load.outcome.first), len(load.outcome.gaps)) == (1, 1, 1)
    caller.end()


async def test_wrong_statuses_wrong_replies_and_lost_connections_are_errors() -> None:
    load, caller, _ = await begun(Http1, calls=3)
    caller.data_received(SIZED.replace(b"hello", b"hullo"))
    caller.data_received(SIZED.replace(b"200 OK", b"503 No"))
    caller.connection_lost(None)
    assert (load.outcome.calls, load.outcome.errors) == (0, 3)
    assert [example.split(":")[0] for example in load.outcome.examples] == [
        "not the expected reply",
        "HTTP/1.1 503 No\r\nContent-Length",
        "the connection was lost",
    ]


async def test_http2_calls_have_a_stream_each_and_end_with_it() -> None:
    load, caller, wire = await begun(Http2)
    good = http2.frame(http2.HEADERS, 4, 1, b"\x88") + http2.frame(http2.DATA, 0, 1, b"hel")
    caller.data_received(good + http2.frame(http2.DATA, http2.END_STREAM, 1, b"lo"))
    caller.data_received(http2.frame(http2.RST_STREAM, 0, 3, b"\0\0\0\2"))
    sent = http2.Requests(CALL, "h")
    assert wire.written == [http2.opening(), sent.on(1), sent.on(3)]
    assert (load.outcome.calls, load.outcome.errors) == (1, 1)


async def test_nothing_is_sent_when_enough_calls_are_made() -> None:
    load, caller, wire = await begun(Http1, calls=1)
    caller.data_received(SIZED)
    await caller.start(0)
    assert (load.calls, wire.written) == (0, [CALL.request("h")])
