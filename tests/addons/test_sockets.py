"""The port is ours alone, or shared with those who share theirs."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from plexus.addons.sockets import listening_socket


def test_a_taken_port_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        listening_socket("127.0.0.1", taken.getsockname()[1])


def test_a_shared_port_can_be_had_twice_and_keeps_others_out() -> None:
    with closing(listening_socket("127.0.0.1", 0, is_shared=True)) as first:
        port = first.getsockname()[1]
        with closing(listening_socket("127.0.0.1", port, is_shared=True)):
            pass
        with pytest.raises(OSError, match="in use"), socket.socket() as other:
            other.bind(("127.0.0.1", port))


def test_a_system_that_cannot_share_ports_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "SO_REUSEPORT", raising=False)
    with pytest.raises(OSError, match="leave --workers away"):
        listening_socket("127.0.0.1", 0, is_shared=True)
