"""Parse the requests of a connection: llhttp, in its strict mode, with limits.

llhttp itself refuses what requests are smuggled with: a length beside chunks, several lengths,
bare LFs, folded headers, spaces before colons, codings that do not end in `chunked`.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from plexus.addons.incoming import Field, Incoming, Peer, unreadable

MAX_LINE: Final = 64 * 1024  # bytes of a target, or of one header
MAX_HEAD: Final = 128 * 1024  # bytes of a head, and of what stands between parts of a body
MAX_FIELDS: Final = 128
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})


class RequestParser:
    """Takes bytes, as they come; `heads` is what is there of requests, in order."""

    def __init__(self, peer: Peer) -> None:
        self.heads: deque[Incoming] = deque()
        self.reading: Incoming | None = None  # its body is not complete
        self.broken: str | None = None  # what is wrong with a head, in one word
        self.is_mid_head = False  # a head has begun and is not complete
        self.is_over = False  # nothing that comes is read any more
        self.peer = peer
        self._target = b""
        self._headers: list[Field] = []
        self._fed = 0  # bytes that came last
        self._loose = 0  # bytes since the last head was complete, or the last part of a body
        self._resumed: Incoming | None = None
        self._last: Incoming | None = None
        self._parser = HttpRequestParser(self)

    def feed(self, data: bytes) -> None:
        """Parse what came. What is malformed ends it: see `broken`, or the body of `reading`."""
        if self.is_over:
            return
        self._fed = len(data)
        self._loose += self._fed
        rest: memoryview | bytes = data
        while rest:
            rest = self._run(rest)
        if self._loose > MAX_HEAD and not self.is_over:
            self._end("LineTooLong")

    def close(self) -> None:
        """Let go of llhttp, which holds methods of ours: a circle."""
        self.is_over = True
        del self._parser

    def on_message_begin(self) -> None:
        """llhttp: a request begins."""
        self.is_mid_head = True

    def on_url(self, url: bytes) -> None:
        """llhttp: a part of the target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """llhttp: a header, or a trailer."""
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """llhttp: the head is there."""
        headers, self._headers = self._headers, []
        target, self._target = self._target, b""
        self.is_mid_head = False
        if self._resumed is not None:
            self.reading, self._resumed = self._resumed, None
            return
        if self._loose >= MAX_LINE or len(headers) > MAX_FIELDS:
            _check_size(target, headers)
        self._loose = 0
        parser = self._parser
        version = parser.get_http_version()
        incoming = Incoming(
            self.peer,
            parser.get_method().decode(),
            target,
            headers,
            is_http_1_0=version != "1.1",
            keeps_alive=parser.should_keep_alive(),
        )
        if version != "1.1":
            _check_version(version, incoming.names)
        elif incoming.names.count(b"host") != 1:  # RFC 9112 §3.2
            raise _Refused("BadHost")
        self.reading = self._last = incoming
        self.heads.append(incoming)

    def on_body(self, data: bytes) -> None:
        """llhttp: a part of the body."""
        self._loose = 0
        if self.reading is not None:
            self.reading.add(data)

    def on_message_complete(self) -> None:
        """llhttp: the request has ended, with its trailers."""
        self._loose = min(self._fed, MAX_LINE)  # as much of it may be the next head's
        if self._headers:
            self._headers = []
        if self.reading is not None:
            self.reading.complete()
            self.reading = None

    def _run(self, data: memoryview | bytes) -> memoryview | bytes:
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._stay()
            return memoryview(data)[upgrade.args[0] :]
        except HttpParserError as error:
            self._fail(error)
        return b""

    def _stay(self) -> None:
        # We change protocols for nobody. llhttp believes that the request has no body then, and
        # would take it for the next request: it is told its framing anew, without the upgrade.
        self._parser = HttpRequestParser(self)
        last = self._last
        framing = [] if last is None else [f for f in last.headers if f[0].lower() in _FRAMING]
        if framing and last is not None:
            last.is_complete = False
            self._resumed = last
            lines = b"".join(b"%b: %b\r\n" % field for field in framing)
            self._parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n" % lines)

    def _fail(self, error: HttpParserError) -> None:
        if self.reading is None and self._last is not None and not self._last.keeps_alive:
            self.is_over = True  # it said that nothing would follow
            return
        cause = error.__context__
        self._end(str(cause) if isinstance(cause, _Refused) else type(error).__name__)

    def _end(self, what: str) -> None:
        self.is_over = True
        if self.reading is None:
            self.broken = what
        else:
            self.reading.fail(unreadable())


class _Refused(Exception):
    """A head that llhttp would take."""


def _check_size(target: bytes, headers: list[Field]) -> None:
    sizes = [len(name) + len(value) + 4 for name, value in headers]
    if max(len(target), *sizes, 0) > MAX_LINE or sum(sizes) + len(target) > MAX_HEAD:
        raise _Refused("LineTooLong")
    if len(headers) > MAX_FIELDS:
        raise _Refused("TooManyHeaders")


def _check_version(version: str, names: list[bytes]) -> None:
    if version != "1.0":
        raise _Refused("BadHttpVersion")
    if b"transfer-encoding" in names:  # RFC 9112 §6.1
        raise _Refused("BadTransferEncoding")
