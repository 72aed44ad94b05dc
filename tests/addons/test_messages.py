"""Messages that were made quickly are the ones that mitmproxy would have made."""

from __future__ import annotations

import pytest
from mitmproxy import http

from plexus.addons.messages import request_of, response_of


def test_a_request_equals_one_that_was_checked() -> None:
    fields = ((b"Host", b"x"), (b"X-Odd", b"caf\xc3\xa9"))
    quick = request_of("POST", "/v1/messages?x=1", fields, host="h", port=80)
    checked = http.Request(
        host="h",
        port=80,
        method=b"POST",
        scheme=b"http",
        authority=b"",
        path=b"/v1/messages?x=1",
        http_version=b"HTTP/1.1",
        headers=http.Headers(fields),
        content=b"",
        trailers=None,
        timestamp_start=quick.timestamp_start,
        timestamp_end=None,
    )
    assert quick.get_state() == checked.get_state()
    assert vars(quick).keys() == vars(checked).keys()
    quick.raw_content = b"{}"
    assert quick.copy().raw_content == b"{}"


@pytest.mark.parametrize("status", [200, 404, 429, 529, 503])
def test_a_response_equals_one_that_was_checked(status: int) -> None:
    headers = {"content-type": "application/json", "x-request-id": "1"}
    quick = response_of(status, b"{}", headers)
    checked = http.Response.make(status, b"{}", headers)
    checked.timestamp_start, checked.timestamp_end = quick.timestamp_start, quick.timestamp_end
    state = checked.get_state()
    assert quick.get_state() == {**state, "reason": quick.data.reason}
    assert vars(quick).keys() == vars(checked).keys()


def test_the_length_is_the_bodys_whatever_was_said() -> None:
    made = response_of(200, b"four", {"content-length": "9"})
    assert made.headers.get_all("content-length") == ["4"]
