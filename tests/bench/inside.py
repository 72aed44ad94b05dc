"""Run `plexus` with a spy in it: `python -m tests.bench.inside FILE serve …`.

On SIGUSR1 it appends a line of JSON to FILE: how many bytecode instructions have run so far (if
`PLEXUS_BENCH_COUNT` is set, which makes it many times slower), how many asyncio tasks there are,
and how many objects the garbage collector tracks. The gateway's code is what it always is.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType

from plexus.addons.cli import main as plexus

COUNT = "PLEXUS_BENCH_COUNT"


@dataclass(slots=True)
class Instructions:
    """Counts what every thread of this interpreter runs."""

    run: int = 0

    def begin(self) -> None:
        """Count from here on (PEP 669)."""
        tool = sys.monitoring.PROFILER_ID
        sys.monitoring.use_tool_id(tool, "plexus-bench")
        sys.monitoring.register_callback(tool, sys.monitoring.events.INSTRUCTION, self._one)
        sys.monitoring.set_events(tool, sys.monitoring.events.INSTRUCTION)

    def _one(self, code: CodeType, offset: int) -> None:
        self.run += 1


def report(instructions: Instructions) -> dict[str, int]:
    """What there is at this moment."""
    try:
        tasks = len(asyncio.all_tasks())
    except RuntimeError:  # no loop runs yet, or no more
        tasks = 0
    gc.collect()
    return {"instructions": instructions.run, "tasks": tasks, "objects": len(gc.get_objects())}


def main() -> int:
    """Run the gateway; return its exit status."""
    path, arguments = Path(sys.argv[1]), sys.argv[2:]
    instructions = Instructions()

    def tell(number: int, frame: FrameType | None) -> None:
        with path.open("a") as lines:
            lines.write(json.dumps(report(instructions)) + "\n")

    signal.signal(signal.SIGUSR1, tell)
    if os.environ.get(COUNT):
        instructions.begin()
    return plexus(arguments)


if __name__ == "__main__":
    sys.exit(main())
