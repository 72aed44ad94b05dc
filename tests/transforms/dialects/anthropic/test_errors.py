"""Errors are read whatever they look like, and written as Anthropic's clients know them."""

from __future__ import annotations

import pytest

from plexus.transforms import wire
from plexus.transforms.dialects.anthropic.errors import (
    decode_error,
    encode_error,
    encode_stream_error,
    error_in,
    status_of,
    stream_error,
)
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import Json, JsonObject


def body(kind: str, message: str = "words") -> bytes:
    """An error body of Anthropic's."""
    return wire.dump({"type": "error", "error": {"type": kind, "message": message}})


@pytest.mark.parametrize(
    ("status", "kind", "read"),
    [
        (400, "invalid_request_error", Kind.BAD_REQUEST),
        (401, "authentication_error", Kind.UPSTREAM_AUTH),
        (402, "billing_error", Kind.UPSTREAM_BILLING),
        (403, "permission_error", Kind.UPSTREAM_AUTH),
        (404, "not_found_error", Kind.NOT_FOUND),
        (409, "conflict_error", Kind.BAD_REQUEST),
        (413, "request_too_large", Kind.TOO_LARGE),
        (429, "rate_limit_error", Kind.RATE_LIMITED),
        (500, "api_error", Kind.UPSTREAM_DOWN),
        (504, "timeout_error", Kind.UPSTREAM_TIMEOUT),
        (529, "overloaded_error", Kind.OVERLOADED),
        (500, "overloaded_error", Kind.OVERLOADED),
        (500, "unheard_of", Kind.UPSTREAM_DOWN),
    ],
)
def test_a_type_tells_the_kind(status: int, kind: str, read: Kind) -> None:
    error = decode_error(status, {}, body(kind))
    assert (error.kind, error.code, error.upstream_status) == (read, kind, status)
    assert error.message == "words"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("prompt is too long: 3333404 tokens > 200000 maximum", Kind.CONTEXT_OVERFLOW),
        ("Your credit balance is too low to access the Anthropic API.", Kind.UPSTREAM_BILLING),
    ],
)
def test_some_bad_requests_are_told_by_their_words(message: str, kind: Kind) -> None:
    assert decode_error(400, {}, body("invalid_request_error", message)).kind is kind


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'[{"error": {"message": "in a list", "type": "api_error"}}]', "in a list"),
        (b'{"detail": "in detail"}', "in detail"),
        (b'{"error": "as text"}', "as text"),
        (b"<html><title>502 Bad Gateway</title></html>", "502 Bad Gateway"),
        (b"", "the provider answered 502 without a message"),
    ],
)
def test_any_shape_gives_a_message(text: bytes, message: str) -> None:
    assert decode_error(502, {}, text).message == message


def test_the_wait_is_read() -> None:
    error = decode_error(429, {"Retry-After": "12"}, body("rate_limit_error"))
    assert error.retry_after == 12


def test_secrets_are_masked_and_long_texts_cut() -> None:
    key = "-".join(["sk", "ant", "abcdefgh" * 3])  # not to be taken for a real one
    error = decode_error(401, {}, body("x", f"bad key {key} " + "x" * 600))
    assert "abcdefgh" not in error.message
    assert error.message.startswith("bad key sk-***")
    assert "more characters" in error.message


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"error": {"type": "overloaded_error", "message": "m"}}, Kind.OVERLOADED),
        ({"error": {"type": "rate_limit_error", "message": "m"}}, Kind.RATE_LIMITED),
        ({"error": {"type": "invalid_request_error", "message": "m"}}, Kind.BAD_REQUEST),
        ({"error": {"type": "api_error", "message": "m"}}, Kind.UPSTREAM_DOWN),
        ({"error": {"code": 429, "message": "m"}}, Kind.RATE_LIMITED),
        ({"error": {"code": 7, "message": "m"}}, Kind.UPSTREAM_DOWN),
        ({"error": "m"}, Kind.UPSTREAM_DOWN),
        ("m", Kind.UPSTREAM_DOWN),
    ],
)
def test_an_error_inside_a_stream_is_read(event: Json, kind: Kind) -> None:
    error = stream_error(event)
    assert (error.kind, error.message, error.upstream_status) == (kind, "m", None)


def test_only_an_error_is_one() -> None:
    assert error_in({"type": "message", "error": None}) is None
    assert error_in({"error": {"message": "m"}}) is not None
    assert error_in({"type": "error"}) is not None


@pytest.mark.parametrize(
    ("kind", "shown", "status"),
    [
        (Kind.BAD_REQUEST, "invalid_request_error", 400),
        (Kind.UNAUTHENTICATED, "authentication_error", 401),
        (Kind.FORBIDDEN, "permission_error", 403),
        (Kind.NOT_FOUND, "not_found_error", 404),
        (Kind.TOO_LARGE, "request_too_large", 413),
        (Kind.QUOTA, "rate_limit_error", 429),
        (Kind.RATE_LIMITED, "rate_limit_error", 429),
        (Kind.OVERLOADED, "overloaded_error", 529),
        (Kind.UNAVAILABLE, "overloaded_error", 503),
        (Kind.UPSTREAM_TIMEOUT, "timeout_error", 504),
        (Kind.UPSTREAM_AUTH, "api_error", 502),
        (Kind.UPSTREAM_BILLING, "api_error", 502),
        (Kind.INTERNAL, "api_error", 500),
    ],
)
def test_an_error_is_written_in_anthropics_words(kind: Kind, shown: str, status: int) -> None:
    error = GatewayError(kind, "words")
    assert encode_error(error, "req") == {
        "type": "error",
        "error": {"type": shown, "message": "words"},
        "request_id": "req",
    }
    assert status_of(error) == status


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_can_be_written(kind: Kind) -> None:
    written = encode_error(GatewayError(kind, "words"))
    assert written.keys() == {"type", "error"}


@pytest.mark.parametrize(
    ("message", "written"),
    [
        ("prompt is too long: 5 tokens > 4 maximum", "prompt is too long: 5 tokens > 4 maximum"),
        ("too much", "prompt is too long: too much"),
        (
            "maximum context length is 128,000 tokens, but you sent 130025 (129025 and 1000)",
            "prompt is too long: 130025 tokens > 128000 maximum "
            "(maximum context length is 128,000 tokens, but you sent 130025 (129025 and 1000))",
        ),
        (
            "The input token count (1200000) exceeds the maximum number of tokens (1048576).",
            "prompt is too long: 1200000 tokens > 1048576 maximum "
            "(The input token count (1200000) exceeds the maximum number of tokens (1048576).)",
        ),
        (
            "Prompt of 40000 tokens, model takes 32768",
            "prompt is too long: 40000 tokens > 32768 maximum "
            "(Prompt of 40000 tokens, model takes 32768)",
        ),
    ],
)
def test_an_overflow_is_told_so_that_agents_compact(message: str, written: str) -> None:
    error = encode_error(GatewayError(Kind.CONTEXT_OVERFLOW, message))["error"]
    assert error == {"type": "invalid_request_error", "message": written}


def test_a_streams_error_is_one_frame() -> None:
    error: JsonObject = {"type": "error", "error": {"type": "api_error", "message": "m"}}
    frame = encode_stream_error(GatewayError(Kind.INTERNAL, "m"))
    assert frame == b"event: error\ndata: " + wire.dump(error) + b"\n\n"


def test_further_details_stand_beside_the_fields_of_the_format() -> None:
    plain, failure = GatewayError(Kind.QUOTA, "no"), GatewayError(Kind.QUOTA, "no")
    failure.details = {"quota_name": "small", "limit": 2.5}
    bare, told = (wire.object_at(encode_error(one), "error") for one in (plain, failure))
    assert bare is not None
    assert told == {**bare, "quota_name": "small", "limit": 2.5}
