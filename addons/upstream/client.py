"""Talk HTTP to providers: pooled connections, and the one place where a network's errors end."""

from __future__ import annotations

import asyncio
import ssl
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from functools import lru_cache
from typing import Final, Protocol

from plexus.addons.upstream.address import Address, parse_address
from plexus.addons.upstream.connect import open_connection
from plexus.addons.upstream.connection import Connection
from plexus.addons.upstream.decoding import opened
from plexus.addons.upstream.embedded import answer
from plexus.addons.upstream.failures import broken, origin
from plexus.addons.upstream.names import Names, ask_system
from plexus.addons.upstream.pool import Connections
from plexus.addons.upstream.reply import Reply
from plexus.addons.upstream.request_head import write_head
from plexus.transforms.wire import dump, parse_object

__all__ = ["EMBEDDED", "Pool", "Response", "Upstream", "origin"]

EMBEDDED = "embedded://"
_MOST_ADDRESSES: Final = 1000  # some hold the model's name


class Response(Protocol):
    """A provider's reply whose head has arrived."""

    status: int
    headers: Mapping[str, str]  # lower-case names

    async def read_all(self) -> bytes:
        """Return the whole body. Raise `GatewayError` if it breaks off."""
        ...

    async def read_some(self) -> bytes:
        """Return what has arrived, waiting for at least one byte; empty at the end."""
        ...

    def close(self) -> None:
        """Drop the connection, or give it back if the body was read to its end."""
        ...


class Upstream(Protocol):
    """The way out."""

    async def send(
        self, url: str, headers: Mapping[str, str], body: bytes, call_id: str
    ) -> Response:
        """POST to a provider for a call; return once its head is here. Raise `GatewayError`."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class Pool:
    """Pooled connections. One for the whole process, opened in the running loop."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._names = Names(ask_system, asyncio.get_running_loop().time)
        self._connections = Connections()
        self._address = lru_cache(_MOST_ADDRESSES)(parse_address)

    async def send(
        self, url: str, headers: Mapping[str, str], body: bytes, call_id: str
    ) -> Response:
        """POST as `Upstream.send` says.

        Redirects are not followed: they would carry the credential to another origin.
        """
        if url.startswith(EMBEDDED):
            return await _ask_embedded(body)
        address = self._address(url)
        head = write_head(address, headers, len(body))
        used = self._connections.take(address.place)
        reply = None if used is None else await used.ask(address, head, body)
        if reply is None:
            reply = await self._ask_anew(used, address, head, body)
        if "content-encoding" in reply.headers:
            return opened(reply, address.origin)
        return reply

    async def close(self) -> None:
        """Close every connection."""
        self._connections.close()
        await asyncio.sleep(0)  # the loop closes sockets in its next round

    async def _ask_anew(
        self, used: Connection | None, address: Address, head: bytes, body: bytes
    ) -> Reply:
        # The provider closed a connection that had been idle: that is no failure of it. But it may
        # have got the request all the same, so that it is sent once more and not oftener.
        if used is not None and used.heard:
            raise broken(address.origin, used.failure)
        fresh = await open_connection(address, self._names, self._tls, self._connections.make)
        reply = await fresh.ask(address, head, body)
        if reply is None:
            raise broken(address.origin, fresh.failure)
        return reply


class _Embedded:
    """The embedded demo provider's reply, in the shape of a network one."""

    def __init__(self, body: bytes, stream: AsyncIterator[bytes] | None) -> None:
        self.status = 200
        kind = "application/json" if stream is None else "text/event-stream"
        self.headers: Mapping[str, str] = {"content-type": kind}
        self._body = body
        self._stream = stream

    async def read_all(self) -> bytes:
        return self._body

    async def read_some(self) -> bytes:
        return b"" if self._stream is None else await anext(self._stream, b"")

    def close(self) -> None:
        self._stream = None


async def _ask_embedded(body: bytes) -> Response:
    reply = await answer(
        parse_object(body), now=time.time, sleep=asyncio.sleep, new_id=lambda: uuid.uuid4().hex
    )
    if isinstance(reply, dict):
        return _Embedded(dump(reply), None)
    return _Embedded(b"", aiter(reply))
