"""Keep connections between calls: the one that was used last is used first."""

from __future__ import annotations

import asyncio
from typing import Final

from plexus.addons.upstream.address import Place
from plexus.addons.upstream.connection import Connection

IDLE_S: Final = 55.0  # many servers hang up after 60


class Connections:
    """All connections of a loop. How many there are is bounded per provider by the planner."""

    def __init__(self, *, idle_s: float = IDLE_S) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle_s = idle_s
        self._all: set[Connection] = set()
        self._idle: dict[Place, dict[Connection, float]] = {}  # since when; the oldest first
        self._sweeper: asyncio.TimerHandle | None = None
        self._is_closed = False

    def make(self, place: Place) -> Connection:
        """Return a connection that is still to be connected."""
        return Connection(place, self)

    def take(self, place: Place) -> Connection | None:
        """Return an idle connection, if there is one."""
        idle = self._idle.get(place)
        return idle.popitem()[0] if idle else None

    def close(self) -> None:
        """Drop all of them, and those to come."""
        self._is_closed = True
        for connection in list(self._all):
            connection.drop()
        if self._sweeper is not None:
            self._sweeper.cancel()

    def add(self, connection: Connection) -> None:
        """Take note of a connection that was made."""
        self._all.add(connection)

    def keep(self, connection: Connection) -> None:
        """Take a connection back that is idle again."""
        if self._is_closed:
            connection.drop()
            return
        idle = self._idle.setdefault(connection.place, {})
        idle[connection] = self._loop.time()
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(self._idle_s, self._sweep)

    def forget(self, connection: Connection) -> None:
        """Strike off a connection that is gone."""
        self._all.discard(connection)
        self._idle.get(connection.place, {}).pop(connection, None)

    def _sweep(self) -> None:
        too_old = self._loop.time() - self._idle_s
        for idle in self._idle.values():
            for connection in [c for c, since in idle.items() if since <= too_old]:
                connection.drop()
        self._idle = {place: idle for place, idle in self._idle.items() if idle}
        oldest = [next(iter(idle.values())) for idle in self._idle.values()]
        self._sweeper = None
        if oldest:
            self._sweeper = self._loop.call_at(min(oldest) + self._idle_s, self._sweep)
