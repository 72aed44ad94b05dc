"""A flow that is pointed at the bridge can be put back as it was."""

import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from plexus.addons.parked import point_at_bridge


def asked(version: str) -> http.HTTPFlow:
    request = http.Request.make(
        "POST",
        "https://api.openai.com/v1/chat/completions?x=%F0%9F%98%80",
        b'{"model":"m"}',
        {"authorization": "Bearer sk-own", "content-type": "application/json"},
    )
    request.http_version = version
    if version == "HTTP/2.0":
        request.authority = "api.openai.com"
    return tflow.tflow(req=request)


@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/2.0"])
def test_what_leads_to_the_bridge_is_the_ticket_and_nothing_of_the_client(version: str) -> None:
    flow = asked(version)
    point_at_bridge(flow, 4567, "one-time")
    request = flow.request
    assert (request.method, request.url) == ("GET", "http://127.0.0.1:4567/one-time")
    assert dict(request.headers) == {"host": "127.0.0.1:4567"}
    assert request.raw_content == b""


@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/2.0"])
def test_the_clients_request_comes_back_whole(version: str) -> None:
    flow = asked(version)
    before = flow.request.get_state()
    point_at_bridge(flow, 4567, "one-time").restore(flow)
    assert flow.request.get_state() == before


def test_a_path_of_bytes_that_are_no_text_comes_back_too() -> None:
    flow = asked("HTTP/1.1")
    flow.request.data.path = b"/v1/\xff\xfe"
    point_at_bridge(flow, 4567, "one-time").restore(flow)
    assert flow.request.data.path == b"/v1/\xff\xfe"


def test_what_is_parked_knows_its_ticket() -> None:
    assert point_at_bridge(asked("HTTP/1.1"), 1, "one-time").ticket == "one-time"
