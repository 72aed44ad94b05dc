"""Debits get to the store: merged, in spite of a failing database, each once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import override

import pytest

from plexus.addons.metering.quota_ledger import QuotaLedger
from plexus.store.at_once import EngineRunner, Rows, Values
from plexus.store.errors import StoreError
from plexus.store.quotas import QuotaBook
from plexus.store.store import Store
from tests.addons.metering.test_quota import quota


class Flaky(EngineRunner):
    """Fails so many times."""

    failures = 0
    statements = 0
    held: asyncio.Event | None = None

    @override
    async def run(self, statement: str, values: Values) -> Rows:
        self.statements += 1
        if self.held is not None:
            await self.held.wait()
        if self.failures:
            self.failures -= 1
            raise StoreError("the database is away")
        return await super().run(statement, values)


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[QuotaBook, Flaky]]:
    """A book on a database that can be made to fail."""
    store = await Store.open("sqlite://:memory:")
    runner = Flaky(store.engine)
    book = QuotaBook(engine=store.engine, runner=runner, instance="here", clock=lambda: 5)
    try:
        yield book, runner
    finally:
        await store.close()


async def usage(book: QuotaBook) -> dict[str, float]:
    return {name: row.usage for (_, name), row in (await book.levels()).items()}


async def test_the_debits_of_many_calls_are_one_statement() -> None:
    async with opened() as (book, runner):
        ledger = QuotaLedger(book)
        for _ in range(50):
            ledger.add(quota(), 10.0, 2.0)
            ledger.add(quota(name="other"), 1.0, 1.0)
        await ledger.flush()
        found = await usage(book)
    assert found == {"q": 100.0, "other": 50.0}
    assert runner.statements == 2  # the rows are made, once, and written
    assert ledger.is_empty


async def test_an_empty_ledger_writes_nothing() -> None:
    async with opened() as (book, runner):
        await QuotaLedger(book).flush()
    assert runner.statements == 0


async def test_debits_outlast_a_database_that_is_away_and_are_written_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    waits = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        ledger.add(quota(), 0.0, 1.0)  # calls go on

    async with opened() as (book, runner):
        ledger = QuotaLedger(book, sleep=sleep)
        runner.failures = 4
        ledger.add(quota(), 0.0, 7.0)
        running = asyncio.ensure_future(ledger.run())
        async with asyncio.timeout(10):
            while not ledger.is_empty or ledger.is_failing:  # noqa: ASYNC110 - `run` ends never
                await asyncio.sleep(0)
        running.cancel()
        found = await usage(book)
    assert found == {"q": 11.0}
    assert waits == [0.1, 0.2, 0.4, 0.8]
    told = [text.split()[0] for text in caplog.messages if text.startswith("quota")]
    assert told == ["quota.settle_failed", "quota.settle_recovered"]


async def test_a_debit_that_comes_while_others_are_written_is_not_lost() -> None:
    async with opened() as (book, runner):
        ledger = QuotaLedger(book)
        runner.held = asyncio.Event()
        ledger.add(quota(), 0.0, 1.0)
        first = asyncio.ensure_future(ledger.flush())
        await asyncio.sleep(0)
        ledger.add(quota(), 0.0, 2.0)
        busy = ledger.is_empty
        runner.held.set()
        await first
        await ledger.flush()
        found = await usage(book)
    assert not busy
    assert found == {"q": 3.0}


async def test_a_quota_that_changed_its_period_is_debited_apart_from_the_old_one() -> None:
    async with opened() as (book, _):
        ledger = QuotaLedger(book)
        ledger.add(quota(), 0.0, 1.0)
        ledger.add(quota(kind="weekly"), 0.0, 2.0)
        await ledger.flush()
        found = await usage(book)
    assert ledger.is_empty
    assert found == {"q": 2.0}  # nobody has asked for the other one, so its row is not there


async def test_what_cannot_be_written_before_the_end_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with opened() as (book, runner):
        ledger = QuotaLedger(book)
        runner.failures = 1_000_000
        ledger.add(quota(), 0.0, 1.0)
        await ledger.close(within_s=0.01)
    assert "quota.debits_lost quotas=1" in caplog.text


async def test_closing_writes_what_waits() -> None:
    async with opened() as (book, _):
        ledger = QuotaLedger(book)
        ledger.add(quota(), 0.0, 1.0)
        await ledger.close()
        assert await usage(book) == {"q": 1.0}
