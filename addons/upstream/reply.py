"""A provider's reply: its head, and as much of its body as has come and was not read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol

from plexus.addons.upstream.failures import broken

UNREAD: Final = 128 * 2**10  # bytes; with more waiting nothing is taken (uvloop reads 250 KB)


class Source(Protocol):
    """Where a body comes from."""

    def read_on(self) -> None:
        """Take from the provider again."""
        ...

    def drop(self) -> None:
        """Close the connection at once."""
        ...


class Reply:
    """A reply, and its body until that was read. One task reads.

    It has a source until the body has ended, well or not; the connection feeds it meanwhile.
    """

    __slots__ = (
        "_collects", "_failure", "_origin", "_source", "_waiter",
        "headers", "pieces", "status", "unread",
    )  # fmt: skip

    def __init__(
        self, status: int, headers: Mapping[str, str], origin: str, source: Source
    ) -> None:
        self.status = status
        self.headers = headers
        self.pieces: list[bytes] = []  # of the body; the connection adds to them
        self.unread = 0  # bytes, with what frames them
        self._origin = origin
        self._source: Source | None = source
        self._collects = False  # the reader waits for the end
        self._failure: OSError | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def read_all(self) -> bytes:
        """Return the whole body. Raise `GatewayError` if it breaks off."""
        if self._source is not None:
            self._collects = True
            self._source.read_on()
            await self._news()
        if self._failure is not None:
            raise broken(self._origin, self._failure)
        return b"".join(self.pieces)

    async def read_some(self) -> bytes:
        """Return what has arrived, waiting for at least one byte; empty at the end."""
        if not self.pieces and self._source is not None:
            await self._news()
        if not self.pieces:
            if self._failure is not None:
                raise broken(self._origin, self._failure)
            return b""
        data = b"".join(self.pieces)
        self.pieces.clear()
        if self.unread > UNREAD and self._source is not None:
            self._source.read_on()
        self.unread = 0
        return data

    def close(self) -> None:
        """Drop the connection, unless the body has ended: then it was given back already."""
        if self._source is not None:
            source = self._source
            self.pieces.clear()
            self.end(ConnectionAbortedError("the reply was closed"))
            source.drop()

    def arrived(self, size: int) -> bool:
        """Tell the reader that so many bytes came; return whether too much is waiting for him."""
        self.unread += size
        if self._collects or not self.pieces:
            return False
        self._wake()
        return self.unread > UNREAD

    def end(self, failure: OSError | None) -> None:
        """Say that nothing more will come, and why not if the body is not whole."""
        if self._source is not None:
            self._source = None
            self._failure = failure
            self._wake()

    async def _news(self) -> None:
        assert self._waiter is None, "two tasks read one reply"
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        except asyncio.CancelledError:
            self.close()
            raise
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
