"""Tell this process from others, and whether another one on this machine still runs.

A process number alone says little: it is reused, and containers count their own. So it goes with
the table of numbers it is from and with the moment the process began.
"""

from __future__ import annotations

import os
import platform
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_DEAD_STATES: Final = frozenset({"Z", "X", "x"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessId:
    """One process; `space` is comparable between processes, `start` only within one `space`."""

    host: str
    space: str  # "" where unknown
    pid: int
    start: int | None  # clock ticks after boot; None where unknown


def current(*, proc: Path = _PROC) -> ProcessId:
    """Identify the running process; `proc` is where the system tells about processes."""
    pid = os.getpid()
    stat = _stat(pid, proc)
    return ProcessId(
        host=platform.node(),
        space=_space(proc),
        pid=pid,
        start=None if stat is None else stat[1],
    )


def is_running(pid: int, start: int | None, *, proc: Path = _PROC) -> bool | None:
    """Tell whether that process of this machine runs; `None`: it cannot be told from here."""
    if sys.platform == "win32":
        return None  # there os.kill would end the process instead of asking for it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    stat = _stat(pid, proc)
    if stat is None:
        return None
    if stat[0] in _DEAD_STATES:
        return False
    return None if start is None else stat[1] == start


def _stat(pid: int, proc: Path) -> tuple[str, int] | None:
    # proc(5): "pid (name) state ppid …", where the name may hold spaces and brackets;
    # the start time is field 22, in clock ticks after boot.
    try:
        text = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return (fields[0], int(fields[19])) if len(fields) > 19 else None


def _space(proc: Path) -> str:
    try:
        boot = (proc / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink(proc / 'self/ns/pid')}"
    except OSError:
        return machine(uuid.getnode())


def machine(node: int) -> str:
    """Name a machine by its network address; "" for the random number that stands in for one."""
    # RFC 9562 §6.10 sets this bit in it; it would differ from process to process.
    is_random = bool(node >> 40 & 1)
    return "" if is_random else f"{node:012x}"
