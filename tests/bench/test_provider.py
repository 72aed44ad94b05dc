"""The bare provider finds the end of a request."""

from __future__ import annotations

import pytest

from tests.bench.provider import request_size


@pytest.mark.parametrize(
    ("received", "size"),
    [
        (b"POST / HTTP/1.1\r\nHost: x\r\n", None),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27),
        (b"POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nhe", 43),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloPOST /", 43),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", None),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 62),
    ],
)
def test_a_request_ends_where_its_head_says(received: bytes, size: int | None) -> None:
    assert request_size(received) == size
