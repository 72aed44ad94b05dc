"""Read Google's error replies and write errors as Google would (wire-formats.md §4.4, §9)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from plexus.transforms.codec import as_json_object
from plexus.transforms.error_text import describe, kind_for_status, retry_after
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import (
    Json,
    JsonObject,
    count_at,
    dump,
    dump_text,
    object_at,
    objects_at,
    text_at,
    try_parse,
)

_RETRY_INFO: Final = "type.googleapis.com/google.rpc.RetryInfo"
_ERROR_INFO: Final = "type.googleapis.com/google.rpc.ErrorInfo"
_REQUEST_INFO: Final = "type.googleapis.com/google.rpc.RequestInfo"
_SECONDS: Final = re.compile(r"(\d+(?:\.\d+)?)s")

_STATUS_OF_HTTP: Final[Mapping[int, str]] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
# google.rpc.Code in JSON: what a status means where no HTTP status comes with it.
_HTTP_OF_STATUS: Final[Mapping[str, int]] = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> GatewayError:
    """Read an error reply, however malformed; streams without alt=sse wrap it in an array."""
    value = try_parse(body)
    if isinstance(value, list) and value:
        value = value[0]
    error = object_at(as_json_object(value), "error") or {}
    code = _reason(error) or text_at(error, "status")
    words = body.decode("utf-8", "replace")
    message = describe(body, status)
    delay = _delay(error)
    return GatewayError(
        _kind(status, text_at(error, "message") or message, code),
        message,
        retry_after=retry_after(headers, words) if delay is None else delay,
        code=code,
        upstream_status=status,
    )


def decode_stream_error(value: Json) -> GatewayError:
    """Read the value of `error` in a reply that began with status 200."""
    error = as_json_object(value)
    status = count_at(error, "code") or _HTTP_OF_STATUS.get(text_at(error, "status") or "")
    return decode_error(status or 500, {}, dump({"error": value}))


def _kind(status: int, message: str, code: str | None) -> Kind:
    # Google answers a bad key with 400 (API_KEY_INVALID), and says so in the details only.
    if code in {"API_KEY_INVALID", "API_KEY_SERVICE_BLOCKED", "ACCESS_TOKEN_EXPIRED"}:
        return Kind.UPSTREAM_AUTH
    return kind_for_status(status, message, code)


def _reason(error: JsonObject) -> str | None:
    reasons = (text_at(detail, "reason") for detail in objects_at(error, "details"))
    return next((reason for reason in reasons if reason), None)


def _delay(error: JsonObject) -> float | None:
    for detail in objects_at(error, "details"):
        if found := _SECONDS.fullmatch(text_at(detail, "retryDelay") or ""):
            return float(found.group(1))
    return None


def encode_error(error: GatewayError, request_id: str) -> JsonObject:
    """Write an error reply's body; the code, the wait and the request id stand in `details`."""
    details: list[Json] = []
    if error.code is not None or error.details:
        details.append(_error_info(error))
    if error.retry_after is not None:
        details.append({"@type": _RETRY_INFO, "retryDelay": _duration(error.retry_after)})
    if request_id:
        details.append({"@type": _REQUEST_INFO, "requestId": request_id})
    body: JsonObject = {
        "code": error.status,
        "message": error.message,
        "status": _STATUS_OF_HTTP.get(error.status, "INTERNAL"),
    }
    return {"error": {**body, "details": details} if details else body}


def _error_info(error: GatewayError) -> JsonObject:
    reason = error.code
    if reason is None:
        reason = "quota_exceeded" if error.kind is Kind.QUOTA else error.kind.value
    info: JsonObject = {"@type": _ERROR_INFO, "reason": reason, "domain": "plexus"}
    if error.details:  # google.rpc.ErrorInfo: a map of texts
        texts: JsonObject = {
            name: value if isinstance(value, str) else dump_text(value)
            for name, value in error.details.items()
        }
        info["metadata"] = texts
    return info


def _duration(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"
