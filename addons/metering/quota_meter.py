"""User quotas at work: reserve before a call, settle after it (dataplane.md §9).

A call whose key has no quota is asked two questions, of memory. For others one statement is run
before the call and one, for all calls that have ended by then, after it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from plexus.addons.exchange import Exchange, Plan, Target
from plexus.addons.metering.pricing import price
from plexus.addons.metering.quota import Quota, Standing, headers, quotas_of, standing
from plexus.addons.metering.quota_debit import used
from plexus.addons.metering.quota_ledger import QuotaLedger
from plexus.addons.metering.quota_refusal import refusal
from plexus.addons.metering.quota_wish import Wish, covers, narrowed, wishes
from plexus.config.price_catalogue import PriceCatalogue
from plexus.config.snapshot import Key, Snapshot
from plexus.store.errors import TROUBLE, reason
from plexus.store.quotas import Level, Place, QuotaBook
from plexus.store.records import UsageRecord
from plexus.transforms.codec import Operation
from plexus.transforms.ir import Usage

log = logging.getLogger(__name__)

# How long the database is waited for. One that is gone delays calls but does not stop them (spec,
# dataplane.md appendix A); what they use is debited when it is back.
PATIENCE_S: Final = 5.0
# A reservation whose call was never heard of again is given back after this time.
LONGEST_HOLD_MS: Final = 3_600_000
_TRIES: Final = 3

type _Granted = dict[Place, Level]


@dataclass(frozen=True, slots=True)
class _Hold:
    since: int  # ms since 1970
    parts: tuple[tuple[Quota, float], ...]  # what is reserved of which


class QuotaMeter:
    """The quotas of all keys, in one process; `prices` gives those of models that have no own."""

    def __init__(
        self,
        book: QuotaBook,
        prices: Callable[[], PriceCatalogue] = PriceCatalogue,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.ledger: Final = QuotaLedger(book)
        self._book: Final = book
        self._prices: Final = prices
        self._patience_s: Final = patience_s
        self._holds: Final[dict[str, _Hold]] = {}  # by call
        self._bound: dict[str, tuple[Quota, ...]] = {}  # by key
        self._snapshot: Snapshot | None = None
        self._failing = False

    def quotas(self, exchange: Exchange) -> tuple[Quota, ...]:
        """Return the quotas that bind the call's key. To count tokens is free."""
        principal = exchange.principal
        if principal is None or principal.key is None or not principal.key.quotas:
            return ()
        if exchange.plan is None or exchange.match.operation is Operation.COUNT_TOKENS:
            return ()
        return self._of_key(exchange.snapshot, principal.key)

    async def reserve(self, exchange: Exchange, quotas: Sequence[Quota], plan: Plan) -> None:
        """Reserve what the call may use; take targets from its plan that a quota has closed.

        Raise `GatewayError(QUOTA)` when nothing is left. Sets the call's quota headers.
        """
        asked = wishes(quotas, plan, exchange.body, self._rate, self._book.clock())
        if not asked:
            return
        await self._catch_up()
        try:
            granted = await self._reserved(exchange, asked)
        except TROUBLE as exc:
            self._complain(exc)
            self._holds[exchange.id] = self._hold([(wish.quota, 0.0) for wish in asked])
            return
        self._failing = False
        closed = [wish.quota for wish in asked if wish.quota.place not in granted]
        if closed:
            await self._narrow(exchange, plan, closed)
        self._tell(exchange, asked, granted)

    def settle(self, exchange: Exchange, row: UsageRecord) -> None:
        """Queue what an ended call used, and give back what it reserved; once, never waits."""
        hold = self._holds.pop(exchange.id, None)
        if hold is None:
            return
        found, target = used(exchange, row, self._rate), exchange.target
        for quota, amount in hold.parts:
            counts = found is not None and target is not None and covers(quota, target)
            self.ledger.add(quota, amount, found.of(quota.unit) if found and counts else 0.0)

    def expire(self) -> int:
        """Give back what calls hold that have not ended in an hour; return how many did.

        Should they end after all, what they used still counts, up to a day.
        """
        now, expired = self._book.clock(), 0
        for name, hold in list(self._holds.items()):
            age = now - hold.since
            if age > LONGEST_HOLD_MS and any(amount for _, amount in hold.parts):
                expired += 1
                self._give_back(hold)
                nothing = tuple((quota, 0.0) for quota, _ in hold.parts)
                self._holds[name] = _Hold(hold.since, nothing)
            elif age > 24 * LONGEST_HOLD_MS:
                del self._holds[name]
        return expired

    def _of_key(self, snapshot: Snapshot, key: Key) -> tuple[Quota, ...]:
        if self._snapshot is not snapshot:
            self._snapshot, self._bound = snapshot, {}
        found = self._bound.get(key.name)
        if found is None:
            found = self._bound[key.name] = quotas_of(snapshot, key)
        return found

    def _rate(self, target: Target, usage: Usage) -> float | None:
        prices = self._prices()
        pricing = prices.pricing(target.provider, target.model, self._book.clock())
        return price(usage, pricing, prices.slugs).total

    async def _catch_up(self) -> None:
        # What this process knows is written before it asks; while that fails, `run` tries again.
        if not self.ledger.is_empty and not self.ledger.is_failing:
            flushing = asyncio.ensure_future(self.ledger.try_flush())
            await asyncio.wait({flushing}, timeout=self._patience_s)

    async def _reserved(self, exchange: Exchange, asked: Sequence[Wish]) -> _Granted:
        required = [wish for wish in asked if wish.ask.required]
        standings: list[Standing] = []
        for _ in range(_TRIES):  # what stops a call may be given back while we look what it is
            granted = await self._asked(exchange, asked)
            if granted or not required:
                return granted
            standings = await self._standings([wish.quota for wish in required])
            blocking = [
                one
                for one, wish in zip(standings, required, strict=True)
                if not one.has_room(wish.ask.amount)
            ]
            if blocking:
                exchange.quota_headers = headers(blocking)
                raise refusal(blocking)
        raise refusal(standings)

    async def _asked(self, exchange: Exchange, asked: Sequence[Wish]) -> _Granted:
        # Started at once: on a SQLite file nobody is in the way of, it is then done.
        asking = asyncio.Task(
            self._book.reserve([wish.ask for wish in asked]),
            loop=asyncio.get_running_loop(),
            eager_start=True,
        )
        if asking.done():
            granted = asking.result()
        else:
            granted = await self._awaited(asking, asked)
        if granted:
            self._holds[exchange.id] = self._held(asked, granted)
        return granted

    async def _awaited(self, asking: asyncio.Task[_Granted], asked: Sequence[Wish]) -> _Granted:
        try:
            async with asyncio.timeout(self._patience_s):
                return await asyncio.shield(asking)
        except BaseException:  # the client left, or it took too long: what comes now goes back
            asking.add_done_callback(partial(self._came_late, asked))
            raise

    def _came_late(self, asked: Sequence[Wish], asking: asyncio.Future[_Granted]) -> None:
        if not asking.cancelled() and asking.exception() is None:
            self._give_back(self._held(asked, asking.result()))

    async def _narrow(self, exchange: Exchange, plan: Plan, closed: Sequence[Quota]) -> None:
        exchange.plan = narrowed(plan, closed)
        if not exchange.plan.targets:
            standings = await self._standings(closed)
            exchange.quota_headers = headers(standings)
            raise refusal(standings)

    async def _standings(self, quotas: Sequence[Quota]) -> list[Standing]:
        now = self._book.clock()
        try:
            async with asyncio.timeout(self._patience_s):
                levels = await self._book.levels([quota.place for quota in quotas])
        except TROUBLE as exc:  # they have refused; by how much cannot be told
            self._complain(exc)
            return [Standing(quota=one, used=one.limit, reserved=0.0, now=now) for one in quotas]
        return [standing(quota, levels.get(quota.place), now) for quota in quotas]

    def _tell(self, exchange: Exchange, asked: Sequence[Wish], granted: _Granted) -> None:
        now = self._book.clock()
        targets = exchange.plan.targets if exchange.plan is not None else ()
        standings = [
            standing(wish.quota, granted.get(wish.quota.place), now)
            for wish in asked
            if any(covers(wish.quota, target) for target in targets)
        ]
        exchange.quota_headers = headers(standings)
        for one in standings:
            if one.quota.shadow and not one.is_open:
                log.info("quota.shadow id=%s quota=%s would block", exchange.id, one.quota.name)

    def _held(self, asked: Sequence[Wish], granted: _Granted) -> _Hold:
        return self._hold(
            [(wish.quota, wish.ask.amount) for wish in asked if wish.quota.place in granted]
        )

    def _hold(self, parts: Sequence[tuple[Quota, float]]) -> _Hold:
        return _Hold(self._book.clock(), tuple(parts))

    def _give_back(self, hold: _Hold) -> None:
        for quota, amount in hold.parts:
            self.ledger.add(quota, amount, 0.0)

    def _complain(self, exc: BaseException) -> None:
        if not self._failing:
            log.warning("quota.unchecked reason=%s; calls go on, debits are kept", reason(exc))
        self._failing = True
