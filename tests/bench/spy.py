"""Ask a gateway that runs inside `tests.bench.inside` what it counts."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PATIENCE_S: Final = 30.0
_LOOK_S: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the gateway told about itself."""

    instructions: int
    tasks: int
    objects: int


def command(file: Path) -> str:
    """How to start a gateway that can be asked, with {config} and {port} in it."""
    serve = "serve --config {config} --host 127.0.0.1 --port {port}"
    return f"{sys.executable} -m tests.bench.inside {file} {serve}"


def ask(pid: int, file: Path) -> Told:
    """Send the signal and wait for the line. Raise `RuntimeError` when none comes."""
    known = len(lines(file))
    os.kill(pid, signal.SIGUSR1)
    limit = time.monotonic() + _PATIENCE_S
    while time.monotonic() < limit:
        found = lines(file)
        if len(found) > known:
            return Told(**json.loads(found[-1]))
        time.sleep(_LOOK_S)
    raise RuntimeError(f"process {pid} did not tell what it counts within {_PATIENCE_S:g} s")


def lines(file: Path) -> list[str]:
    """The complete lines that are there."""
    if not file.exists():
        return []
    text = file.read_text()
    return text[: text.rfind("\n") + 1].splitlines()
