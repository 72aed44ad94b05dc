"""Play the whole matrix and print it as a table: `python -m tests.matrix`.

Exits with 1 if any cell fails. Rows are client→provider, columns are cases; a dot stands where the
client's format cannot say such a thing.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.matrix.cases import CASES
from tests.matrix.stage import CLIENTS, Pair, staged
from tests.matrix.targets import TARGETS

type Row = tuple[str, dict[str, str | None]]  # the pair, what went wrong per case


async def play() -> list[Row]:
    """Return every cell's outcome: `None` is success."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder)) as stage:
            for client in CLIENTS:
                for target in TARGETS:
                    cells = {}
                    for case, what in CASES.items():
                        if client.name in what.clients:
                            cells[case] = await outcome(stage.pair(client.name, target), case)
                    rows.append((f"{client.name}→{target.name}", cells))
    return rows


async def outcome(pair: Pair, case: str) -> str | None:
    """Return why a case fails, or `None` if it does not."""
    try:
        await CASES[case].play(pair)
    except Exception as error:  # a broken cell must not keep the others from playing
        return f"{type(error).__name__}: {error}"
    return None


def table(rows: list[Row]) -> str:
    """Print the outcomes."""
    widths = {case: len(case) for case in CASES}
    first = max(len(name) for name, _ in rows)
    lines = [" ".join(["".ljust(first), *CASES])]
    for name, cells in rows:
        marks = [_mark(cells, case).center(widths[case]) for case in CASES]
        lines.append(" ".join([name.ljust(first), *marks]))
    return "\n".join(line.rstrip() for line in lines)


def _mark(cells: dict[str, str | None], case: str) -> str:
    if case not in cells:
        return "·"  # the client's format cannot say it
    return "✓" if cells[case] is None else "✗"


def failures(rows: list[Row]) -> list[str]:
    """List what went wrong, one line per cell."""
    return [f"{name}-{case}: {why}" for name, cells in rows for case, why in cells.items() if why]


def main() -> int:
    """Play, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.parse_args()
    rows = asyncio.run(play())
    print(table(rows))
    found = failures(rows)
    print("\n".join(["", *found]) if found else "\nAll cells hold.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
