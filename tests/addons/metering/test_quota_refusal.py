"""The words and fields with which a quota refuses."""

from plexus.addons.metering.quota import Standing
from plexus.addons.metering.quota_refusal import refusal
from plexus.transforms.errors import Kind
from tests.addons.metering.test_quota import NOON, at, leaky, quota


def test_the_most_constrained_is_named_and_all_are_listed() -> None:
    error = refusal(
        [at(leaky(name="words"), 100.0), at(quota(name="money", unit="cost", limit=0.5), 0.6)]
    )
    assert (error.kind, error.where, error.code) == (Kind.QUOTA, "words", None)
    assert error.message == (
        "Quota exceeded: words limit of 100 tokens reached (100 used); "
        "it resets at 2026-11-20T13:00:00.000Z"
    )
    assert error.retry_after == 12 * 3600  # when the other one is open again, too
    assert error.details == {
        "quota_name": "words",
        "current_usage": 100,
        "limit": 100.0,
        "resets_at": "2026-11-20T13:00:00.000Z",
        "blocking_quotas": [
            {
                "quotaName": "words", "limitType": "tokens", "limit": 100.0, "currentUsage": 100,
                "reserved": 0, "remaining": 0, "resetsAt": "2026-11-20T13:00:00.000Z",
            },
            {
                "quotaName": "money", "limitType": "cost", "limit": 0.5, "currentUsage": 0.6,
                "reserved": 0.0, "remaining": 0.0, "resetsAt": "2026-11-21T00:00:00.000Z",
            },
        ],
    }  # fmt: skip


def test_money_is_told_in_dollars() -> None:
    error = refusal([at(quota(name="money", unit="cost", limit=0.5), 0.600001)])
    assert "money limit of $0.50 reached ($0.600001 used)" in error.message


def test_what_others_have_reserved_may_soon_be_free() -> None:
    one = Standing(quota=quota(), used=50.0, reserved=40.0, now=NOON)
    error = refusal([one])
    assert "the rest of q (limit: 100 tokens) is reserved by calls under way" in error.message
    assert error.retry_after == 1
