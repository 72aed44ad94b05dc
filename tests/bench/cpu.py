"""Read how much processor time a process has used, its threads and children included.

Linux keeps it in nanoseconds per thread (`/proc/<pid>/task/*/schedstat`); where the kernel was
built without that, in hundredths of a second per process (`/proc/<pid>/stat`).
"""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")


def cpu_seconds(pid: int, proc: Path = PROC) -> float:
    """Processor time of a process and its living descendants so far."""
    return sum(_seconds(proc / str(member)) for member in family(pid, proc))


def family(pid: int, proc: Path = PROC) -> list[int]:
    """A process and its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in proc.iterdir():
        if entry.name.isdecimal() and (fields := _stat(entry)):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    members = [pid]
    for member in members:
        members += children.get(member, [])
    return members


def _seconds(process: Path) -> float:
    exact = sum(_nanoseconds(task) for task in _listed(process / "task")) / 1e9
    if exact > 0:
        return exact
    fields = _stat(process)
    # user and system time, and those of children that have ended (proc(5), fields 14 to 17)
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _nanoseconds(task: Path) -> int:
    try:
        return int((task / "schedstat").read_text().split()[0])
    except (OSError, IndexError, ValueError):  # it has just ended, or the kernel keeps none
        return 0


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _stat(process: Path) -> list[str]:
    """The fields behind the name, which may hold spaces and brackets: the state comes first."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
