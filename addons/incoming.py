"""A request as it comes in over a connection: its head at once, its body when somebody reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from mitmproxy import connection

from plexus.addons.identify import MAX_BODY, too_large
from plexus.addons.inflate_body import inflate_body
from plexus.transforms.errors import GatewayError, Kind

type Field = tuple[bytes, bytes]


@dataclass(slots=True, kw_only=True)
class Peer:
    """The two ends of a connection, and what is made of it once for all its calls."""

    peername: tuple[str, int]
    sockname: tuple[str, int]
    since: float  # Unix time
    invite: Callable[[], None]  # asks for a body that is held back (100 Continue)
    client: connection.Client | None = None  # as flows know it; made with the first of them


class Incoming:
    """One request. Whoever parses it adds its body; `read` waits until it is whole."""

    __slots__ = (
        "_arrived", "_coding", "_failure", "_parts", "_size", "headers", "is_complete",
        "is_held_back", "is_http_1_0", "keeps_alive", "method", "names", "peer", "target",
    )  # fmt: skip

    def __init__(
        self, peer: Peer, method: str, target: bytes, headers: list[Field], *, is_http_1_0: bool,
        keeps_alive: bool,
    ) -> None:  # fmt: skip
        self.peer = peer
        self.method = method
        self.target = target  # as it was sent
        self.headers = headers  # in the order and the spelling in which they were sent
        self.names = [name.lower() for name, _ in headers]
        self.is_http_1_0 = is_http_1_0
        self.keeps_alive = keeps_alive  # whether the client means to send another request
        self.is_complete = False
        self._parts: list[bytes] = []
        self._size = 0
        self._failure: GatewayError | None = None
        self._arrived: asyncio.Future[None] | None = None
        self._coding = self._field(b"content-encoding")
        self.is_held_back = b"expect" in self.names and self._expects_100()

    @property
    def path(self) -> str:
        """The path without the query, percent-decoded."""
        path = self.target.partition(b"?")[0].decode("latin-1")
        return unquote(path) if "%" in path else path

    async def read(self) -> bytes:
        """Return the body, decompressed.

        Raise `GatewayError`: `TOO_LARGE` over `MAX_BODY` bytes, `BAD_REQUEST` for one that is
        broken.
        """
        body = await self.read_raw()
        if self._coding is None:
            return body
        inflated = inflate_body(body, self._coding.decode("latin-1"), MAX_BODY)
        if inflated is None:
            raise unreadable()
        if len(inflated) > MAX_BODY:
            raise too_large(len(inflated))
        return inflated

    async def read_raw(self) -> bytes:
        """Return the body as it was sent. Raise as `read` does."""
        if self.is_held_back:
            self._refuse_by_length()
            self.is_held_back = False
            self.peer.invite()
        if not self.is_complete and self._failure is None:
            self._refuse_by_length()
            self._arrived = asyncio.get_running_loop().create_future()
            await self._arrived
        if self._failure is not None:
            raise self._failure
        parts = self._parts
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def add(self, data: bytes) -> None:
        """Take the next part of the body."""
        self._size += len(data)
        if self._failure is not None:
            return
        if self._size > MAX_BODY:
            self.fail(too_large(self._size))
            return
        self._parts.append(data)

    def complete(self) -> None:
        """The body has ended."""
        self.is_complete = True
        if self._arrived is not None:
            self._wake()

    def fail(self, failure: GatewayError) -> None:
        """The body cannot be had; what comes of it from now on is dropped."""
        self._failure = failure
        self._parts.clear()
        if self._arrived is not None:
            self._wake()

    def discard(self) -> None:
        """Nobody will read it."""
        self.fail(unreadable())

    def forget(self) -> None:
        """Let go of the body: the request has been served, but its connection may stay for long."""
        self._parts.clear()

    def _wake(self) -> None:
        arrived, self._arrived = self._arrived, None
        if arrived is not None and not arrived.done():
            arrived.set_result(None)

    def _expects_100(self) -> bool:
        expected = self._field(b"expect")
        return expected is not None and expected.lower() == b"100-continue" and not self.is_http_1_0

    def _field(self, name: bytes) -> bytes | None:
        return self.headers[self.names.index(name)][1] if name in self.names else None

    def _refuse_by_length(self) -> None:
        length = int(self._field(b"content-length") or b"0")
        if length > MAX_BODY:
            raise too_large(length)


def unreadable() -> GatewayError:
    """The error for a body whose framing or compression is broken."""
    return GatewayError(
        Kind.BAD_REQUEST,
        "the request body cannot be read; see its content-encoding and transfer-encoding",
        where="body",
    )
