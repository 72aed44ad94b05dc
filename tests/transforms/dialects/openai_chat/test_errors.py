"""Errors of chat providers are understood, and ours have OpenAI's shape."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plexus.transforms import wire
from plexus.transforms.dialects.openai_chat.errors import (
    decode_error,
    encode_error,
    encode_stream_error,
    error_in,
)
from plexus.transforms.errors import GatewayError, Kind


def _read(status: int, body: Any, **headers: str) -> tuple[Any, ...]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    error = decode_error(status, headers, raw)
    return (error.kind, error.message, error.code, error.retry_after)


@pytest.mark.parametrize(
    ("status", "body", "read"),
    [
        (
            401,
            {"error": {"message": "Incorrect API key provided: sk-abc****1234.", "type": "x",
                       "code": "invalid_api_key", "param": None}},
            (Kind.UPSTREAM_AUTH, "Incorrect API key provided: ***.", "invalid_api_key", None),
        ),
        (
            429,
            {"error": {"message": "Please try again in 20s", "type": "tokens",
                       "code": "rate_limit_exceeded"}},
            (Kind.RATE_LIMITED, "Please try again in 20s", "rate_limit_exceeded", 20.0),
        ),
        (
            429,
            {"error": {"message": "You exceeded your current quota", "type": "insufficient_quota",
                       "code": "insufficient_quota"}},
            (Kind.UPSTREAM_BILLING, "You exceeded your current quota", "insufficient_quota", None),
        ),
        # Google's compatible server
        (
            429,
            [{"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED",
                        "details": [{"retryDelay": "37s"}]}}],
            (Kind.RATE_LIMITED, "quota", "429", 37.0),
        ),
        # OpenRouter
        (
            502,
            {"error": {"message": "Provider returned error", "code": 502,
                       "metadata": {"raw": "{\"error\":{\"message\":\"cold\"}}"}}},
            (Kind.UPSTREAM_DOWN, "cold", "502", None),
        ),
        # xAI, Mistral, Azure
        (400, {"code": "invalid", "error": "no such field"},
         (Kind.BAD_REQUEST, "no such field", "invalid", None)),
        (422, {"detail": [{"loc": ["body", "n"], "msg": "too big"}]},
         (Kind.BAD_REQUEST, "body.n: too big", None, None)),
        (400, {"error": {"message": "filtered", "code": "content_filter", "innererror": {}}},
         (Kind.FILTERED, "filtered", "content_filter", None)),
        (503, b"<html><title>503 Busy</title></html>", (Kind.OVERLOADED, "503 Busy", None, None)),
        (500, b"", (Kind.UPSTREAM_DOWN, "the provider answered 500 without a message", None, None)),
    ],
)  # fmt: skip
def test_a_providers_refusal_is_read(status: int, body: Any, read: tuple[Any, ...]) -> None:
    assert _read(status, body) == read


def test_the_wait_in_the_headers_is_read_and_the_status_kept() -> None:
    error = decode_error(429, {"Retry-After": "7"}, b"{}")

    assert (error.retry_after, error.upstream_status) == (7.0, 429)


@settings(max_examples=200)
@given(st.integers(200, 599), st.binary(max_size=80))
def test_any_bytes_are_some_error(status: int, body: bytes) -> None:
    assert isinstance(decode_error(status, {}, body), GatewayError)


@pytest.mark.parametrize(
    ("chunk", "event", "status"),
    [
        ({"error": {"message": "m", "code": 503}}, "", 503),
        ({"error": {"message": "m", "code": "429"}}, "", 429),
        ({"error": {"message": "m"}, "status_code": 400}, "", 400),
        ({"error": {"message": "Rate limit reached"}}, "", 429),
        ({"error": {"message": "m", "type": "rate_limit_error"}}, "", 429),
        ({"error": {"message": "m"}}, "", 502),
        ({"error": "m"}, "", 502),
        ({"message": "m", "code": 500}, "error", 500),
        ({"object": "error", "message": "m"}, "", 502),
        ({"choices": [{"finish_reason": "error", "delta": {}}]}, "", 502),
        ({"choices": [{"delta": {}, "error": {"message": "m", "code": 529}}]}, "", 529),
    ],
)
def test_an_error_in_a_stream_is_found_with_its_status(chunk: Any, event: str, status: int) -> None:
    error = error_in(chunk, event)

    assert error is not None
    assert error.upstream_status == status


@pytest.mark.parametrize(
    "chunk",
    [
        {},
        {"error": None},
        {"error": ""},
        {"error": {}},
        {"choices": None},
        {"choices": [{"delta": {"content": "an error"}, "finish_reason": "stop"}, 7]},
        {"code": 429, "choices": []},
    ],
)
def test_an_ordinary_chunk_is_no_error(chunk: Any) -> None:
    assert error_in(chunk) is None


@pytest.mark.parametrize(
    ("error", "shape"),
    [
        (GatewayError(Kind.BAD_REQUEST, "m", where="messages[0]"),
         ("invalid_request_error", "messages[0]", "bad_request")),
        (GatewayError(Kind.UNAUTHENTICATED, "m", where="header"),
         ("authentication_error", None, "invalid_api_key")),
        (GatewayError(Kind.NOT_FOUND, "m"), ("not_found_error", None, "model_not_found")),
        (GatewayError(Kind.CONTEXT_OVERFLOW, "m"),
         ("invalid_request_error", None, "context_length_exceeded")),
        (GatewayError(Kind.RATE_LIMITED, "m", code="tokens"), ("rate_limit_error", None, "tokens")),
        (GatewayError(Kind.FORBIDDEN, "m"), ("permission_error", None, "forbidden")),
        (GatewayError(Kind.UPSTREAM_TIMEOUT, "m"), ("api_error", None, "upstream_timeout")),
        (GatewayError(Kind.INTERNAL, "m"), ("api_error", None, "internal")),
    ],
)  # fmt: skip
def test_our_error_has_openais_shape(error: GatewayError, shape: tuple[Any, ...]) -> None:
    type_, param, code = shape

    assert encode_error(error) == {
        "error": {"message": "m", "type": type_, "param": param, "code": code}
    }


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_error_has_a_type_and_a_code(kind: Kind) -> None:
    inner: Any = encode_error(GatewayError(kind, "m"))["error"]

    assert inner["type"] and inner["code"]


def test_an_error_in_mid_stream_is_followed_by_done() -> None:
    frames = encode_stream_error(GatewayError(Kind.UPSTREAM_DOWN, "m", code="x")).split(b"\n\n")

    assert frames[1:] == [b"data: [DONE]", b""]
    assert wire.parse(frames[0][6:]) == {
        "error": {"message": "m", "type": "server_error", "param": None, "code": "x"}
    }


def test_further_details_stand_beside_the_fields_of_the_format() -> None:
    plain, failure = GatewayError(Kind.QUOTA, "no"), GatewayError(Kind.QUOTA, "no")
    failure.details = {"quota_name": "small", "limit": 2.5}
    bare, told = (wire.object_at(encode_error(one), "error") for one in (plain, failure))
    assert bare is not None
    assert told == {**bare, "quota_name": "small", "limit": 2.5}
