"""Errors, both ways."""

from __future__ import annotations

import pytest

from plexus.transforms.dialects.gemini.errors import (
    decode_error,
    decode_stream_error,
    encode_error,
)
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import Json, JsonObject, dump, object_at

RETRY: JsonObject = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"}
BAD_KEY: JsonObject = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "reason": "API_KEY_INVALID",
}


def error(code: int, status: str, message: str = "no", *details: JsonObject) -> JsonObject:
    return {"error": {"code": code, "message": message, "status": status, "details": [*details]}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, error(400, "INVALID_ARGUMENT"), Kind.BAD_REQUEST),
        (400, error(400, "INVALID_ARGUMENT", "API key not valid", BAD_KEY), Kind.UPSTREAM_AUTH),
        (
            400,
            error(400, "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum"),
            Kind.CONTEXT_OVERFLOW,
        ),
        (401, error(401, "UNAUTHENTICATED"), Kind.UPSTREAM_AUTH),
        (403, error(403, "PERMISSION_DENIED"), Kind.UPSTREAM_AUTH),
        (404, error(404, "NOT_FOUND"), Kind.NOT_FOUND),
        (429, error(429, "RESOURCE_EXHAUSTED"), Kind.RATE_LIMITED),
        (500, error(500, "INTERNAL"), Kind.UPSTREAM_DOWN),
        (503, error(503, "UNAVAILABLE", "The model is overloaded."), Kind.OVERLOADED),
        (504, error(504, "DEADLINE_EXCEEDED"), Kind.UPSTREAM_TIMEOUT),
    ],
)
def test_a_reply_tells_whose_fault_it_is(status: int, body: JsonObject, kind: Kind) -> None:
    assert decode_error(status, {}, dump(body)).kind is kind


def test_streams_wrap_their_error_in_an_array() -> None:
    found = decode_error(429, {}, dump([error(429, "RESOURCE_EXHAUSTED", "slow down")]))
    assert (found.message, found.code) == ("slow down", "RESOURCE_EXHAUSTED")


def test_the_wait_stands_in_the_details() -> None:
    found = decode_error(429, {}, dump(error(429, "RESOURCE_EXHAUSTED", "no", RETRY)))
    assert found.retry_after == 34.4


def test_else_the_wait_stands_in_a_header_or_in_the_message() -> None:
    body = dump(error(429, "RESOURCE_EXHAUSTED", "Please retry in 7s."))
    assert decode_error(429, {"retry-after": "12"}, body).retry_after == 12
    assert decode_error(429, {}, body).retry_after == 7


def test_the_reason_is_the_code() -> None:
    found = decode_error(400, {}, dump(error(400, "INVALID_ARGUMENT", "no", BAD_KEY)))
    assert found.code == "API_KEY_INVALID"


@pytest.mark.parametrize(
    "body", [b"", b"<html>busy</html>", b"[]", b"null", b'{"error":"x"}', b"\xff"]
)
def test_a_malformed_reply_is_still_an_error(body: bytes) -> None:
    found = decode_error(503, {}, body)
    assert found.kind is Kind.OVERLOADED
    assert found.message


def test_a_key_in_the_message_is_masked() -> None:
    found = decode_error(400, {}, dump(error(400, "X", "key AIzaSyA1234567890abcdefghij is bad")))
    assert "1234567890" not in found.message


@pytest.mark.parametrize(
    ("value", "kind", "status"),
    [
        ({"code": 503, "message": "m", "status": "UNAVAILABLE"}, Kind.OVERLOADED, 503),
        ({"message": "m", "status": "RESOURCE_EXHAUSTED"}, Kind.RATE_LIMITED, 429),
        ({"message": "m"}, Kind.UPSTREAM_DOWN, 500),
        ("m", Kind.UPSTREAM_DOWN, 500),
    ],
)
def test_an_error_in_a_stream_brings_its_own_status(value: Json, kind: Kind, status: int) -> None:
    found = decode_stream_error(value)
    assert (found.kind, found.upstream_status, found.message) == (kind, status, "m")


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (Kind.BAD_REQUEST, 400, "INVALID_ARGUMENT"),
        (Kind.CONTEXT_OVERFLOW, 400, "INVALID_ARGUMENT"),
        (Kind.UNAUTHENTICATED, 401, "UNAUTHENTICATED"),
        (Kind.FORBIDDEN, 403, "PERMISSION_DENIED"),
        (Kind.NOT_FOUND, 404, "NOT_FOUND"),
        (Kind.TOO_LARGE, 413, "INVALID_ARGUMENT"),
        (Kind.QUOTA, 429, "RESOURCE_EXHAUSTED"),
        (Kind.UPSTREAM_AUTH, 502, "INTERNAL"),
        (Kind.OVERLOADED, 503, "UNAVAILABLE"),
        (Kind.UPSTREAM_TIMEOUT, 504, "DEADLINE_EXCEEDED"),
        (Kind.INTERNAL, 500, "INTERNAL"),
    ],
)
def test_a_client_gets_googles_words(kind: Kind, code: int, status: str) -> None:
    body = encode_error(GatewayError(kind, "no"), "")
    assert body == {"error": {"code": code, "message": "no", "status": status}}


def test_code_wait_and_request_id_stand_in_the_details() -> None:
    failure = GatewayError(Kind.QUOTA, "no", code="too_much", retry_after=7.5)
    body = encode_error(failure, "req-1")
    assert body["error"] == {
        "code": 429,
        "message": "no",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "too_much",
                "domain": "plexus",
            },
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7.5s"},
            {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": "req-1"},
        ],
    }


@pytest.mark.parametrize(("seconds", "printed"), [(12, "12s"), (0.25, "0.25s"), (1e7, "10000000s")])
def test_the_wait_is_a_protobuf_duration(seconds: float, printed: str) -> None:
    body = encode_error(GatewayError(Kind.QUOTA, "no", retry_after=seconds), "")
    assert decode_error(429, {}, dump(body)).retry_after == seconds
    assert printed in str(body)


def test_further_details_are_texts_of_the_error_info() -> None:
    failure = GatewayError(Kind.QUOTA, "no")
    failure.details = {"quota_name": "small", "limit": 2.5, "blocking_quotas": [{"limit": 2}]}
    body = object_at(encode_error(failure, ""), "error")
    assert body is not None
    assert body["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "quota_exceeded",
            "domain": "plexus",
            "metadata": {
                "quota_name": "small",
                "limit": "2.5",
                "blocking_quotas": '[{"limit":2}]',
            },
        }
    ]
