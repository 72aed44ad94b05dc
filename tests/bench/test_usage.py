"""Memory and open files are summed over a process and its descendants."""

from __future__ import annotations

import os
from pathlib import Path

from tests.bench.usage import open_files, resident_mb


def proc(root: Path) -> Path:
    """A /proc of a process and its child."""
    for pid, parent, pages, files in ((5, 1, 1000, 3), (6, 5, 500, 2)):
        folder = root / str(pid)
        (folder / "fd").mkdir(parents=True)
        (folder / "stat").write_text(f"{pid} (name) S {parent} 0 0\n")
        (folder / "statm").write_text(f"9999 {pages} 1 1 0 1 0\n")
        for number in range(files):
            (folder / "fd" / str(number)).touch()
    return root


def test_a_family_counts_together(tmp_path: Path) -> None:
    here = proc(tmp_path)
    assert resident_mb(5, here) == 1500 * os.sysconf("SC_PAGE_SIZE") / 1e6
    assert open_files(5, here) == 5


def test_a_process_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    assert (resident_mb(7, proc(tmp_path)), open_files(7, tmp_path)) == (0, 0)
