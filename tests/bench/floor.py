"""What the operating system alone wants for a streamed reply: a ceiling nobody can write around.

A load generator and a provider in any language make at least these system calls for a stream that
comes event by event: a write per event, and a read per handful. How far the row `direct` is from it
says what a compiled one could save.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.replies import frames
from tests.fakes.native import chat

_ROUNDS = 5
_STREAMS = 50
_WRITES_PER_READ = 5  # about as `direct` finds them


def stream_floor_us(core: int | None, streams: int = _STREAMS) -> float:
    """CPU microseconds of a stream's writes and reads on a loopback connection, best of five."""
    parts = frames(chat)
    with _on(core), _pair() as (writer, reader):
        rounds = [_round(writer, reader, parts, streams) for _ in range(_ROUNDS)]
    return min(rounds) / streams * 1e6


def _round(
    writer: socket.socket, reader: socket.socket, parts: tuple[bytes, ...], streams: int
) -> float:
    began = time.process_time()
    for _ in range(streams):
        for number, part in enumerate(parts, 1):
            writer.send(part)
            if number % _WRITES_PER_READ == 0 or number == len(parts):
                reader.recv(65_536)
    return time.process_time() - began


@contextmanager
def _pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        reader = socket.create_connection(server.getsockname())
        writer, _ = server.accept()
    with reader, writer:
        writer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield writer, reader


@contextmanager
def _on(core: int | None) -> Iterator[None]:
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
