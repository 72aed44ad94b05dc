"""The HTTP/1.1 server that calls come in through: connections, and what they wait for.

aiohttp's server takes some 2,500 bytecode instructions for a small call; this one a quarter of it.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, cast, override

from plexus.addons.incoming import Incoming, Peer
from plexus.addons.plain_http import malformed_page
from plexus.addons.reply_writer import ReplyWriter, Stamp
from plexus.addons.request_parser import RequestParser

log = logging.getLogger(__name__)

type Handle = Callable[[Incoming, ReplyWriter], Awaitable[None]]

_HIGH_WATER: Final = 64 * 1024  # bytes that may wait for a client before its call waits
_HELD: Final = 64 * 1024  # bytes that may wait behind a call before the client has to
_JSON: Final = b"Content-Type: application/json\r\n"
_TEXT: Final = b"Content-Type: text/plain; charset=utf-8\r\n"
_TROUBLE: Final = b"500 Internal Server Error\n\nServer got itself in trouble"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a connection may take, in seconds."""

    idle_s: float = 3630.0  # longer than proxies keep theirs, as aiohttp has it
    head_s: float = 60.0  # from the first byte of a request to the end of its head
    linger_s: float = 10.0  # to send the rest of a body that nobody reads


class HttpServer:
    """Makes a protocol for each connection; `handle` serves each request."""

    def __init__(self, handle: Handle, patience: Patience | None = None) -> None:
        self.handle = handle
        self.patience = Patience() if patience is None else patience
        self.stamp = Stamp()
        self.connections: set[Connection] = set()

    def __call__(self) -> asyncio.Protocol:
        return Connection(self)

    def stop_idle(self) -> None:
        """Close the connections on which nothing goes on; the others after their reply."""
        for connection in list(self.connections):
            connection.stop()

    async def close(self, grace_s: float = 1.0) -> None:
        """Close every connection; what is under way may go on for `grace_s`, and end as long."""
        self.stop_idle()
        for is_cut in (False, True):
            tasks = [c.task for c in self.connections if c.task is not None and not c.task.done()]
            if is_cut:
                for task in tasks:
                    task.cancel()
            if tasks:
                await asyncio.wait(tasks, timeout=grace_s)
        for connection in list(self.connections):
            connection.writer.transport.close()


class Connection(asyncio.Protocol):
    """One connection: its requests are served one after the other, in order."""

    writer: ReplyWriter
    _parser: RequestParser

    def __init__(self, server: HttpServer) -> None:
        self.task: asyncio.Task[None] | None = None  # of the request that was taken up last
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._active: Incoming | None = None
        self._held = b""  # what came behind the call under way
        self._is_in_head = False
        self._deadline = math.inf  # `loop.time()` at which the connection is closed
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = math.inf

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        stream = cast(asyncio.Transport, transport)
        stream.set_write_buffer_limits(high=_HIGH_WATER)
        _keep_alive(stream)
        self.writer = ReplyWriter(stream, self._server.stamp)
        peer = Peer(
            peername=_address(stream, "peername"),
            sockname=_address(stream, "sockname"),
            since=time.time(),
            invite=self.writer.invite,
        )
        self._parser = RequestParser(peer)
        self._server.connections.add(self)
        self._watch(self._server.patience.idle_s)

    @override
    def data_received(self, data: bytes) -> None:
        is_behind = self._active is not None and self._active is not self._parser.reading
        if is_behind or self._held:
            self._held += data
            if len(self._held) > _HELD:
                self.writer.transport.pause_reading()
            return
        self._parser.feed(data)
        if self._active is None:
            self._go_on()

    @override
    def pause_writing(self) -> None:
        self.writer.pause()

    @override
    def resume_writing(self) -> None:
        self.writer.resume()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self.writer.lost()
        self._parser.close()
        if self._alarm is not None:
            self._alarm.cancel()
        if self.task is not None and self._active is not None:
            self.task.cancel()

    def stop(self) -> None:
        """Serve no more than the request under way."""
        self.writer.is_last = True
        if self._active is None:
            self.writer.transport.close()

    def _go_on(self) -> None:
        parser = self._parser
        if self.writer.is_last:
            if parser.reading is None:  # the rest that it lingered for has come
                self.writer.transport.close()
        elif parser.heads:
            self._start(parser.heads.popleft())
        elif parser.broken is not None:
            self._refuse(parser.broken)
        elif parser.reading is None and not self._held:
            self._wait()

    def _wait(self) -> None:
        patience = self._server.patience
        if self._parser.is_over:
            self.writer.transport.close()
        elif not self._parser.is_mid_head:
            self._is_in_head = False
            self._watch(patience.idle_s)
        elif not self._is_in_head:  # one byte after the other does not make it longer
            self._is_in_head = True
            self._watch(patience.head_s)

    def _start(self, incoming: Incoming) -> None:
        self._active = incoming
        self._is_in_head = False
        self._deadline = math.inf
        self.writer.open(incoming)
        # At once, not in the next round of the loop: what need not wait is done before we return.
        self.task = asyncio.Task(self._serve(incoming), loop=self._loop, eager_start=True)

    async def _serve(self, incoming: Incoming) -> None:
        writer = self.writer
        is_well = False
        try:
            await self._server.handle(incoming, writer)
            if writer.is_paused:
                await writer.drained()
            is_well = writer.is_ended
        except ConnectionError:  # the client is gone, or its call was killed
            pass
        except Exception:  # nothing may escape: a connection whose call crashed would hang
            log.exception("request.crashed from=%s", incoming.peer.peername[0])
            self._apologise()
        finally:
            self._finish(incoming, is_well=is_well)

    def _apologise(self) -> None:
        self.writer.is_last = True
        if not self.writer.is_begun and not self.writer.transport.is_closing():
            self.writer.whole(500, _TEXT, _TROUBLE)

    def _finish(self, incoming: Incoming, *, is_well: bool) -> None:
        self._active = None
        incoming.forget()
        parser = self._parser
        closes = not self.writer.keeps or self.writer.is_last
        if not is_well or (closes and incoming.is_complete):
            self.writer.transport.close()
        elif not incoming.is_complete:
            self._linger(incoming, closes=closes)
        elif parser.heads or self._held or parser.is_over:
            self._loop.call_soon(self._resume)
        else:
            self._deadline = self._loop.time() + self._server.patience.idle_s
            if self._alarm is None:
                self._arm()

    def _linger(self, incoming: Incoming, *, closes: bool) -> None:
        # A connection that is closed on a client which still sends takes the reply with it. But if
        # its body has not been asked for, what it sends next may be another request.
        incoming.discard()
        if incoming.is_held_back or self._parser.is_over:
            self.writer.transport.close()
            return
        if closes:
            self.writer.is_last = True
        self._watch(self._server.patience.linger_s)

    def _resume(self) -> None:
        if self._active is not None or self.writer.transport.is_closing():
            return
        if not self._parser.heads or self._parser.reading is self._parser.heads[0]:
            self._take_held()
        if self._active is None:
            self._go_on()

    def _take_held(self) -> None:
        held, self._held = self._held, b""
        if len(held) > _HELD:
            self.writer.transport.resume_reading()
        if held:
            self._parser.feed(held)

    def _refuse(self, what: str) -> None:
        name = self._parser.peer.peername[0]
        log.info("request.malformed from=%s what=%s", name, what)
        self.writer.is_last = True
        self.writer.whole(400, _JSON, malformed_page(what))
        self.writer.transport.close()

    def _watch(self, seconds: float) -> None:
        self._deadline = self._loop.time() + seconds
        if self._deadline < self._alarm_at:
            self._arm()

    def _arm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = self._deadline
        self._alarm = self._loop.call_at(self._alarm_at, self._ring)

    def _ring(self) -> None:
        self._alarm, self._alarm_at = None, math.inf
        if self._deadline == math.inf:  # a call is under way
            return
        if self._loop.time() < self._deadline:
            self._arm()
            return
        self.writer.transport.close()


def _address(transport: asyncio.Transport, which: str) -> tuple[str, int]:
    found = transport.get_extra_info(which)
    return (found[0], found[1]) if found else ("", 0)


def _keep_alive(transport: asyncio.Transport) -> None:
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
