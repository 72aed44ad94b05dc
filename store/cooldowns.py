"""Keep the rests of targets, for the next start and for the other gateways of this database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final

from sqlalchemy import BigInteger, case, cast, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store.inserts import Insert, insert_into
from plexus.store.records import CooldownRecord
from plexus.store.tables import COOLDOWNS

# How long a count of failures outlives the rest that it led to.
KEPT_MS: Final = 24 * 3600 * 1000
MOST: Final = 2_000  # rows, the latest: clients may invent names of models

_COLUMNS: Final = tuple(COOLDOWNS.c[one.name] for one in fields(CooldownRecord))
_KEY: Final = ("provider", "model", "credential")

type Mark = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CooldownLog:
    """The rows of `cooldowns`. `clock` gives ms since 1970; `instance` names this process."""

    engine: AsyncEngine
    instance: str
    clock: Callable[[], int]

    async def all(self) -> list[CooldownRecord]:
        """Return the rows in the order of their keys, also those of rests that are over."""
        query = select(*_COLUMNS).order_by(COOLDOWNS.c.updated_at.desc()).limit(MOST)
        async with self.engine.connect() as connection:
            rows = await connection.execute(query)
            found = [CooldownRecord(**row) for row in rows.mappings()]
        return sorted(found, key=lambda one: (one.provider, one.model, one.credential))

    async def mark(self) -> Mark:
        """Return a mark that differs from an earlier one when any row changed in between.

        Cheaper than reading the rows; no clock takes part, so those of the nodes may differ.
        """
        async with self.engine.connect() as connection:
            rows, changes = (await connection.execute(_MARK)).one()
            return rows, changes

    async def save(self, records: Sequence[CooldownRecord]) -> None:
        """Insert or replace rows; one that another process changed later stays as it is."""
        rows = [asdict(record) | {"set_by": self.instance} for record in records]
        async with self.engine.begin() as connection:
            await connection.execute(_upsert(self.engine.dialect.name), rows)

    async def clear(self, *, provider: str | None = None, model: str | None = None) -> int:
        """End rests and forget their failures, of all targets or of those named; return how many.

        The rows stay for other processes to see. Names are compared whole; `model` "" is the
        provider-wide rest.
        """
        named = {"provider": provider, "model": model}
        chosen = [COOLDOWNS.c[name] == value for name, value in named.items() if value is not None]
        now, changed = self.clock(), COOLDOWNS.c.updated_at
        later = case((changed < now, now), else_=changed + 1)
        statement = (
            update(COOLDOWNS)
            .where(or_(COOLDOWNS.c.expires_at > 0, COOLDOWNS.c.failures > 0), *chosen)
            .values(expires_at=0, failures=0, updated_at=later, set_by=self.instance)
        )
        async with self.engine.begin() as connection:
            return (await connection.execute(statement)).rowcount

    async def clean(self) -> int:
        """Remove the rows that ended and last changed more than a day ago; return how many."""
        limit = self.clock() - KEPT_MS
        statement = delete(COOLDOWNS).where(
            COOLDOWNS.c.expires_at < limit, COOLDOWNS.c.updated_at < limit
        )
        async with self.engine.begin() as connection:
            return (await connection.execute(statement)).rowcount


def _upsert(dialect: str) -> Insert:
    insert = insert_into(dialect, COOLDOWNS)
    changed = [column.name for column in _COLUMNS if column.name not in _KEY]
    return insert.on_conflict_do_update(
        index_elements=list(_KEY),
        set_={name: insert.excluded[name] for name in changed},
        where=insert.excluded.updated_at > COOLDOWNS.c.updated_at,
    )


# Every change of a row raises its `updated_at`, so also the sum. PostgreSQL sums to NUMERIC.
_MARK: Final = select(
    func.count(), cast(func.coalesce(func.sum(COOLDOWNS.c.updated_at), 0), BigInteger)
)
