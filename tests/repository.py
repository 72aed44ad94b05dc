"""What the repository consists of: the files that are or would be committed, and the sources."""

from __future__ import annotations

import functools
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("addons", "transforms", "store", "config", "certs")


@functools.cache
def committed() -> tuple[Path, ...]:
    """Every file that git has or would take, relative to the root; skips where git is not there."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: cannot tell which files belong to the project")
    command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    paths = [Path(name) for name in listed.decode().split("\0") if name]
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))


def source_files() -> list[Path]:
    """The Python files of the program, relative to the root."""
    return python_files(*SOURCES)


def python_files(*folders: str) -> list[Path]:
    """The Python files below the folders, relative to the root."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path.relative_to(ROOT) for path in found if "__pycache__" not in path.parts)
