"""Read what a process holds: resident memory and open files, its descendants included. Linux."""

from __future__ import annotations

import os
from pathlib import Path

from tests.bench.cpu import PROC, family


def resident_mb(pid: int, proc: Path = PROC) -> float:
    """Resident memory in MB (10^6 bytes); pages that processes share count for each of them."""
    return sum(_pages(proc / str(member)) for member in family(pid, proc)) * _PAGE / 1e6


def open_files(pid: int, proc: Path = PROC) -> int:
    """How many file descriptors are open."""
    return sum(_files(proc / str(member)) for member in family(pid, proc))


_PAGE = os.sysconf("SC_PAGE_SIZE")


def _pages(process: Path) -> int:
    try:
        return int((process / "statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):  # it has just ended
        return 0


def _files(process: Path) -> int:
    try:
        return len(list((process / "fd").iterdir()))
    except OSError:
        return 0
