"""Bind the port that the gateway listens at, for itself alone or together with other workers."""

from __future__ import annotations

import socket


def listening_socket(host: str, port: int, *, is_shared: bool = False) -> socket.socket:
    """Return a bound socket. Raise `OSError` when the port is taken, or cannot be shared here.

    `SO_REUSEADDR` lets a restart follow at once. With `SO_REUSEPORT` others that set it, too, may
    bind the same port; without it a second instance fails.
    """
    if is_shared and not hasattr(socket, "SO_REUSEPORT"):
        raise OSError("this system cannot share a port between processes; leave --workers away")
    family, kind, proto, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.socket(family, kind, proto)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setblocking(False)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock
