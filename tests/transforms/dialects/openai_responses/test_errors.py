"""Errors of providers read, errors of ours written."""

from __future__ import annotations

import pytest

from plexus.transforms import wire
from plexus.transforms.dialects.openai_responses.errors import (
    decode_error,
    describe_failure,
    encode_error,
    encode_stream_error,
    error_event,
    failure,
)
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.events import Failed
from plexus.transforms.wire import JsonObject, object_at
from tests.transforms.dialects.openai_responses.rules import decoded, event_type, frames


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "where"),
    [
        (
            400,
            b'{"error":{"message":"too long","code":"context_length_exceeded","param":"input"}}',
            Kind.CONTEXT_OVERFLOW,
            "context_length_exceeded",
            "input",
        ),
        (
            429,
            b'{"error":{"message":"no","type":"insufficient_quota","code":"insufficient_quota"}}',
            Kind.UPSTREAM_BILLING,
            "insufficient_quota",
            None,
        ),
        (429, b'[{"error":{"message":"slow"}}]', Kind.RATE_LIMITED, None, None),
        (401, b'{"error":"wrong key"}', Kind.UPSTREAM_AUTH, None, None),
        (500, b"<html><title>oops</title></html>", Kind.UPSTREAM_DOWN, None, None),
        (503, b"", Kind.OVERLOADED, None, None),
        (422, b'{"detail":"bad"}', Kind.BAD_REQUEST, None, None),
    ],
)
def test_an_error_reply_is_read(
    status: int, body: bytes, kind: Kind, code: str | None, where: str | None
) -> None:
    error = decode_error(status, {}, body)
    assert (error.kind, error.code, error.where) == (kind, code, where)
    assert error.upstream_status == status


def test_the_wait_and_no_secret_is_told() -> None:
    body = b'{"error":{"message":"key sk-abcdefghijklmnop: try again in 1m2s"}}'
    error = decode_error(429, {}, body)
    assert error.retry_after == 62
    assert "abcdefgh" not in error.message
    assert decode_error(429, {"retry-after-ms": "500"}, b"").retry_after == 0.5


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"code": "rate_limit_exceeded", "message": "m"}, Kind.RATE_LIMITED),
        ({"code": "server_error", "message": "m"}, Kind.UPSTREAM_DOWN),
        ({"code": "context_length_exceeded"}, Kind.CONTEXT_OVERFLOW),
        ({"code": "invalid_image_url", "message": "m"}, Kind.BAD_REQUEST),
        ({"code": "odd", "type": "invalid_request_error", "message": "m"}, Kind.BAD_REQUEST),
        ({"type": "tokens", "message": "m"}, Kind.RATE_LIMITED),
        ({}, Kind.UPSTREAM_DOWN),
    ],
)
def test_an_error_within_an_answer_tells_whose_fault_it_is(told: JsonObject, kind: Kind) -> None:
    error = failure(told)
    assert error.kind is kind
    assert error.message


def test_a_failure_tells_the_wait() -> None:
    told: JsonObject = {"code": "rate_limit_exceeded", "message": "Please try again in 11.5s."}
    assert failure(told).retry_after == 11.5


@pytest.mark.parametrize(
    ("error", "type_", "code", "param"),
    [
        (GatewayError(Kind.BAD_REQUEST, "m", where="input[0]"), "invalid_request_error", None,
         "input[0]"),
        (GatewayError(Kind.UPSTREAM_DOWN, "m", where="openai"), "server_error", None, None),
        (GatewayError(Kind.NOT_FOUND, "m", code="model_not_found"), "invalid_request_error",
         "model_not_found", None),
        (GatewayError(Kind.NOT_FOUND, "m", code="response_not_found", where="previous_response_id"),
         "invalid_request_error", "response_not_found", "previous_response_id"),
        (GatewayError(Kind.NOT_FOUND, "m", code="conversation_not_found", where="conversation"),
         "invalid_request_error", "conversation_not_found", "conversation"),
        (GatewayError(Kind.RATE_LIMITED, "m"), "invalid_request_error", "rate_limit_exceeded",
         None),
        (GatewayError(Kind.CONTEXT_OVERFLOW, "m"), "invalid_request_error",
         "context_length_exceeded", None),
    ],
)  # fmt: skip
def test_an_error_reply_has_the_native_shape(
    error: GatewayError, type_: str, code: str | None, param: str | None
) -> None:
    assert encode_error(error) == {
        "error": {"message": "m", "type": type_, "param": param, "code": code}
    }


def test_a_failed_response_always_has_a_code() -> None:
    assert describe_failure(GatewayError(Kind.INTERNAL, "m"))["code"] == "server_error"


def test_an_error_event_is_flat_for_readers_and_nested_for_the_sdk_to_raise() -> None:
    (event,) = frames(error_event(GatewayError(Kind.OVERLOADED, "busy"), 7))
    event_type().validate_python(event)
    assert (event["message"], event["sequence_number"]) == ("busy", 7)
    assert (object_at(event, "error") or {})["message"] == "busy"


def test_a_passed_through_stream_ends_with_error_and_failed_response() -> None:
    data = encode_stream_error(GatewayError(Kind.UPSTREAM_TIMEOUT, "late"), "1f-2e")
    error, failed = frames(data)
    assert (error["type"], failed["type"]) == ("error", "response.failed")
    response = object_at(failed, "response") or {}
    assert response["id"] == "resp_1f-2e"
    assert response["error"] == {"code": "upstream_timeout", "message": "late"}
    last = decoded([data])[-1]
    assert isinstance(last, Failed)
    assert wire.number_at(error, "sequence_number") == 2**31 - 2


def test_further_details_stand_beside_the_fields_of_the_format() -> None:
    plain, failure = GatewayError(Kind.QUOTA, "no"), GatewayError(Kind.QUOTA, "no")
    failure.details = {"quota_name": "small", "limit": 2.5}
    bare, told = (wire.object_at(encode_error(one), "error") for one in (plain, failure))
    assert bare is not None
    assert told == {**bare, "quota_name": "small", "limit": 2.5}
