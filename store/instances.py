"""Know which gateway processes use this database, and which of them are gone."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from plexus.store import process
from plexus.store.process import ProcessId
from plexus.store.records import Instance
from plexus.store.tables import INSTANCES
from plexus.store.upsert import upsert

HEARTBEAT_S: Final = 20.0
STALE_AFTER_MS: Final = 60_000

type Clock = Callable[[], int]
type Probe = Callable[[int, int | None], bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instances:
    """The rows of `instances`, seen from one process; times from `clock`, in ms since 1970."""

    engine: AsyncEngine
    clock: Clock
    here: ProcessId = field(default_factory=process.current)
    probe: Probe = process.is_running
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started_at: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "started_at", self.clock())

    async def beat(self) -> None:
        """Say that this process lives; registers it, also again after others gave it up."""
        row = {
            "id": self.id,
            "host": self.here.host,
            "pid": self.here.pid,
            "pid_space": self.here.space,
            "pid_start": self.here.start,
            "started_at": self.started_at,
            "seen_at": self.clock(),
        }
        statement = upsert(self.engine.dialect.name, INSTANCES, key="id", columns=tuple(row))
        async with self.engine.begin() as connection:
            await connection.execute(statement, row)

    async def unregister(self) -> None:
        """Take this process off the list, on a clean stop."""
        await self.forget([self.id])

    async def forget(self, ids: Sequence[str]) -> None:
        """Take processes off the list."""
        async with self.engine.begin() as connection:
            await connection.execute(delete(INSTANCES).where(_among(ids)))

    async def all(self) -> list[Instance]:
        """Return every registered process."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(INSTANCES).order_by(INSTANCES.c.started_at))
            return [Instance(**row) for row in rows.mappings()]

    async def gone(self) -> list[str]:
        """Return the ids of processes that have ended without unregistering."""
        now = self.clock()
        others = [one for one in await self.all() if one.id != self.id]
        return [one.id for one in others if is_gone(one, self.here, now=now, probe=self.probe)]


def is_gone(one: Instance, here: ProcessId, *, now: int, probe: Probe) -> bool:
    """Judge another process: by its number on this machine, elsewhere by its last heartbeat."""
    is_stale = now - one.seen_at > STALE_AFTER_MS
    if not here.space or (one.host, one.pid_space) != (here.host, here.space):
        return is_stale
    running = probe(one.pid, one.pid_start)
    return is_stale if running is None else not running


def _among(ids: Sequence[str]) -> ColumnElement[bool]:
    return INSTANCES.c.id.in_(ids)
