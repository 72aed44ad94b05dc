"""`plexus db`: what is in the database and how large it is; `plexus db vacuum` makes it smaller."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

from plexus.addons.assembly import database_url
from plexus.config.environment import read_environment
from plexus.config.problems import ConfigError
from plexus.store.errors import StoreError
from plexus.store.survey import Survey, TableFacts
from plexus.store.upkeep import look_over, shrink
from plexus.transforms.wire import dump_text

_UNITS: Final = ("B", "KB", "MB", "GB", "TB")
_HEADINGS: Final = ("table", "rows", "size", "oldest", "newest")


def db(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Show or vacuum the database of this environment; return the exit status.

    Neither starts a gateway nor changes the tables; 1 also where the database is damaged.
    """
    try:
        url = database_url(read_environment(env))
        if arguments.action == "vacuum":
            return _vacuum(url)
        found = asyncio.run(look_over(url))
    except (ConfigError, StoreError) as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1
    print(dump_text(asdict(found)) if arguments.json else "\n".join(_lines(found)))
    return 0 if _is_sound(found) else 1


def _vacuum(url: str) -> int:
    before = asyncio.run(look_over(url))
    asyncio.run(shrink(url))
    after = asyncio.run(look_over(url))
    print(f"{size_text(before.size)} before, {size_text(after.size)} now")
    return 0


def _is_sound(found: Survey) -> bool:
    return found.integrity == "ok" or not found.engine.startswith("SQLite")


def _lines(found: Survey) -> list[str]:
    at_head = found.revision == found.head
    facts = {
        "database": found.place,
        "engine": found.engine,
        "migrations": f"{found.revision or 'none'}{'' if at_head else f', wanted {found.head}'}",
        "encrypted": "yes" if found.is_encrypted else "no",
        "size": size_text(found.size),
        "write-ahead log": None if found.log_size is None else size_text(found.log_size),
        "free inside": None if found.free is None else size_text(found.free),
        "integrity": found.integrity,
    }
    told = [f"{name:16} {value}" for name, value in facts.items() if value is not None]
    return [*told, "", *_table([_cells(table) for table in found.tables])]


def _cells(table: TableFacts) -> tuple[str, ...]:
    times = (_time_text(table.oldest), _time_text(table.newest))
    return (table.name, f"{table.rows:,}", size_text(table.size), *times)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [_HEADINGS, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_HEADINGS))]
    return [
        "  ".join(
            cell.rjust(width) if place in {1, 2} else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def _time_text(ms: int | None) -> str:
    if ms is None:
        return "-"
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(ms / 1000))


def size_text(size: int | None) -> str:
    """Return a number of bytes as people write it; `?` where it is not known."""
    if size is None:
        return "?"
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{size} B" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"
