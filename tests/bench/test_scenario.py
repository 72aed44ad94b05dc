"""A reply is told right from wrong."""

from __future__ import annotations

from tests.bench.scenario import Scenario


def test_signs_must_come_in_order() -> None:
    scenario = Scenario(name="x", path="/", body=b"", signs=(b"a", b"b"))
    assert scenario.accepts(b"-a-b-")
    assert not scenario.accepts(b"-b-a-")


def test_a_whole_reply_must_be_the_same() -> None:
    scenario = Scenario(name="x", path="/", body=b"", whole=b"abc")
    assert scenario.accepts(b"abc")
    assert not scenario.accepts(b"abcd")


def test_a_request_ends_with_its_body() -> None:
    request = Scenario(name="x", path="/v1", body=b"{}").request("h")
    assert request.startswith(b"POST /v1 HTTP/1.1\r\nHost: h\r\n")
    assert request.endswith(b"content-length: 2\r\n\r\n{}")
