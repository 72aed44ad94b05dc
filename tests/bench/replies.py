"""What the provider answers, in all four formats, as bytes made beforehand.

The provider does not parse: words in the request say in how many pieces to stream and how fast.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from tests.bench.bodies import printed
from tests.fakes.native import chat, gemini, messages, responses
from tests.fakes.native.shapes import Tokens

CHUNKS: Final = 100  # content frames of a streamed answer
SMALL_REPLY: Final = 1_000  # bytes of a whole answer in chat's format, about

_STREAM: Final = re.compile(rb'"stream": ?true|:streamGenerateContent')
_PIECES: Final = re.compile(rb"in (\d+) pieces")
_PACE: Final = re.compile(rb"(\d+) us apart")
_SIZE: Final = re.compile(rb"of (\d+) bytes")
_PATHS: Final[tuple[tuple[bytes, ModuleType], ...]] = (
    (b"/messages", messages),
    (b"/responses", responses),
    (b"enerateContent", gemini),
)
_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for: pieces of text, `None` for a whole answer, and seconds between.

    `size` is that of a piece of text in bytes; 0: short words, each another one.
    """

    format: ModuleType
    pieces: int | None
    pace: float = 0.0
    size: int = 0


def wish(request: bytes | bytearray) -> Wish:
    """Read what a request asks for from its first bytes."""
    line = request[: request.find(b"\r\n")]
    format_ = next((found for mark, found in _PATHS if mark in line), chat)
    if _STREAM.search(request) is None:
        return Wish(format_, None)
    return Wish(
        format_,
        _number(_PIECES, request, CHUNKS),
        _number(_PACE, request, 0) / 1e6,
        _number(_SIZE, request, 0),
    )


def _number(pattern: re.Pattern[bytes], request: bytes | bytearray, otherwise: int) -> int:
    found = pattern.search(request)
    return int(found[1]) if found else otherwise


def slowly(us: int) -> str:
    """The words that ask for a stream with so much time between two frames."""
    return f"{us} us apart"


def abundantly(pieces: int, size: int) -> str:
    """The words that ask for so many pieces of so many bytes."""
    return f"in {pieces} pieces of {size} bytes"


def small_reply(format_: ModuleType = chat) -> bytes:
    """A whole answer; in chat's format of about `SMALL_REPLY` bytes."""
    words = "The quick brown fox jumps over the lazy dog. "
    shell = len(printed(chat.text("")))
    return printed(format_.text((words * 30)[: SMALL_REPLY - shell]))


def stream_reply(format_: ModuleType = chat, pieces: int = CHUNKS, size: int = 0) -> list[bytes]:
    """The frames of a stream with so many pieces of text."""
    words = [f"word{n:03} ".ljust(size, "-") for n in range(pieces)]
    stream: Callable[..., Sequence[bytes]] = format_.stream
    return list(stream(words, tokens=Tokens(output=pieces)))


@functools.cache
def unary(format_: ModuleType) -> bytes:
    """The HTTP reply with a whole answer."""
    body = small_reply(format_)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


@functools.cache
def frames(format_: ModuleType, pieces: int = CHUNKS, size: int = 0) -> tuple[bytes, ...]:
    """The HTTP reply with a stream: its head, then one HTTP chunk per frame, and the last chunk."""
    chunks = [b"%x\r\n%b\r\n" % (len(data), data) for data in stream_reply(format_, pieces, size)]
    return (_HEAD, *chunks, b"0\r\n\r\n")
