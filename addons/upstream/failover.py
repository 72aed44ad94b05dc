"""Go through the plan until a target answers (dataplane.md §3)."""

from __future__ import annotations

from collections.abc import Mapping

from plexus.addons.exchange import Exchange, Plan, Reply
from plexus.addons.upstream.attempt import try_target
from plexus.addons.upstream.client import Upstream
from plexus.transforms.codec import Dialect
from plexus.transforms.errors import GatewayError, Kind

# A request that is too large or not processable will be so everywhere.
_FINAL_STATUSES = frozenset({413, 422})


async def first_success(
    exchange: Exchange, plan: Plan, upstream: Upstream, dialects: Mapping[str, Dialect]
) -> Reply:
    """Return the first reply. Raise the last `GatewayError`, which lists what was tried."""
    for target in plan.targets:
        try:
            return await try_target(exchange, target, upstream, dialects)
        except GatewayError as error:
            last = error
            if not may_go_on(error):
                break
    raise _all_failed(exchange, last)


def may_go_on(error: GatewayError) -> bool:
    """Whether the next target may be asked after this failure (dataplane.md §3.1)."""
    if error.upstream_status is not None:
        return error.upstream_status not in _FINAL_STATUSES
    return error.retryable or error.kind is Kind.UNSUPPORTED


def _all_failed(exchange: Exchange, last: GatewayError) -> GatewayError:
    if len(exchange.attempts) < 2:
        return last
    tried = ", ".join(
        f"{attempt.target.name} ({_tag(attempt.error)})" for attempt in exchange.attempts
    )
    return GatewayError(
        last.kind,
        f"all targets failed: {tried}. Last reason: {last.message}",
        where=last.where,
        retry_after=last.retry_after,
        code=last.code,
        upstream_status=last.upstream_status,
    )


def _tag(error: GatewayError | None) -> str:
    if error is None:
        return "ok"
    if error.upstream_status is not None:
        return str(error.upstream_status)
    return "network" if error.kind is Kind.UPSTREAM_DOWN else error.kind.value
