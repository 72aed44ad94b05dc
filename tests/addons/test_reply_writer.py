"""Replies as they stand on the wire."""

import asyncio
from typing import cast, override

import pytest

from plexus.addons.incoming import Incoming, Peer
from plexus.addons.reply_writer import ReplyWriter, Stamp, header_lines


class Kept(asyncio.Transport):
    """A transport that keeps what is written, write by write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    @override
    def is_closing(self) -> bool:
        return False


def writer(*, is_http_1_0: bool = False, keeps_alive: bool = True) -> tuple[ReplyWriter, Kept]:
    transport = Kept()
    made = ReplyWriter(transport, Stamp())
    peer = Peer(peername=("", 0), sockname=("", 0), since=0.0, invite=made.invite)
    request = Incoming(peer, "POST", b"/", [], is_http_1_0=is_http_1_0, keeps_alive=keeps_alive)
    made.open(request)
    return made, transport


def test_a_whole_reply_is_one_write() -> None:
    made, transport = writer()
    made.whole(200, b"Content-Type: text/plain\r\nDate: now\r\nServer: us\r\n", b"body")
    assert transport.writes == [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: now\r\nServer: us\r\n"
        b"Content-Length: 4\r\n\r\nbody"
    ]
    assert made.keeps and made.is_ended


@pytest.mark.parametrize("status", [204, 304])
def test_a_reply_that_must_have_no_body_has_none(status: int) -> None:
    made, transport = writer(keeps_alive=False)
    made.whole(status, b"", b"body")
    (reply,) = transport.writes
    assert reply.endswith(b"\r\n\r\n") and b"Content-" not in reply
    assert b"\r\nDate: " in reply and b"\r\nServer: Python/" in reply
    assert b"\r\nConnection: close\r\n" in reply


async def test_each_piece_of_a_stream_is_one_write_and_the_first_has_the_head() -> None:
    made, transport = writer()
    made.begin(200, b"")
    for piece in (b"one", b"", b"three"):
        await made.write(piece)
    made.end()
    head, *rest = transport.writes
    assert head.startswith(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n")
    assert head.endswith(b"\r\n\r\n3\r\none\r\n")
    assert rest == [b"5\r\nthree\r\n", b"0\r\n\r\n"]


async def test_the_head_of_a_stream_does_not_wait_for_its_first_piece() -> None:
    made, transport = writer()
    made.begin(200, b"")
    await asyncio.sleep(0)
    assert transport.writes[0].endswith(b"\r\n\r\n")
    await made.write(b"one")
    assert transport.writes[1] == b"3\r\none\r\n"


async def test_a_writer_waits_while_its_client_does_not_read() -> None:
    made, _ = writer()
    made.begin(200, b"")
    made.pause()
    for end in (made.resume, made.lost):
        made.pause()
        writing = asyncio.ensure_future(made.write(b"one"))
        await asyncio.sleep(0)
        assert not writing.done()
        end()
        if end == made.resume:
            await writing
    with pytest.raises(ConnectionResetError):
        await writing
    with pytest.raises(ConnectionResetError):
        await made.write(b"two")


@pytest.mark.parametrize("value", [b"a\r\nSet-Cookie: b", b"a\nb", b"a\rb", b"a\0"])
def test_a_header_cannot_hold_another(value: bytes) -> None:
    with pytest.raises(ValueError, match="line break"):
        header_lines([(b"a", value)], ())


def test_headers_are_left_out_whatever_their_spelling() -> None:
    assert header_lines([(b"A", b"1"), (b"Connection", b"x")], {b"connection"}) == b"A: 1\r\n"


def test_a_date_is_one_that_http_knows() -> None:
    line = cast(bytes, Stamp().line())
    assert line.startswith(b"Date: ") and line.endswith(b" GMT\r\n")
