"""What calls for a rest, of the key or of the model, and how long it is."""

from __future__ import annotations

import math

import pytest

from plexus.addons.routing.rest import (
    LONGEST_S,
    RestRules,
    asked_s,
    calls_for_rest,
    formula_s,
    is_about_credential,
    is_credential_problem,
    rules_of,
    told,
)
from plexus.transforms.error_text import kind_for_status
from plexus.transforms.errors import GatewayError, Kind
from tests.addons.factories import DIALECTS, provider, snapshot


def refusal(status: int, text: str = "no", **headers: str) -> GatewayError:
    """What a chat provider's reply becomes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return DIALECTS["chat"].decode_error(status, named, text.encode())


@pytest.mark.parametrize(
    ("status", "text", "rests"),
    [
        (500, "oops", True),
        (502, "", True),
        (503, "overloaded", True),
        (529, "overloaded", True),
        (429, "slow down", True),
        (401, "bad key", True),
        (402, "pay", True),
        (403, "forbidden", True),
        (404, "no such model", True),
        (408, "timeout", True),
        (409, "conflict", True),
        (302, "elsewhere", True),
        (413, "too large", False),
        (422, "cannot process", False),
        (400, "bad request", False),
        (400, "This model's maximum context length is 8192 tokens", False),
        (400, '{"error":{"code":"model_not_found","message":"no"}}', False),
        (400, "content_filter", False),
        (500, "Deadline expired before operation could complete.", False),
        (504, '{"error":{"message":"late","status":"DEADLINE_EXCEEDED"}}', False),
        (499, "context deadline exceeded", False),
        (400, "API key not valid. Please pass a valid API key.", True),
    ],
)
def test_a_refusal_calls_for_a_rest_unless_the_request_is_to_blame(
    status: int, text: str, rests: bool
) -> None:
    assert calls_for_rest(refusal(status, text)) is rests


@pytest.mark.parametrize(
    "pattern",
    [
        "insufficient_quota",
        "Your credit balance is too low",
        "used up your points",
        "Quota exceeded",
        "out of credits",
        "balance too low",
        "insufficient balance",
        "insufficient funds",
        "account balance",
        "quota limit",
        "usage limit",
    ],
)
def test_a_bad_request_that_speaks_of_a_spent_quota_calls_for_a_rest_of_the_key(
    pattern: str,
) -> None:
    error = refusal(400, pattern)
    assert calls_for_rest(error) and is_about_credential(error)


@pytest.mark.parametrize(
    ("kind", "rests"),
    [
        (Kind.UPSTREAM_DOWN, True),  # refused, reset, cut, an error in the stream
        (Kind.UPSTREAM_TIMEOUT, True),
        (Kind.RATE_LIMITED, True),
        (Kind.OVERLOADED, True),
        (Kind.UPSTREAM_BILLING, True),
        (Kind.UPSTREAM_AUTH, True),
        (Kind.UPSTREAM_INVALID, False),  # a 2xx that cannot be understood
        (Kind.UNSUPPORTED, False),
        (Kind.INTERNAL, False),
        (Kind.BAD_REQUEST, False),
        (Kind.QUOTA, False),
        (Kind.UNAVAILABLE, False),
        (Kind.FORBIDDEN, False),
    ],
)
@pytest.mark.parametrize("status", [None, 200])
def test_without_a_refusals_status_the_kind_decides(
    kind: Kind, rests: bool, status: int | None
) -> None:
    assert calls_for_rest(GatewayError(kind, "x", upstream_status=status)) is rests


@pytest.mark.parametrize(
    ("status", "about", "problem"),
    [
        (401, True, True),
        (402, True, False),
        (403, True, True),
        (429, True, False),
        (404, False, False),
        (500, False, False),
        (503, False, False),
        (529, False, False),
    ],
)
def test_a_refusal_of_the_key_is_told_from_one_of_the_model(
    status: int, about: bool, problem: bool
) -> None:
    error = refusal(status)
    assert (is_about_credential(error), is_credential_problem(error)) == (about, problem)


def test_the_rest_doubles_with_each_failure_up_to_the_cap() -> None:
    minutes = [formula_s(failures, RestRules()) / 60 for failures in range(1, 11)]
    assert minutes == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert formula_s(100_000, RestRules()) == 18_000


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry_after": "30"}, "", 30.0),
        ({"retry_after": "2.5"}, "", 2.5),
        ({"retry_after": "Wed, 21 Oct 2026 07:28:00 GMT",
          "date": "Wed, 21 Oct 2026 07:27:40 GMT"}, "", 20.0),
        ({"retry_after_ms": "1500"}, "", 1.5),
        ({"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "6m0s"}, "", 360.0),
        ({"anthropic_ratelimit_tokens_remaining": "0",
          "anthropic_ratelimit_tokens_reset": "2026-10-21T07:28:00Z",
          "date": "Wed, 21 Oct 2026 07:27:40 GMT"}, "", 20.0),
        ({"x_ratelimit_reset": "12"}, "", 12.0),
        ({}, "You've hit your usage limit. Try again in ~5 min.", 300.0),
        ({}, '{"error":{"metadata":{"retry_after_seconds":7}}}', 7.0),
        ({}, '{"error":{"message":"Please retry after 26 s"}}', 26.0),
        ({}, "Please try again in 7m12.3s.", 432.3),
        ({"retry_after": "0"}, "", 1.0),  # at least a second
        ({"retry_after": "9999999"}, "", LONGEST_S),
        ({"retry_after": "-5"}, "", None),
        ({"retry_after": "NaN"}, "", None),
        ({"retry_after": "inf"}, "", None),
        ({"retry_after": "Wed, 21 Oct 2020 07:28:00 GMT"}, "", None),
        ({}, "slow down", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [429, 503, 529])
@pytest.mark.parametrize("dialect", ["chat", "messages", "gemini", "responses"])
def test_what_a_busy_provider_asks_for_is_read_from_every_source_in_every_format(
    dialect: str, status: int, headers: dict[str, str], body: str, seconds: float | None
) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named["date"] = headers.get("date", "Wed, 21 Oct 2026 07:27:40 GMT")
    error = DIALECTS[dialect].decode_error(status, named, body.encode())
    assert asked_s(error) == pytest.approx(seconds)


def test_gemini_says_in_its_details_how_long_to_wait() -> None:
    body = b"""{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "x", "details":
    [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"}]}}"""
    assert asked_s(DIALECTS["gemini"].decode_error(429, {}, body)) == 37.0


def test_only_busy_providers_are_asked_for_how_long() -> None:
    assert asked_s(refusal(500, retry_after="5")) is None
    assert asked_s(refusal(401, retry_after="5")) is None


def test_an_error_in_a_stream_may_say_how_long_to_wait() -> None:
    busy = GatewayError(Kind.RATE_LIMITED, "x", retry_after=5.0)
    down = GatewayError(Kind.UPSTREAM_DOWN, "x", retry_after=5.0)
    assert (asked_s(busy), asked_s(down)) == (5.0, None)


def test_what_is_remembered_of_a_failure_is_short_and_holds_no_credential() -> None:
    error = GatewayError(Kind.UPSTREAM_AUTH, f"sk-abcdefghij {'x' * 900}", upstream_status=401)
    assert told(error).startswith("401: sk-*** xxx")
    assert len(told(error)) == 500
    assert told(GatewayError(Kind.UPSTREAM_DOWN, "cut")) == "cut"


def test_the_rules_come_from_the_configuration() -> None:
    current = snapshot(
        providers=(provider("calm", disable_cooldown=True), provider("acme")),
        sections={"cooldown": {"initialMinutes": 0.5, "maxMinutes": 10}},
    )
    assert rules_of(current) == RestRules(first_s=30.0, longest_s=600.0, exempt=frozenset({"calm"}))
    assert rules_of(snapshot()) == RestRules()


def test_no_status_leads_to_an_endless_or_a_negative_rest() -> None:
    for status in range(300, 600):
        error = GatewayError(kind_for_status(status, ""), "x", retry_after=math.inf)
        error.upstream_status = status
        seconds = asked_s(error)
        assert seconds is None or 1 <= seconds <= LONGEST_S
