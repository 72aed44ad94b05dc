"""What llhttp makes of bytes, and what we do not leave to it."""

import pytest

from plexus.addons.incoming import Peer
from plexus.addons.request_parser import MAX_HEAD, RequestParser

WHOLE = (
    b"POST /v1/x?y=%41 HTTP/1.1\r\nHost: x\r\nX-Odd: caf\xc3\xa9\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n1\r\nd\r\n0\r\nTrailer: t\r\n\r\n"
)


def parser() -> RequestParser:
    return RequestParser(Peer(peername=("", 0), sockname=("", 0), since=0.0, invite=lambda: None))


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
async def test_a_request_is_the_same_in_pieces_of_any_size(size: int) -> None:
    made = parser()
    for at in range(0, len(WHOLE), size):
        made.feed(WHOLE[at : at + size])
    (found,) = made.heads
    assert (found.method, found.target, found.keeps_alive) == ("POST", b"/v1/x?y=%41", True)
    assert found.headers == [
        (b"Host", b"x"), (b"X-Odd", b"caf\xc3\xa9"), (b"Transfer-Encoding", b"chunked"),
    ]  # fmt: skip
    assert found.names == [b"host", b"x-odd", b"transfer-encoding"]
    assert (await found.read(), made.reading, made.is_mid_head) == (b"abcd", None, False)


@pytest.mark.parametrize(
    "begun", [b"POST / HTTP/1.1\r\nA: ", b"POST /", WHOLE[:-4], WHOLE[: WHOLE.index(b"=b")]]
)
def test_a_head_a_trailer_and_an_extension_that_do_not_end_are_given_up(begun: bytes) -> None:
    made = parser()
    made.feed(begun)
    for _ in range(MAX_HEAD // 1000 + 1):
        assert not made.is_over
        made.feed(b"x" * 1000)
    assert made.is_over
    assert made.broken == (None if made.heads else "LineTooLong")


def test_nothing_is_read_after_the_last_request() -> None:
    made = parser()
    made.feed(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n")
    assert (len(made.heads), made.is_over, made.broken) == (1, True, None)


def test_a_head_that_has_begun_is_known() -> None:
    made = parser()
    made.feed(b"\r\n")
    assert not made.is_mid_head
    made.feed(b"PO")
    assert made.is_mid_head
