"""Speak HTTP/1.1 as a client over one connection, one call after the other.

A connection is in one of five states:

    IDLE ──ask──▶ ASKED ──head──▶ ANSWERING ──end of the body──▶ ANSWERED ──▶ IDLE, or GONE

Whatever goes wrong, in any of them, leads to GONE, which is for ever. ANSWERED lasts only until
all bytes are looked at that came with the end of the body: what follows it was not asked for.
"""

from __future__ import annotations

import asyncio
import enum
from typing import Final, Protocol, cast, override

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from plexus.addons.upstream.address import Address, Place
from plexus.addons.upstream.reply import Reply

MOST_HEAD: Final = 64 * 2**10  # bytes
_JOINED: Final = 64 * 2**10  # bytes: up to here a copy is cheaper than a second TLS record
_PORTION: Final = 256 * 2**10  # bytes of a request that are handed to the transport at a time


class State(enum.Enum):
    """See above."""

    IDLE = enum.auto()
    ASKED = enum.auto()
    ANSWERING = enum.auto()
    ANSWERED = enum.auto()
    GONE = enum.auto()


class Owner(Protocol):
    """Who keeps connections between calls."""

    def add(self, connection: Connection) -> None:
        """Take note of a connection that was made."""
        ...

    def keep(self, connection: Connection) -> None:
        """Take a connection back that is idle again."""
        ...

    def forget(self, connection: Connection) -> None:
        """Strike off a connection that is gone."""
        ...


class Connection(asyncio.Protocol):
    """One connection to a provider, used by one call at a time."""

    __slots__ = (
        "_body", "_headers", "_is_connected", "_is_paused", "_is_reusable", "_is_stopped", "_loop",
        "_origin", "_owner", "_parser", "_reply", "_state", "_transport", "_unsent", "_waiter",
        "failure", "heard", "place",
    )  # fmt: skip

    def __init__(self, place: Place, owner: Owner) -> None:
        self.place = place
        self.heard = 0  # bytes since it was last asked
        self.failure: OSError = ConnectionAbortedError("the connection was closed")
        self._owner = owner
        self._state = State.IDLE
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport  # once it is connected
        self._parser: HttpResponseParser | None = _parser(self)
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []  # the reply's own list while it is ANSWERING
        self._origin = ""
        self._reply: Reply | None = None  # while it is ANSWERING or ANSWERED
        self._waiter: asyncio.Future[Reply | None] | None = None  # for a reply's head
        self._is_connected = False
        self._is_reusable = False
        self._is_paused = False  # it does not read
        self._is_stopped = False  # it must not write
        self._unsent: memoryview | None = None

    async def ask(self, address: Address, head: bytes, body: bytes) -> Reply | None:
        """Send a request; return its reply when the head is here.

        `None` if the connection broke before: `failure` says how, `heard` whether anything came.
        """
        self._state = State.ASKED
        self.heard = 0
        self._headers = {}
        self._origin = address.origin
        waiter: asyncio.Future[Reply | None] = self._loop.create_future()
        self._waiter = waiter
        self._write(head, body)
        try:
            return await waiter
        except asyncio.CancelledError:
            self._give_up(waiter)
            raise

    def drop(self) -> None:
        """Close it at once; a call that is under way on it breaks."""
        if self._state is State.GONE:
            return
        self._state = State.GONE
        self._parser = None  # it holds methods of ours: a circle
        self._unsent = None
        self._owner.forget(self)
        if self._is_connected:
            self._transport.abort()
        reply, self._reply = self._reply, None
        if reply is not None:
            reply.end(self.failure)
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def read_on(self) -> None:
        """Take from the provider again what it sends."""
        if self._is_paused and self._state is not State.GONE:
            self._is_paused = False
            self._transport.resume_reading()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._is_connected = True
        if self._state is State.GONE:  # whoever wanted it has left meanwhile
            self._transport.abort()
        else:
            self._owner.add(self)

    @override
    def data_received(self, data: bytes) -> None:
        parser = self._parser
        if parser is None or self._state is State.IDLE:
            self.drop()  # nobody asked
            return
        self.heard += len(data)
        try:
            parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self._fail(ConnectionError(f"this is not HTTP/1.1: {error}"))
            return
        if self._state is State.ANSWERED:
            self._release()
        elif self._reply is not None:
            if self._reply.arrived(len(data)) and not self._is_paused:
                self._is_paused = True
                self._transport.pause_reading()
        elif self.heard > MOST_HEAD:
            self._fail(_endless_head())

    @override
    def eof_received(self) -> None:
        if self._reply is not None and _ends_with_connection(self._reply):
            self._is_reusable = False
            self._release()
        else:
            self._fail(ConnectionResetError("the server hung up"))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        words = "the server hung up" if exc is None else str(exc)
        self._fail(exc if isinstance(exc, OSError) else ConnectionResetError(words))

    @override
    def pause_writing(self) -> None:
        self._is_stopped = True

    @override
    def resume_writing(self) -> None:
        self._is_stopped = False
        self._write_on()

    def on_message_begin(self) -> None:
        """Note that another reply follows in the same bytes. The parser calls this."""
        if self._state is State.ANSWERED:
            self._is_reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note a header; of several the last counts. The parser calls this, for trailers too."""
        if self._state is State.ASKED:
            self._headers[name.decode("latin-1").lower()] = value.decode("utf-8", "surrogateescape")

    def on_headers_complete(self) -> None:
        """Begin the reply. The parser calls this."""
        if self._parser is None or self._waiter is None or self._state is not State.ASKED:
            return
        status, headers = self._parser.get_status_code(), self._headers
        if status < 200:  # RFC 9110 §15.2: the answer itself is still to come
            self._headers = {}
            return
        if self.heard > MOST_HEAD and _size(headers) > MOST_HEAD:
            raise _endless_head()
        self._state = State.ANSWERING
        self._reply = Reply(status, headers, self._origin, self)
        self._body = self._reply.pieces
        if not self._waiter.done():
            self._waiter.set_result(self._reply)

    def on_body(self, data: bytes) -> None:
        """Hand on a piece of the body. The parser calls this."""
        self._body.append(data)

    def on_message_complete(self) -> None:
        """End the reply. The parser calls this, for interim replies (1xx) too."""
        if self._state is State.ANSWERING and self._parser is not None:
            self._state = State.ANSWERED
            self._body = []
            self._is_reusable = self._parser.should_keep_alive()

    def _release(self) -> None:
        reply, self._reply = self._reply, None
        self._waiter = None  # it holds the reply, and that its body
        # A server may answer before it has read the whole request (413): its answer counts.
        is_sent = self._unsent is None and not self._transport.get_write_buffer_size()
        if self._is_reusable and is_sent:
            self._state = State.IDLE
            self.read_on()
            self._owner.keep(self)
        else:
            self.drop()
        if reply is not None:
            reply.end(None)

    def _fail(self, failure: OSError) -> None:
        if self._state is State.GONE:
            return
        if self._state is State.ANSWERED:  # what is wrong came after the reply
            self._is_reusable = False
            self._release()
            return
        self.failure = failure
        self.drop()

    def _give_up(self, waiter: asyncio.Future[Reply | None]) -> None:
        if waiter.cancelled():
            self.drop()
        elif (reply := waiter.result()) is not None:
            reply.close()  # and not `drop`: this may be somebody else's connection by now

    def _write(self, head: bytes, body: bytes) -> None:
        if len(body) <= _JOINED:
            self._transport.write(head + body)
        elif len(body) <= _PORTION:
            self._transport.writelines([head, body])
        else:
            self._transport.write(head)
            self._unsent = memoryview(body)
            self._write_on()

    def _write_on(self) -> None:
        while self._unsent is not None and not self._is_stopped:
            portion, rest = self._unsent[:_PORTION], self._unsent[_PORTION:]
            self._unsent = rest if rest else None
            self._transport.write(portion)


def _parser(connection: Connection) -> HttpResponseParser:
    parser = HttpResponseParser(connection)
    # As browsers and aiohttp do: there are servers that end lines with LF alone, and worse.
    parser.set_dangerous_leniencies(
        lenient_headers=True,
        lenient_optional_cr_before_lf=True,
        lenient_spaces_after_chunk_size=True,
    )
    return parser


def _ends_with_connection(reply: Reply) -> bool:
    # RFC 9112 §6.3, 4 and 8.
    coding = reply.headers.get("transfer-encoding")
    if coding is not None:
        return not coding.lower().rstrip().endswith("chunked")
    return "content-length" not in reply.headers


def _size(headers: dict[str, str]) -> int:
    return sum(len(name) + len(value) for name, value in headers.items())


def _endless_head() -> ConnectionError:
    return ConnectionError(f"the head of the reply is longer than {MOST_HEAD // 2**10} KiB")
