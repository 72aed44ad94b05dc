"""What a client is told whose quota is used up (dataplane.md §9.5)."""

from __future__ import annotations

from collections.abc import Sequence

from plexus.addons.metering.quota import Standing, iso, most_constrained, shown
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import Json, JsonObject


def refusal(blocking: Sequence[Standing]) -> GatewayError:
    """Return the error for a call that these quotas, at least one, do not let through."""
    headline = most_constrained(blocking)
    assert headline is not None
    quota = headline.quota
    listed: list[Json] = [_described(one) for one in blocking]
    error = GatewayError(
        Kind.QUOTA,
        _message(headline),
        where=quota.name,
        retry_after=max(one.retry_after_s for one in blocking),
    )
    error.details = {
        "quota_name": quota.name,
        "current_usage": _number(headline, headline.used),
        "limit": quota.limit,
        "resets_at": iso(headline.resets_at),
        "blocking_quotas": listed,
    }
    return error


def _message(one: Standing) -> str:
    quota = one.quota
    unit = quota.unit
    what = "$" + shown(quota.limit, unit) if unit == "cost" else f"{quota.limit:,.0f} {unit}"
    if one.is_open:
        return (
            f"Quota exceeded: the rest of {quota.name} (limit: {what}) is reserved by calls under "
            "way; try again when they have ended"
        )
    return (
        f"Quota exceeded: {quota.name} limit of {what} reached ({_used(one)} used); "
        f"it resets at {iso(one.resets_at)}"
    )


def _used(one: Standing) -> str:
    text = shown(one.used, one.quota.unit)
    return f"${text}" if one.quota.unit == "cost" else text


def _described(one: Standing) -> JsonObject:
    return {
        "quotaName": one.quota.name,
        "limitType": one.quota.unit,
        "limit": one.quota.limit,
        "currentUsage": _number(one, one.used),
        "reserved": _number(one, one.reserved),
        "remaining": _number(one, one.remaining),
        "resetsAt": iso(one.resets_at),
    }


def _number(one: Standing, amount: float) -> float:
    return round(amount, 8) if one.quota.unit == "cost" else round(amount)
