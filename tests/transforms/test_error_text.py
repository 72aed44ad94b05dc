"""Error replies of every shape yield their message, the wait and whose fault it was."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plexus.transforms.error_text import (
    cap,
    describe,
    extract_message,
    kind_for_status,
    mask,
    retry_after,
)
from plexus.transforms.errors import Kind


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"error":{"message":"no such model","type":"invalid_request_error"}}', "no such model"),
        ('[{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}}]', "bad"),
        ('{"detail":"Not Found"}', "Not Found"),
        ('{"detail":[{"loc":["body","n"],"msg":"field required"}]}', "body.n: field required"),
        ('{"code":"x","error":"Incorrect role"}', "Incorrect role"),
        ('{"object":"error","message":"too hot","code":3000}', "too hot"),
        ('{"error":{"message":"{\\"error\\":{\\"message\\":\\"inner\\"}}"}}', "inner"),
        ('{"error":{"message":null,"metadata":{"raw":"upstream died"}}}', "upstream died"),
        ('{"errorMessage":"short"}', "short"),
        ('"just a string"', "just a string"),
        ('\n\n  {"error":{"message":"late"}}', "late"),
        ("\ufeff{}", "{}"),
        ('{"error":{}}', '{"error":{}}'),
        ("plain words", "plain words"),
        ("<html><head><title>502 Bad\n Gateway</title></head><body>x</body></html>",
         "502 Bad Gateway"),
        ("<html><style>b{}</style><body><h1>Sorry</h1>later</body></html>", "Sorry later"),
        ("{truncated", "{truncated"),
        ("", ""),
        ("  \r\n", ""),
    ],
)  # fmt: skip
def test_a_message_is_found_in_every_shape_that_providers_use(body: str, message: str) -> None:
    assert extract_message(body.encode()) == message


def test_openrouters_raw_provider_words_outrank_its_own() -> None:
    raw = json.dumps({"error": {"message": "model is overloaded"}})
    body = {
        "error": {
            "message": "Provider returned error",
            "code": 503,
            "metadata": {"raw": raw, "provider_name": "X"},
        }
    }

    assert extract_message(json.dumps(body).encode()) == "model is overloaded"


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_yield_a_text(body: bytes) -> None:
    assert isinstance(extract_message(body), str)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "detail", "metadata", "raw", "loc", "msg"]), inner
        )
    ),
)


@settings(max_examples=200)
@given(_JSON)
def test_any_json_yields_a_text(value: object) -> None:
    assert isinstance(extract_message(json.dumps(value).encode()), str)


def test_a_long_message_is_capped_with_the_number_of_characters_cut() -> None:
    assert cap("é" * 512) == "é" * 500 + "… (12 more characters)"
    assert cap("é" * 500) == "é" * 500


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("key sk-proj-abcdef123456 is wrong", "key sk-*** is wrong"),
        ("Authorization: Bearer abc.def-123456", "Authorization: Bearer ***"),
        ("https://x/v1?key=AIzaSyABCDEFGH&alt=sse", "https://x/v1?key=***&alt=sse"),
        ("AIzaSyABCDEFGHIJK", "AIza***"),
        ("Incorrect API key provided: abc*****2345. See", "Incorrect API key provided: ***. See"),
        ("your api key: ****-key is invalid", "your api key: *** is invalid"),
        ("organization org-AbCdEf123456", "organization org-***"),
        ("a jwt eyJhbGciOi.eyJzdWIiOi.sig-nature", "a jwt ***"),
        ("a task-force-of-ten works", "a task-force-of-ten works"),
    ],
)
def test_what_looks_like_a_credential_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_a_description_is_masked_and_capped_and_never_empty() -> None:
    assert describe(b"", 502) == "the provider answered 502 without a message"
    assert describe(b'{"error":"sk-abcdefgh12345"}', 401) == "sk-***"
    assert len(describe(b"x" * 9000, 500)) < 540


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Please try again in 7m12.3s. Visit https://…", 432.3),
        ("try again in 850ms", 0.85),
        ("Try again in ~5 min.", 300.0),
        ("retry after 30 seconds", 30.0),
        ("Please retry after 26", 26.0),
        ("retry in 1 hour and 3 minutes", 3780.0),
        ("try again in 2 days", 172800.0),
        ("try again in 20s. 3 requests were", 20.0),
        ("try again in 20s, 3 requests were", 20.0),
        ('{"retryDelay": "37s"}', 37.0),
        ('{\\"retryDelay\\": \\"250ms\\"}', 0.25),
        ('"retry_after_seconds_raw":12.5', 12.5),
        ('{"error":{"type":"usage_limit_reached","resets_in_seconds":3600}}', 3600.0),
        ('{"error":{"metadata":{"headers":{"Retry-After":"12"}}}}', 12.0),
        (f"try again in {'9' * 400} s", None),
        ("try again later", None),
        ("", None),
    ],
)
def test_the_wait_is_read_from_the_words(text: str, seconds: float | None) -> None:
    assert retry_after({}, text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "2.5"}, 2.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "7", "retry-after-ms": "6500"}, 7.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 20.0),
        ({"retry-after": "Wed, 21 Oct 2020 07:28:00 GMT"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "NaN"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1", "retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "-1500"}, None),
        ({"X-RateLimit-Remaining-Requests": "0", "X-RateLimit-Reset-Requests": "6m0s"}, 360.0),
        ({"retry-after": "3", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"}, 3.0),
    ],
)
def test_the_wait_is_read_from_the_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, "", now=1792567660.0) == seconds


def test_an_http_date_counts_from_the_replys_own_date() -> None:
    headers = {
        "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT",
        "date": "Wed, 21 Oct 2026 07:27:30 GMT",
    }

    assert retry_after(headers, "") == 30.0


def test_an_http_date_is_ignored_without_a_clock() -> None:
    assert retry_after({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, "") is None


def test_spent_quotas_outrank_the_words_of_the_body() -> None:
    headers = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "7.66s"}

    assert retry_after(headers, "try again in 5 min") == 7.66


def test_the_quota_headers_that_openrouter_quotes_in_the_body_are_read() -> None:
    quoted = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1792567690000"}
    error = {"message": "Rate limit exceeded", "code": 429, "metadata": {"headers": quoted}}
    body = json.dumps({"error": error})

    assert retry_after({}, body, now=1792567660.0) == 30.0
    assert retry_after({"date": "Wed, 21 Oct 2026 07:27:30 GMT"}, body) == 40.0
    assert retry_after({}, body) is None


@pytest.mark.parametrize(
    "body",
    ["x-ratelimit-reset", '{"error":"ratelimit-reset"}', '{"error":{"metadata":{"headers":'
     '{"X-RateLimit-Remaining":0,"X-RateLimit-Reset":["no text"]}}}}'],
)  # fmt: skip
def test_a_body_that_only_speaks_of_a_reset_tells_no_wait(body: str) -> None:
    assert retry_after({}, body, now=1792567660.0) is None


@pytest.mark.parametrize(
    ("status", "text", "code", "kind"),
    [
        (400, "bad", None, Kind.BAD_REQUEST),
        (422, "bad", None, Kind.BAD_REQUEST),
        (400, "This model's maximum context length is 8192 tokens", None, Kind.CONTEXT_OVERFLOW),
        (413, "prompt is too long: 3 tokens > 2 maximum", None, Kind.CONTEXT_OVERFLOW),
        (400, "", "context_length_exceeded", Kind.CONTEXT_OVERFLOW),
        (401, "", None, Kind.UPSTREAM_AUTH),
        (403, "", None, Kind.UPSTREAM_AUTH),
        (400, "API key not valid. Please pass a valid API key.", None, Kind.UPSTREAM_AUTH),
        (402, "", None, Kind.UPSTREAM_BILLING),
        (429, "You exceeded your current quota", "insufficient_quota", Kind.UPSTREAM_BILLING),
        (400, "Your credit balance is too low", None, Kind.UPSTREAM_BILLING),
        (400, "quota exceeded", None, Kind.UPSTREAM_BILLING),
        (429, "Quota exceeded for metric x", None, Kind.RATE_LIMITED),
        (404, "", None, Kind.NOT_FOUND),
        (400, "no", "model_not_found", Kind.NOT_FOUND),
        (400, "no", "content_filter", Kind.FILTERED),
        (413, "", None, Kind.TOO_LARGE),
        (408, "", None, Kind.UPSTREAM_TIMEOUT),
        (504, "", None, Kind.UPSTREAM_TIMEOUT),
        (429, "", None, Kind.RATE_LIMITED),
        (503, "", None, Kind.OVERLOADED),
        (529, "", None, Kind.OVERLOADED),
        (500, "context length", None, Kind.UPSTREAM_DOWN),
        (200, "", None, Kind.UPSTREAM_INVALID),
    ],
)
def test_a_refusal_is_laid_at_the_right_door(
    status: int, text: str, code: str | None, kind: Kind
) -> None:
    assert kind_for_status(status, text, code) == kind
