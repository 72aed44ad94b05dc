"""Memory of large bodies is kept for the next ones."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# Six bodies, on top of each other in the heap, then none: a hundred times.
ROUNDS = """
import resource
from plexus.addons.heap import keep_freed_memory
{call}
for _ in range(100):
    bodies = [bytes(300_000) for _ in range(6)]
    del bodies
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def faults(call: str) -> int:
    """Page faults of a process of its own."""
    code = ROUNDS.format(call=call)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told anything")
def test_large_bodies_are_not_fetched_from_the_kernel_anew_each_time() -> None:
    assert faults("keep_freed_memory()") * 5 < faults("")
