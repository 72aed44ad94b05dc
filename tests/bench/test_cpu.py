"""Processor time is summed over threads and descendants."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.bench.cpu import cpu_seconds, family


def proc(root: Path, processes: Mapping[int, tuple[int, list[int]]], ticks: int = 0) -> Path:
    """A /proc of processes with a parent each, and nanoseconds per thread."""
    for pid, (parent, threads) in processes.items():
        folder = root / str(pid)
        folder.mkdir()
        fields = ["S", str(parent), *["0"] * 9, str(ticks), str(ticks), "0", "0"]
        (folder / "stat").write_text(f"{pid} (a name) with) spaces) {' '.join(fields)}\n")
        for number, used in enumerate(threads):
            task = folder / "task" / str(number)
            task.mkdir(parents=True)
            (task / "schedstat").write_text(f"{used} 12 3\n")
    (root / "self").mkdir()
    return root


def test_threads_and_descendants_count(tmp_path: Path) -> None:
    here = proc(
        tmp_path, {5: (1, [2 * 10**9, 10**9]), 6: (5, [10**9]), 7: (6, [5 * 10**8]), 8: (1, [9])}
    )
    assert family(5, here) == [5, 6, 7]
    assert cpu_seconds(5, here) == pytest.approx(4.5)


def test_ticks_will_do_where_the_kernel_keeps_no_nanoseconds(tmp_path: Path) -> None:
    here = proc(tmp_path, {5: (1, [0])}, ticks=50)
    assert cpu_seconds(5, here) == pytest.approx(100 / os.sysconf("SC_CLK_TCK"))


def test_a_process_that_is_gone_uses_nothing(tmp_path: Path) -> None:
    assert cpu_seconds(5, proc(tmp_path, {})) == 0
