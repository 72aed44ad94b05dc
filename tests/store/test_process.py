"""Telling whether a process still runs, although numbers are reused and the dead linger."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from plexus.store import process

needs_proc = pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="process start times are read from /proc"
)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    program = "import sys; sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as started:
        yield started
        started.kill()


def test_this_process_runs() -> None:
    here = process.current()
    assert here.pid == os.getpid()
    assert process.is_running(here.pid, here.start) is not False


@needs_proc
def test_this_process_is_known_by_its_number_table_and_start() -> None:
    here = process.current()
    assert here == process.current()
    assert here.space
    assert here.start is not None
    assert process.is_running(here.pid, here.start) is True


@needs_proc
def test_a_number_that_was_given_to_another_process_is_not_the_old_one() -> None:
    here = process.current()
    assert here.start is not None
    assert process.is_running(here.pid, here.start - 1) is False


@needs_proc
def test_without_a_known_start_a_number_in_use_proves_nothing() -> None:
    assert process.is_running(os.getpid(), None) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot be asked without ending it")
def test_a_process_that_has_ended_does_not_run(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    assert process.is_running(child.pid, None) is False


@needs_proc
def test_a_killed_process_that_its_parent_has_not_buried_does_not_run(
    child: subprocess.Popen[bytes],
) -> None:
    assert process.is_running(child.pid, None) is None
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert process.is_running(child.pid, None) is False


def test_without_proc_a_process_is_known_by_its_number_on_its_machine(tmp_path: Path) -> None:
    here = process.current(proc=tmp_path)
    assert (here.pid, here.start) == (os.getpid(), None)
    assert here.space == process.machine(uuid.getnode())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot be asked without ending it")
def test_without_proc_a_number_in_use_proves_nothing(tmp_path: Path) -> None:
    assert process.is_running(os.getpid(), 5, proc=tmp_path) is None


def test_a_random_number_does_not_name_a_machine() -> None:
    assert process.machine(0x0123456789AB) == ""
    assert process.machine(0x0023456789AB) == "0023456789ab"
