"""The database as the rest of Plexus sees it: open it, write calls, read them, close it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Self

from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.certs.sealer import Sealer
from plexus.store.at_once import open_runner
from plexus.store.backlog import Limits
from plexus.store.conversations import ConversationLog
from plexus.store.cooldowns import CooldownLog
from plexus.store.encryption import check_key, seal_plaintext
from plexus.store.engine import Sleep, open_engine
from plexus.store.errors import TROUBLE, reason
from plexus.store.instances import HEARTBEAT_S, Clock, Instances
from plexus.store.keeper import Keeper, open_keeper
from plexus.store.memory import Memory
from plexus.store.migrate import migrate
from plexus.store.quotas import QuotaBook
from plexus.store.responses import ResponseLog
from plexus.store.sinks import open_sink
from plexus.store.traces import TraceLog
from plexus.store.upsert import USAGE, compile_recipe
from plexus.store.url import SqliteUrl, parse_url
from plexus.store.usage import UsageLog
from plexus.store.usage_days import UsageDays
from plexus.store.writer import Writer, wall_ms

type Pause = Callable[[asyncio.Event, float], Awaitable[bool]]

SWEEP_EVERY_BEATS: Final = 3  # a minute

log = logging.getLogger(__name__)


async def until(stop: asyncio.Event, seconds: float) -> bool:
    """Wait for the event, at most so long; return whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """An open database. The owner runs both writers and `run_background()` beside it.

    Repositories of tables with sealed columns (`store/sealed.py`) seal and open with `sealer`.
    """

    engine: AsyncEngine
    instances: Instances
    usage: UsageLog
    cooldowns: CooldownLog
    quotas: QuotaBook
    writer: Writer
    responses: ResponseLog
    conversations: ConversationLog
    keeper: Keeper
    sealer: Sealer
    traces: TraceLog
    memory: Memory

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        sealer: Sealer | None = None,
        limits: Limits | None = None,
        clock: Clock = wall_ms,
        sleep: Sleep = asyncio.sleep,
    ) -> Self:
        """Open, migrate, encrypt, register and sweep; raise `StoreError` with a sentence.

        Without a `sealer` nothing is encrypted, and a database that is cannot be opened.
        """
        sealer = Sealer() if sealer is None else sealer
        parsed = parse_url(url)
        engine = await open_engine(parsed, sleep=sleep)
        runner = open_runner(engine, parsed)
        try:
            await check_key(engine, sealer)
            await migrate(engine, parsed)
            await seal_plaintext(engine, parsed, sealer)
            if isinstance(parsed, SqliteUrl) and parsed.path is None:
                log.warning("store.in_memory reason=nothing will be left after a restart")
            instances = Instances(engine=engine, clock=clock)
            ledger = (
                open_sink(engine, parsed),
                {USAGE.record: compile_recipe(USAGE, engine.dialect)},
            )
            store = cls(
                engine=engine,
                instances=instances,
                usage=UsageLog(engine=engine),
                cooldowns=CooldownLog(engine=engine, instance=instances.id, clock=clock),
                quotas=QuotaBook(engine=engine, runner=runner, instance=instances.id, clock=clock),
                writer=Writer(
                    *ledger, instance=instances.id, limits=limits, clock=clock, sleep=sleep
                ),
                responses=ResponseLog(engine=engine, sealer=sealer),
                conversations=ConversationLog(engine=engine, instance=instances.id, sealer=sealer),
                keeper=open_keeper(
                    engine, parsed, instance=instances.id, sealer=sealer, clock=clock, sleep=sleep
                ),
                sealer=sealer,
                traces=TraceLog(engine=engine, sealer=sealer),
                memory=Memory(engine, sealer, clock),
            )
            await instances.beat()
            await store.sweep()
        except BaseException:
            await runner.close()
            await engine.dispose()
            raise
        return store

    async def sweep(self) -> int:
        """Close the calls of processes that ended midway; return how many there were.

        What those had reserved of quotas is given back.
        """
        gone = await self.instances.gone()
        closed = await self.usage.close_interrupted(gone)
        if gone:
            await self.instances.forget(gone)
        await self.quotas.release_lost()
        if closed:
            log.warning("store.interrupted_calls_closed rows=%d", closed)
        return closed

    async def run_background(self, stop: asyncio.Event, *, pause: Pause = until) -> None:
        """Give a sign of life every 20 s; sweep and sum up every 60 s; until `stop` is set."""
        beats, failing = 0, False
        while not await pause(stop, HEARTBEAT_S):
            beats += 1
            try:
                await self.instances.beat()
                if beats % SWEEP_EVERY_BEATS == 0:
                    await self.sweep()
                    await UsageDays(engine=self.engine).catch_up()
            except TROUBLE as exc:
                if not failing:
                    log.warning("store.heartbeat_failed reason=%s", reason(exc))
                failing = True
            else:
                failing = False

    async def close(self, *, within_s: float = 10.0) -> int:
        """Write what waits, sign off and disconnect; return how many rows could not be written."""
        lost = await self.writer.close(within_s=within_s)
        lost += await self.keeper.writer.close(within_s=within_s)
        await self.memory.close()
        try:
            await asyncio.wait_for(self._sign_off(), within_s)
        except TROUBLE as exc:
            # Others take a silent instance off the list after a minute.
            log.warning("store.unregister_failed reason=%s", reason(exc))
        await self.quotas.runner.close()
        await self.engine.dispose()
        return lost

    async def _sign_off(self) -> None:
        await self.instances.unregister()
        await self.quotas.release_lost()
