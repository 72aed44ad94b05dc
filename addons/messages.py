"""Make mitmproxy's messages quickly.

mitmproxy checks the type of every field of every message it makes: 55 µs for a request, 60 for a
response. Ours are typed already, so they are put together without these checks, in 1 µs each.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

from mitmproxy import http

_REASONS: Final = {status.value: status.phrase.encode() for status in HTTPStatus}


def request_of(
    method: str, path: str, headers: Iterable[tuple[bytes, bytes]], *, host: str, port: int
) -> http.Request:
    """Return an HTTP/1.1 request without a body; `host` and `port` are where it would go."""
    data = object.__new__(http.RequestData)
    data.http_version = b"HTTP/1.1"
    data.host, data.port = host, port
    data.method = method.encode()
    data.scheme = b"http"
    data.authority = b""
    data.path = path.encode("utf-8", "surrogateescape")
    data.headers = _headers(headers)
    data.content = b""
    data.trailers = None
    data.timestamp_start = time.time()
    data.timestamp_end = None
    request = object.__new__(http.Request)
    request.data = data
    return request


def response_of(status: int, body: bytes, headers: Mapping[str, str]) -> http.Response:
    """Return a response; its `content-length` is set."""
    fields = [
        (name.encode(), value.encode("utf-8", "surrogateescape"))
        for name, value in headers.items()
        if name != "content-length"
    ]
    data = object.__new__(http.ResponseData)
    data.http_version = b"HTTP/1.1"
    data.status_code = status
    data.reason = _REASONS.get(status, b"")
    data.headers = _headers([*fields, (b"content-length", b"%d" % len(body))])
    data.content = body
    data.trailers = None
    data.timestamp_start = data.timestamp_end = time.time()
    response = object.__new__(http.Response)
    response.data = data
    return response


def _headers(fields: Iterable[tuple[bytes, bytes]]) -> http.Headers:
    headers = object.__new__(http.Headers)
    headers.fields = tuple(fields)
    return headers
