"""Keep how much of each user quota is used and reserved, exactly, however many gateways there are.

A call reserves before it begins and settles when it has ended (dataplane.md §9). Both are one
statement for all of its quotas. What a process had reserved when it died is given back by the
sweep that finds it gone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.at_once import Runner, Value
from plexus.store.quota_sql import Statements, release, statements
from plexus.store.tables import USER_QUOTAS
from plexus.transforms.wire import parse_object

SHARED: Final = "*"  # the owner of what all keys share

type Place = tuple[str, str]  # owner and quota
type _Values = dict[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Which row, and how its use passes: by leaking, or when a window ends.

    A row of another `limit_type` or `period` counts as empty, as does one whose window began before
    `window_start` (ms since 1970; 0: no windows). `leak` is per ms.
    """

    owner: str
    quota: str
    limit_type: str
    period: str
    window_start: int = 0
    leak: float = 0.0

    @property
    def place(self) -> Place:
        """The key of its row."""
        return self.owner, self.quota

    def values(self) -> _Values:
        """Return its fields."""
        return {
            "owner": self.owner,
            "quota": self.quota,
            "limit_type": self.limit_type,
            "period": self.period,
            "window_start": self.window_start,
            "leak": self.leak,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A reservation of `amount` out of `limit`.

    Granted while less than the limit is used, and nothing is reserved or all fits in; `whole` ones
    must fit in always. `blocks`: False grants in any case. If a `required` one is not granted, none
    of the call's is.
    """

    bucket: Bucket
    limit: float
    amount: float
    whole: bool = False
    blocks: bool = True
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Debit:
    """The end of a reservation of `amount`: `used` counts."""

    bucket: Bucket
    amount: float
    used: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A row: what was used when it was written, and what each gateway process holds reserved."""

    owner: str
    quota: str
    limit_type: str
    period: str
    usage: float
    held: str = field(repr=False)  # JSON: instance -> amount
    window_start: int  # ms since 1970
    updated_at: int  # ms since 1970

    @property
    def place(self) -> Place:
        """The key of the row."""
        return self.owner, self.quota

    @property
    def reserved(self) -> float:
        """What calls under way have reserved, of all processes."""
        return sum(v for v in parse_object(self.held).values() if isinstance(v, int | float))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaBook:
    """The rows of `user_quotas`. `clock` gives ms since 1970; `instance` names this process.

    Methods raise one of `errors.TROUBLE` when the database fails.
    """

    engine: AsyncEngine
    runner: Runner
    instance: str
    clock: Callable[[], int]
    _known: set[Place] = field(default_factory=set, repr=False)  # rows that exist

    async def reserve(self, asks: Sequence[Ask]) -> dict[Place, Level]:
        """Reserve, all at once; return the rows of what was granted, as they are afterwards.

        `Level.usage` is without the reservation, `Level.reserved` with it.
        """
        await self._create([ask.bucket for ask in asks])
        sql = self._sql(len(asks)).reserve
        return await self._run(sql, [_asked(ask) for ask in asks], instance=self.instance)

    async def settle(self, debits: Sequence[Debit]) -> None:
        """Turn reservations into use; at most one debit for each row.

        Nothing happens to a row whose quota has been given another type or period since.
        """
        await self._create([debit.bucket for debit in debits])
        sql = self._sql(len(debits)).settle
        await self._run(sql, [_debited(debit) for debit in debits], instance=self.instance)

    async def levels(self, places: Sequence[Place] | None = None) -> dict[Place, Level]:
        """Return the rows, of these places or all; a place that was never used has none.

        A row that was removed behind our back refuses what is asked of it, until it is missed here.
        """
        query = select(USER_QUOTAS).order_by(USER_QUOTAS.c.owner, USER_QUOTAS.c.quota)
        if places is not None:
            query = query.where(tuple_(USER_QUOTAS.c.owner, USER_QUOTAS.c.quota).in_(places))
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query)).mappings()
            found = {(row["owner"], row["quota"]): Level(**row) for row in rows}
        if places is not None:
            self._known.difference_update(set(places) - found.keys())  # somebody removed them
        return found

    async def release_lost(self) -> None:
        """Give back what is held by processes that are not registered in `instances`."""
        await self.runner.run(release(self.engine.dialect.name), {})

    async def put(self, bucket: Bucket, usage: float) -> None:
        """Set what is used; what is reserved stays."""
        await self._create([bucket])
        owner, quota = bucket.place
        statement = (
            update(USER_QUOTAS)
            .where(USER_QUOTAS.c.owner == owner, USER_QUOTAS.c.quota == quota)
            .values(
                limit_type=bucket.limit_type,
                period=bucket.period,
                usage=usage,
                window_start=bucket.window_start,
                updated_at=self.clock(),
            )
        )
        async with self.engine.begin() as connection:
            await connection.execute(statement)

    async def reset(self, owner: str, quota: str | None = None) -> int:
        """Set to zero what is used of one quota, or of all of an owner; return how many rows."""
        statement = update(USER_QUOTAS).where(USER_QUOTAS.c.owner == owner)
        if quota is not None:
            statement = statement.where(USER_QUOTAS.c.quota == quota)
        async with self.engine.begin() as connection:
            return (await connection.execute(statement.values(usage=0.0))).rowcount

    async def _create(self, buckets: Sequence[Bucket]) -> None:
        new = [bucket for bucket in buckets if bucket.place not in self._known]
        if new:
            new.sort(key=lambda bucket: bucket.place)  # so that nobody waits for each other
            await self._run(self._sql(len(new)).create, [bucket.values() for bucket in new])
            self._known.update(bucket.place for bucket in new)

    def _sql(self, rows: int) -> Statements:
        return statements(self.engine.dialect.name, rows)

    async def _run(self, sql: str, asked: Sequence[_Values], **more: str) -> dict[Place, Level]:
        values: _Values = {"now": self.clock(), **more}
        for row, one in enumerate(asked):
            values.update({f"{name}_{row}": value for name, value in one.items()})
        rows = [_level(*row) for row in await self.runner.run(sql, values)]
        return {row.place: row for row in rows}


def _asked(ask: Ask) -> _Values:
    return ask.bucket.values() | {
        "amount": ask.amount,
        "most": ask.limit,
        "whole": int(ask.whole),
        "blocks": int(ask.blocks),
        "required": int(ask.required),
    }


def _debited(debit: Debit) -> _Values:
    return debit.bucket.values() | {"amount": debit.amount, "used": debit.used}


def _level(*row: object) -> Level:
    owner, quota, limit_type, period, usage, held, window_start, updated_at = row
    assert isinstance(usage, int | float)
    assert isinstance(window_start, int)
    assert isinstance(updated_at, int)
    return Level(
        owner=str(owner),
        quota=str(quota),
        limit_type=str(limit_type),
        period=str(period),
        usage=float(usage),  # SQLite returns 0.0 as an integer here
        held=str(held),
        window_start=window_start,
        updated_at=updated_at,
    )
