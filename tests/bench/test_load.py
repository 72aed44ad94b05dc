"""The load generator knows when a reply is complete and what was in it."""

from __future__ import annotations

import pytest

from tests.bench.load import is_complete, payload
from tests.bench.scenario import stream_frames, stream_reply

SIZED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"".join(stream_frames())


@pytest.mark.parametrize("reply", [SIZED, CHUNKED], ids=["sized", "chunked"])
def test_a_reply_is_complete_at_its_last_byte_and_not_before(reply: bytes) -> None:
    assert is_complete(reply)
    assert not any(is_complete(reply[:cut]) for cut in range(0, len(reply), 7) if cut < len(reply))
    assert not is_complete(reply[:-1])


def test_the_payload_is_the_body_without_its_chunks() -> None:
    assert payload(SIZED) == b"hello"
    assert payload(CHUNKED) == b"".join(stream_reply())
