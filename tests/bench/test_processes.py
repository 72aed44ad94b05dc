"""Processes are started, looked at and ended, each for itself."""

from __future__ import annotations

import os
import sys

import pytest

from tests.bench.processes import Processes, free_port, is_open

LISTENS = """
import socket, sys, time
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        server.accept()[0].close()
"""


def test_a_process_listens_until_it_is_ended() -> None:
    port = free_port()
    with Processes() as processes:
        running = processes.listen(
            "x", [sys.executable, "-c", LISTENS, str(port)], port=port, core=None
        )
        assert (running.port, is_open(port)) == (port, True)
        processes.end(running)
        assert not is_open(port)
        folder = processes.folder
    assert not folder.exists()


def test_a_process_that_does_not_start_is_told_with_its_last_words() -> None:
    with Processes() as processes, pytest.raises(RuntimeError, match="no such luck"):
        processes.listen(
            "x", [sys.executable, "-c", "exit('no such luck')"], port=free_port(), core=None
        )


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="only Linux pins processes")
def test_a_process_runs_on_its_core() -> None:
    core = min(os.sched_getaffinity(0))
    port = free_port()
    with Processes() as processes:
        running = processes.listen(
            "x", [sys.executable, "-c", LISTENS, str(port)], port=port, core=core
        )
        assert os.sched_getaffinity(running.pid) == {core}
