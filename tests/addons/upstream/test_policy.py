"""Which failures send a call on to the next target."""

from __future__ import annotations

import pytest

from plexus.addons.upstream.policy import (
    EMPTY,
    MALFORMED,
    STALLED,
    is_about_the_key,
    may_go_on,
    tag,
)
from plexus.config.resilience import Failover
from plexus.config.schema.sections import FailoverSection
from plexus.transforms.errors import GatewayError, Kind

RULES = Failover(statuses=frozenset(FailoverSection().retryable_status_codes))
OWN = frozenset({
    Kind.BAD_REQUEST, Kind.UNAUTHENTICATED, Kind.TOO_LARGE, Kind.CONTEXT_OVERFLOW, Kind.FILTERED,
    Kind.QUOTA, Kind.UNAVAILABLE, Kind.INTERNAL,
})  # fmt: skip


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("rules", [RULES, Failover()])
def test_only_what_may_go_better_elsewhere_goes_on(kind: Kind, rules: Failover) -> None:
    assert may_go_on(GatewayError(kind, "why"), rules) is (kind not in OWN)
    # With a status of the provider it is the status that decides.
    assert may_go_on(GatewayError(kind, "why", upstream_status=400), rules)
    assert not may_go_on(GatewayError(kind, "why", upstream_status=422), rules)


@pytest.mark.parametrize("status", [300, 400, 401, 402, 403, 404, 408, 409, 429, 500, 503, 529])
def test_every_status_but_two_goes_on_unless_configured(status: int) -> None:
    error = GatewayError(Kind.BAD_REQUEST, "no", upstream_status=status)
    assert may_go_on(error, RULES) and may_go_on(error, Failover())


@pytest.mark.parametrize("status", [413, 422])
def test_what_would_fail_everywhere_does_not_go_on(status: int) -> None:
    error = GatewayError(Kind.TOO_LARGE, "no", upstream_status=status)
    assert not may_go_on(error, RULES) and not may_go_on(error, Failover())


def test_configured_statuses_are_the_only_ones_but_for_402() -> None:
    rules = Failover(statuses=frozenset({500}))
    found = {
        status: may_go_on(GatewayError(Kind.UPSTREAM_DOWN, "no", upstream_status=status), rules)
        for status in (402, 429, 500, 503)
    }
    assert found == {402: True, 429: False, 500: True, 503: False}


def test_a_configured_word_of_the_message_or_code_goes_on_too() -> None:
    rules = Failover(statuses=frozenset(), errors=("eoops", "try elsewhere"))
    said = GatewayError(Kind.BAD_REQUEST, "Try elsewhere!", upstream_status=400)
    coded = GatewayError(Kind.BAD_REQUEST, "no", code="EOOPS", upstream_status=400)
    other = GatewayError(Kind.BAD_REQUEST, "no", upstream_status=400)
    assert [may_go_on(error, rules) for error in (said, coded, other)] == [True, True, False]


def test_with_failover_off_nothing_goes_on() -> None:
    assert not may_go_on(GatewayError(Kind.UPSTREAM_DOWN, "no"), Failover(enabled=False))


def test_a_tool_call_that_nobody_can_read_is_told_to_the_client() -> None:
    assert not may_go_on(GatewayError(Kind.OVERLOADED, "unreadable", code=MALFORMED), RULES)


def test_an_answer_of_200_that_cannot_be_used_goes_on() -> None:
    error = GatewayError(Kind.UPSTREAM_INVALID, "HTML", upstream_status=200)
    assert may_go_on(error, RULES)


@pytest.mark.parametrize(
    ("status", "about"),
    [(401, True), (402, True), (403, True), (429, True), (500, False), (None, False)],
)
def test_another_key_helps_only_against_what_the_key_is_to_blame_for(
    status: int | None, about: bool
) -> None:
    assert is_about_the_key(GatewayError(Kind.BAD_REQUEST, "no", upstream_status=status)) is about


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (GatewayError(Kind.UPSTREAM_TIMEOUT, "slow", code=STALLED), "stalled"),
        (GatewayError(Kind.UPSTREAM_INVALID, "nothing", code=EMPTY), "empty"),
        (GatewayError(Kind.OVERLOADED, "busy", upstream_status=529), "529"),
        (GatewayError(Kind.UPSTREAM_DOWN, "refused"), "network"),
        (GatewayError(Kind.UPSTREAM_TIMEOUT, "late"), "upstream_timeout"),
    ],
)
def test_every_failure_has_a_word_for_the_list_of_what_was_tried(
    error: GatewayError, word: str
) -> None:
    assert tag(error) == word
