"""Go through the plan until a target answers (dataplane.md §3)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from plexus.addons.exchange import (
    Attempt,
    Buffered,
    Elsewhere,
    Exchange,
    Plan,
    Reply,
    Streamed,
    Target,
)
from plexus.addons.routing.health import Health
from plexus.addons.upstream.attempt import try_target
from plexus.addons.upstream.booking import book
from plexus.addons.upstream.client import Upstream
from plexus.addons.upstream.policy import EMPTY, is_about_the_key, may_go_on, tag
from plexus.addons.upstream.response_id import response_id_in
from plexus.addons.upstream.time_limits import TimeLimits
from plexus.addons.upstream.whole import says_nothing
from plexus.transforms.codec import Dialect
from plexus.transforms.continuation import Continuing
from plexus.transforms.errors import GatewayError, Kind

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What a call needs to get to its targets."""

    upstream: Upstream
    dialects: Mapping[str, Dialect]
    health: Health
    limits: TimeLimits = field(default_factory=TimeLimits)


async def first_success(exchange: Exchange, plan: Plan, ways: Ways) -> Reply:
    """Return the first reply; a stream, up to its first event.

    Every target that was asked or passed over is in `exchange.attempts`, once. What is learned of
    a target is booked when its attempt has ended. Raise the last `GatewayError`, which lists what
    was tried.
    """
    given_up: set[tuple[str, str]] = set()  # provider and model
    last: GatewayError | None = None
    for place, target in enumerate(plan.targets, 1):
        if (target.provider.name, target.model.name) in given_up:
            continue  # another key of a target that is out of order would not help
        if reason := _unfit(target, ways.health):
            exchange.attempts.append(Attempt(target=target, skipped=reason))
            continue
        try:
            reply = await _ask(exchange, target, ways, is_last=place == len(plan.targets))
        except GatewayError as error:
            last = error
            retryable = may_go_on(error, exchange.snapshot.failover)
            exchange.attempts[-1].retryable = retryable
            if not retryable:
                break
            if not is_about_the_key(error):
                given_up.add((target.provider.name, target.model.name))
        else:
            if isinstance(reply, Streamed) and isinstance(reply.pipe, Continuing):
                reply.elsewhere = partial(_rest_of, exchange, reply.pipe, plan, target, ways)
            return reply
    raise _nobody_free(exchange) if last is None else _all_failed(exchange, last)


def _unfit(target: Target, health: Health) -> str | None:
    # Looked at again after planning: calls before this one may just have found out.
    return health.cooldowns.blocked(target) or health.slots.full(target)


async def _ask(exchange: Exchange, target: Target, ways: Ways, *, is_last: bool) -> Reply:
    release = ways.health.slots.take(target)
    attempt = Attempt(target=target)
    exchange.attempts.append(attempt)
    try:
        reply = await try_target(exchange, attempt, ways.upstream, ways.dialects, ways.limits)
        if isinstance(reply, Buffered) and not is_last and says_nothing(exchange, reply):
            attempt.error = GatewayError(
                Kind.UPSTREAM_INVALID, f"{target.name} answered with nothing", code=EMPTY
            )
            raise attempt.error
    except GatewayError as error:
        release()
        book(ways.health, exchange, attempt, error)
        raise
    except BaseException:
        release()
        raise
    if isinstance(reply, Buffered):
        release()
        exchange.response_id = response_id_in(reply.body, exchange.dialect.name)
        book(ways.health, exchange, attempt, None)
    else:
        reply.close = _both(reply.close, release)
        reply.settle = partial(_settle, exchange, attempt, ways.health)
    return reply


def _settle(
    exchange: Exchange, attempt: Attempt, health: Health, failure: GatewayError | None
) -> None:
    attempt.error = failure  # a stream may break after it was called a success
    book(health, exchange, attempt, failure)


async def _rest_of(
    exchange: Exchange, broken: Continuing, plan: Plan, left: Target, ways: Ways
) -> Elsewhere | None:
    """Ask the targets behind the one that broke off for the rest of its answer."""
    names = [target.name for target in plan.targets]
    behind = plan.targets[len(names) - names[::-1].index(left.name) :]
    if not behind or not broken.can_go_on:
        return None
    exchange.so_far = broken.text
    try:
        reply = await first_success(exchange, replace(plan, targets=behind), ways)
    except GatewayError as error:
        log.info("continue.failed id=%s: %s", exchange.id, error.message)
        return None
    if not isinstance(reply, Streamed):
        return None
    # A whole answer has been made into a stream of the client's own format.
    is_native = isinstance(reply.pipe, Continuing)
    return Elsewhere(reply=reply, dialect=exchange.spoken if is_native else exchange.dialect)


def _both(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
    def call() -> None:
        first()
        second()

    return call


def _nobody_free(exchange: Exchange) -> GatewayError:
    reasons = {attempt.target.name: attempt.skipped or "" for attempt in exchange.attempts}
    told = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    is_full = all("concurrency" in reason for reason in reasons.values())
    return GatewayError(
        Kind.RATE_LIMITED if is_full else Kind.UNAVAILABLE,
        f"no target of {exchange.model!r} can be asked now: {told}",
        where="model",
    )


def _all_failed(exchange: Exchange, last: GatewayError) -> GatewayError:
    if len(exchange.attempts) < 2:
        return last
    tried = ", ".join(f"{a.target.name} ({_outcome(a)})" for a in exchange.attempts)
    failed = GatewayError(
        last.kind,
        f"all targets failed: {tried}. Last reason: {last.message}",
        where=last.where,
        retry_after=last.retry_after,
        code=last.code,
        upstream_status=last.upstream_status,
    )
    failed.details = last.details
    return failed


def _outcome(attempt: Attempt) -> str:
    if attempt.skipped is not None:
        return attempt.skipped
    return "ok" if attempt.error is None else tag(attempt.error)
