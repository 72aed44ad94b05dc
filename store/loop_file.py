"""A SQLite file that is used on the event loop itself, without ever holding the loop up for long.

What may take long is kept off the loop: a lock that another process holds is not waited for
(whoever uses the file tries again), and checkpoints, which wait for the disk, are made in a thread
(docs/storage.md#cost).
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, Literal

from plexus.store.engine import set_up_sqlite

_FIRST_DELAY_S: Final = 0.0005
_LAST_DELAY_S: Final = 0.016
_PAUSE_S: Final = 0.05  # how long a checkpoint may wait for readers while writers wait for it

log = logging.getLogger(__name__)


class LoopFile:
    """A connection that is opened when it is needed, and a checkpoint every so many writes.

    `isolation_level` is sqlite3's: `None` commits each statement.
    """

    def __init__(
        self, path: Path, *, checkpoint_every: int, isolation_level: Literal["DEFERRED"] | None
    ) -> None:
        self._path: Final = path
        self._checkpoint_every: Final = checkpoint_every
        self._isolation_level: Final = isolation_level
        self._connection: sqlite3.Connection | None = None
        self._checkpointing: asyncio.Future[None] | None = None
        self._written = 0  # since the last checkpoint

    def connection(self) -> sqlite3.Connection:
        """Return the connection; raise `sqlite3.Error` if the file cannot be opened."""
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    async def use[T](self, work: Callable[[sqlite3.Connection], T], *, patience_s: float) -> T:
        """Return what `work` returns; while somebody else writes, it is tried again and again.

        The lock is seldom held for longer than a moment, but a checkpoint that waits for a slow
        disk holds it, too. Raise `sqlite3.OperationalError` when patience ends.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience_s
        delay_s = _FIRST_DELAY_S
        while True:
            try:
                return work(self.connection())
            except sqlite3.OperationalError as exc:
                if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY or loop.time() > deadline:
                    # The file may have been replaced or its disk be full: the next try opens anew.
                    self.disconnect()
                    raise
            await asyncio.sleep(delay_s)
            delay_s = min(_LAST_DELAY_S, delay_s * 2)

    def wrote(self, count: int) -> None:
        """Count writes; begin a checkpoint when one is due."""
        self._written += count
        done = self._checkpointing is None or self._checkpointing.done()
        if self._written >= self._checkpoint_every and done:
            self._written = 0
            loop = asyncio.get_running_loop()
            self._checkpointing = loop.run_in_executor(None, checkpoint, self._path)

    async def settled(self) -> None:
        """Wait for a checkpoint that is under way."""
        if self._checkpointing is not None:
            await self._checkpointing

    def disconnect(self) -> None:
        """Let go of the connection; the next use opens the file anew: it may have been replaced."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def close(self) -> None:
        """Let go of everything."""
        await self.settled()
        self.disconnect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=self._isolation_level)
        try:
            set_up_sqlite(connection, busy_timeout_s=0)
            connection.execute("PRAGMA wal_autocheckpoint = 0").close()
        except BaseException:
            connection.close()
            raise
        return connection


def checkpoint(path: Path) -> None:
    """Empty the write-ahead log of a SQLite file; may take long, so not for the event loop.

    First everything that is there by now, beside whoever writes. What has come meanwhile is little,
    but the log only starts over when nothing is left: for that, writers wait a moment.
    """
    try:
        with closing(sqlite3.connect(path, timeout=_PAUSE_S)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").close()
            connection.execute("PRAGMA wal_checkpoint(RESTART)").close()
    except sqlite3.Error as exc:
        log.warning("store.checkpoint_failed reason=%s", exc)
