"""Every kind of error has its status, its blame and a message that can be shown."""

from __future__ import annotations

import pytest

from plexus.transforms.errors import RETRYABLE, STATUS, GatewayError, Kind

CLIENTS_OWN_FAULT = {
    Kind.BAD_REQUEST: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.TOO_LARGE: 413,
    Kind.CONTEXT_OVERFLOW: 400,
    Kind.FILTERED: 400,
    Kind.UNSUPPORTED: 400,
    Kind.QUOTA: 429,
}


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_an_error_status(kind: Kind) -> None:
    assert 400 <= GatewayError(kind, "words").status <= 599
    assert set(STATUS) == set(Kind)


@pytest.mark.parametrize(("kind", "status"), CLIENTS_OWN_FAULT.items())
def test_a_clients_own_fault_is_not_tried_elsewhere(kind: Kind, status: int) -> None:
    error = GatewayError(kind, "words")
    assert (error.status, error.retryable) == (status, False)


@pytest.mark.parametrize("kind", [Kind.UPSTREAM_AUTH, Kind.UPSTREAM_BILLING])
def test_a_refusal_of_our_credential_does_not_look_like_the_clients(kind: Kind) -> None:
    error = GatewayError(kind, "words")
    assert (error.status, error.retryable) == (502, True)


def test_a_provider_that_fails_lets_another_one_try() -> None:
    assert {
        Kind.RATE_LIMITED, Kind.UPSTREAM_DOWN, Kind.OVERLOADED, Kind.UPSTREAM_TIMEOUT,
        Kind.UPSTREAM_INVALID, Kind.NOT_FOUND, Kind.FORBIDDEN,
    } <= RETRYABLE  # fmt: skip


def test_an_error_keeps_what_it_was_told() -> None:
    error = GatewayError(
        Kind.RATE_LIMITED,
        "slow down",
        where="openai",
        retry_after=1.5,
        code="rate_limit_exceeded",
        upstream_status=429,
    )
    assert (error.kind, error.message, str(error)) == (Kind.RATE_LIMITED, "slow down", "slow down")
    assert (error.where, error.retry_after) == ("openai", 1.5)
    assert (error.code, error.upstream_status) == ("rate_limit_exceeded", 429)
    assert repr(error) == "GatewayError(rate_limited, 'slow down', where='openai')"


def test_an_error_has_no_further_details_unless_given_some() -> None:
    one, other = GatewayError(Kind.QUOTA, "no"), GatewayError(Kind.QUOTA, "no")
    one.details["quota_name"] = "small"
    assert other.details == {}
