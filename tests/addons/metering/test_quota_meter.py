"""Quotas at work on calls: what is reserved, refused, taken out of the plan, settled."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, override

import pytest

from plexus.addons.exchange import Attempt, Exchange
from plexus.addons.metering.quota_meter import LONGEST_HOLD_MS, QuotaMeter
from plexus.store.errors import StoreError
from plexus.store.quotas import Level, Place, QuotaBook
from plexus.store.records import UsageRecord
from plexus.store.store import Store
from plexus.transforms.codec import Match, Operation
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import JsonObject
from tests.addons.factories import exchange, key, plan, principal, snapshot, target
from tests.addons.metering.test_quota import NOON
from tests.addons.metering.test_quota_ledger import Flaky

DAILY: JsonObject = {"type": "daily", "limitType": "requests", "limit": 2}
WORDS: JsonObject = {"type": "daily", "limitType": "tokens", "limit": 100}


class Clock:
    now = NOON

    def __call__(self) -> int:
        return self.now


class Setting:
    """A meter on a ledger in memory, its quotas, its calls."""

    def __init__(self, store: Store, quotas: dict[str, JsonObject], patience_s: float) -> None:
        self.clock = Clock()
        self.runner = Flaky(store.engine)
        self.book = QuotaBook(
            engine=store.engine, runner=self.runner, instance="here", clock=self.clock
        )
        self.meter = QuotaMeter(self.book, patience_s=patience_s)
        self.key = key(quotas=tuple(quotas))
        self.snapshot = snapshot(keys=(self.key,), user_quotas=quotas)
        self.made = 0

    def call(self, **other: Any) -> Exchange:
        """A call that is planned."""
        self.made += 1
        return exchange(
            **{
                "id": f"call-{self.made}",
                "snapshot": self.snapshot,
                "principal": principal(key=self.key, name=self.key.name),
                "body": {"messages": [], "max_tokens": 20},
                "plan": plan(target("acme/big"), target("acme/small")),
                **other,
            }
        )

    async def reserve(self, one: Exchange) -> Exchange:
        """Have it pass the quotas."""
        assert one.plan is not None
        await self.meter.reserve(one, self.meter.quotas(one), one.plan)
        return one

    def end(self, one: Exchange, status: str = "success", tokens: int | None = 5) -> None:
        """End it, answered by its first target."""
        assert one.plan is not None
        one.attempts.append(Attempt(target=one.plan.targets[0]))
        row = UsageRecord(
            request_id=one.id, start_time=0, response_status=status, tokens_output=tokens
        )
        self.meter.settle(one, row)

    async def rows(self) -> dict[str, tuple[float, float]]:
        """What is used and what is reserved."""
        await self.meter.ledger.flush()
        return {name: (r.usage, r.reserved) for (_, name), r in (await self.book.levels()).items()}


@asynccontextmanager
async def setting(patience_s: float = 5.0, **quotas: JsonObject) -> AsyncIterator[Setting]:
    store = await Store.open("sqlite://:memory:")
    try:
        yield Setting(store, quotas, patience_s)
    finally:
        await store.close()


async def refused(made: Setting, one: Exchange) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await made.reserve(one)
    assert caught.value.kind is Kind.QUOTA
    return caught.value


async def test_a_call_is_reserved_and_settled_once() -> None:
    async with setting(calls=DAILY, words=WORDS) as made:
        call = await made.reserve(made.call())
        before = await made.rows()
        for _ in range(3):
            made.end(call)
        after = await made.rows()
    assert before == {"calls": (0.0, 1.0), "words": (0.0, 20.0)}
    assert after == {"calls": (1.0, 0.0), "words": (5.0, 0.0)}


@pytest.mark.parametrize(
    "other",
    [
        {"principal": None},
        {"principal": principal()},
        {"principal": principal(key=key("free"), name="free")},
        {"plan": None},
        {"match": Match(Operation.COUNT_TOKENS)},
    ],
)
async def test_a_call_that_no_quota_binds_costs_no_statement(other: dict[str, Any]) -> None:
    async with setting(calls=DAILY) as made:
        call = made.call(**other)
        found = made.meter.quotas(call)
        made.meter.settle(call, UsageRecord(request_id=call.id, start_time=0))
    assert found == ()
    assert made.runner.statements == 0


async def test_the_statements_of_a_call_are_one_before_and_one_after() -> None:
    async with setting(calls=DAILY, words=WORDS) as made:
        await made.reserve(made.call())  # makes the rows
        made.runner.statements = 0
        call = await made.reserve(made.call())
        made.end(call)
        await made.meter.ledger.flush()
    assert made.runner.statements == 2


async def test_headers_tell_how_it_stood_before_the_call() -> None:
    async with setting(calls=DAILY) as made:
        first = await made.reserve(made.call())
        made.end(first)
        second = await made.reserve(made.call())
        third = made.call()
        error = await refused(made, third)
    left = [one.quota_headers["x-plexus-quota-remaining"] for one in (first, second, third)]
    assert left == ["2", "1", "1"]  # the second one is not settled yet
    assert error.details["quota_name"] == "calls"


async def test_what_has_ended_here_counts_for_the_next_call() -> None:
    async with setting(words=WORDS) as made:
        made.end(await made.reserve(made.call()), tokens=100)
        error = await refused(made, made.call())  # though nobody has flushed
    assert error.retry_after == 12 * 3600


async def test_a_call_that_nobody_answered_gives_everything_back() -> None:
    async with setting(calls=DAILY, words=WORDS) as made:
        made.end(await made.reserve(made.call()), status="error", tokens=None)
        assert await made.rows() == {"calls": (0.0, 0.0), "words": (0.0, 0.0)}


async def test_of_a_scoped_quota_only_its_own_targets_count() -> None:
    small: JsonObject = {**DAILY, "allowedModels": ["small"]}
    async with setting(small=small, all=DAILY) as made:
        made.end(await made.reserve(made.call()))  # by big
        assert await made.rows() == {"small": (0.0, 0.0), "all": (1.0, 0.0)}


async def test_targets_of_an_exhausted_quota_leave_the_plan() -> None:
    big: JsonObject = {**DAILY, "limit": 1, "allowedModels": ["big"]}
    async with setting(big=big) as made:
        made.end(await made.reserve(made.call()))
        call = await made.reserve(made.call())
    assert call.plan is not None
    assert [one.name for one in call.plan.targets] == ["acme/small"]
    assert call.plan.skipped == ("acme/big: quota_exceeded:big",)
    assert call.quota_headers == {}


async def test_when_scoped_quotas_leave_no_target_the_call_is_refused_and_holds_nothing() -> None:
    scoped = {name: {**DAILY, "limit": 1, "allowedModels": [name]} for name in ("big", "small")}
    async with setting(**scoped, all={**DAILY, "limit": 9}) as made:
        made.end(await made.reserve(made.call(plan=plan(target("acme/big")))))
        made.end(await made.reserve(made.call(plan=plan(target("acme/small")))))
        call = made.call()
        error = await refused(made, call)
        made.meter.settle(call, UsageRecord(request_id=call.id, start_time=0))
        rows = await made.rows()
    listed = error.details["blocking_quotas"]
    assert isinstance(listed, list)
    assert len(listed) == 2
    assert rows["all"] == (2.0, 0.0)


async def test_a_quota_for_no_target_of_the_plan_is_not_asked() -> None:
    async with setting(other={**DAILY, "allowedProviders": ["elsewhere"]}) as made:
        call = await made.reserve(made.call())
    assert made.runner.statements == 0
    assert call.quota_headers == {}


async def test_a_shadow_quota_tells_what_it_would_have_stopped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    async with setting(ghost={**DAILY, "limit": 1, "shadow": True}) as made:
        made.end(await made.reserve(made.call()))
        call = await made.reserve(made.call())
    assert call.quota_headers["x-plexus-quota-warning"] == "ghost"
    assert f"quota.shadow id={call.id} quota=ghost" in caplog.text


async def test_another_configuration_brings_its_own_quotas() -> None:
    async with setting(calls=DAILY) as made:
        before = made.meter.quotas(made.call())
        made.snapshot = snapshot(keys=(made.key,), user_quotas={"calls": {**DAILY, "limit": 7}})
        after = made.meter.quotas(made.call())
    assert [quota.limit for quota in (*before, *after)] == [2.0, 7.0]


async def test_a_database_that_is_away_stops_no_call_and_what_it_used_is_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with setting(calls=DAILY) as made:
        made.end(await made.reserve(made.call()))
        await made.meter.ledger.flush()
        made.runner.failures = 2
        calls = [await made.reserve(made.call()) for _ in range(2)]
        for call in calls:
            made.end(call)
        rows = await made.rows()
    assert rows == {"calls": (3.0, 0.0)}
    assert caplog.text.count("quota.unchecked") == 1


async def test_a_row_that_somebody_removed_comes_back() -> None:
    async with setting(calls=DAILY) as made:
        await made.reserve(made.call())
        await made.runner.run("DELETE FROM user_quotas", {})
        await made.reserve(made.call())
        assert await made.rows() == {"calls": (0.0, 1.0)}


class Unreadable(QuotaBook):
    """Can be written, but not read."""

    @override
    async def levels(self, places: Sequence[Place] | None = None) -> dict[Place, Level]:
        raise StoreError("the database is away")


async def test_a_refusal_stands_though_the_database_fails_before_it_tells_why() -> None:
    async with setting(calls={**DAILY, "limit": 1}) as made:
        made.meter = QuotaMeter(
            Unreadable(
                engine=made.book.engine, runner=made.runner, instance="here", clock=made.clock
            )
        )
        made.end(await made.reserve(made.call()))
        await made.meter.ledger.flush()
        error = await refused(made, made.call())
    assert error.details["current_usage"] == 1


async def test_a_database_that_hangs_stops_no_call_and_what_it_grants_late_goes_back() -> None:
    async with setting(patience_s=0.01, calls=DAILY) as made:
        await made.book.levels()
        made.runner.held = asyncio.Event()
        call = await made.reserve(made.call())
        made.runner.held.set()
        async with asyncio.timeout(5):
            while made.meter.ledger.is_empty:  # noqa: ASYNC110 - the late grant comes back
                await asyncio.sleep(0)
        made.end(call)
        assert await made.rows() == {"calls": (1.0, 0.0)}


async def test_a_client_that_leaves_while_its_call_waits_leaves_nothing_reserved() -> None:
    async with setting(calls=DAILY) as made:
        made.runner.held = asyncio.Event()
        waiting = asyncio.ensure_future(made.reserve(made.call()))
        for _ in range(5):
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        made.runner.held.set()
        async with asyncio.timeout(5):
            while made.meter.ledger.is_empty:  # noqa: ASYNC110 - the late grant comes back
                await asyncio.sleep(0)
        assert await made.rows() == {"calls": (0.0, 0.0)}


async def test_a_reservation_whose_call_is_never_heard_of_again_expires() -> None:
    async with setting(calls=DAILY) as made:
        call = await made.reserve(made.call())
        early = made.meter.expire()
        made.clock.now += LONGEST_HOLD_MS + 1
        expired = made.meter.expire()
        given_back = await made.rows()
        made.end(call)  # after all
        late = await made.rows()
        await made.reserve(made.call())
        made.clock.now += 24 * LONGEST_HOLD_MS + 1
        again = [made.meter.expire(), made.meter.expire()]
        forgotten = made.meter._holds
    assert (again, forgotten) == ([1, 0], {})
    assert (early, expired) == (0, 1)
    assert given_back == {"calls": (0.0, 0.0)}
    assert late == {"calls": (1.0, 0.0)}
