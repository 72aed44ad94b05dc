"""The smaller sections: their limits and defaults."""

from __future__ import annotations

import pytest

from plexus.config.schema.sections import FailoverSection, StallSection
from tests.config.making import complaints, snapshot_of


@pytest.mark.parametrize(
    "section",
    [
        "timeout: {defaultSeconds: 0}",
        "timeout: {defaultSeconds: 3601}",
        "stall: {ttfbSeconds: 4}",
        "stall: {ttfbSeconds: 121}",
        "stall: {ttfbBytes: 49}",
        "stall: {minBytesPerSecond: 5001}",
        "stall: {windowSeconds: 2}",
        "stall: {gracePeriodSeconds: 121}",
        "cooldown: {initialMinutes: 0.05}",
        "cooldown: {maxMinutes: 0}",
        "failover: {retryableStatusCodes: [99]}",
        "failover: {retryableStatusCodes: [600]}",
        "backgroundExploration: {workerConcurrency: 17}",
        "backgroundExploration: {stalenessThresholdSeconds: 0}",
        "debug: {retention_days: 0}",
        "debug: {max_body_bytes: 0}",
        "responses: {ttl_days: -1}",
        "retention: {usage_days: 0}",
        "mcpOAuth: {provider: ''}",
        "vision_fallthrough: {descriptor_model: []}",
    ],
)
def test_values_out_of_range_are_refused(section: str) -> None:
    (said,) = complaints(section)
    name, _, rest = section.partition(": {")
    assert said.startswith(f"{name}.{rest.partition(':')[0]}")


def test_everything_but_success_and_two_refusals_is_retried() -> None:
    codes = FailoverSection().retryable_status_codes
    assert {400, 401, 403, 404, 408, 409, 429, 500, 503, 199, 300, 599} <= set(codes)
    assert not {200, 204, 299, 413, 422} & set(codes)


def test_a_first_cooldown_longer_than_the_longest_is_clamped() -> None:
    section = snapshot_of("cooldown: {initialMinutes: 10, maxMinutes: 5}").sections["cooldown"]
    assert section == {"maxMinutes": 5.0, "initialMinutes": 5.0}
    section = snapshot_of("cooldown: {maxMinutes: 1}").sections["cooldown"]
    assert section == {"maxMinutes": 1.0, "initialMinutes": 1.0}


def test_stalling_is_not_watched_for_by_default() -> None:
    assert StallSection().plain() == {
        "ttfbSeconds": None,
        "ttfbBytes": 100,
        "minBytesPerSecond": None,
        "windowSeconds": 10.0,
        "gracePeriodSeconds": 30.0,
        "stallCooldown": False,
    }


def test_prices_are_fetched_from_web_addresses_only() -> None:
    said = complaints("price_catalogue: {url: 'file:///etc/passwd', refresh_hours: 0}")
    assert said == [
        "price_catalogue.url: must be an address that begins with https:// or http://",
        "price_catalogue.refresh_hours: must be above 0",
    ]
