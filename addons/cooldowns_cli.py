"""`plexus cooldowns`: which targets rest and why, and how to end that."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from plexus.addons.assembly import open_store
from plexus.config.environment import Environment, read_environment
from plexus.config.problems import ConfigError
from plexus.store.errors import StoreError
from plexus.store.records import CooldownRecord
from plexus.transforms.wire import dump_text

_HEADINGS = ("provider", "model", "key", "for", "failures", "last error")


def cooldowns(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    """List or clear what the ledger knows of rests; return the exit status.

    Running gateways take over what is cleared within a second.
    """
    try:
        environment = read_environment(env)
        if arguments.action == "clear":
            cleared = asyncio.run(_clear(environment, arguments.provider, arguments.model))
            print(f"{cleared} cleared")
            return 0
        rows = asyncio.run(_all(environment))
    except (ConfigError, StoreError) as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1
    now = time.time() * 1000
    resting = [
        row
        for row in rows
        if row.expires_at > now
        and arguments.provider in {None, row.provider}
        and arguments.model in {None, row.model}
    ]
    for line in _json_lines(resting) if arguments.json else _table(resting, now):
        print(line)
    return 0


async def _all(environment: Environment) -> Sequence[CooldownRecord]:
    store = await open_store(environment)
    try:
        return await store.cooldowns.all()
    finally:
        await store.close()


async def _clear(environment: Environment, provider: str | None, model: str | None) -> int:
    store = await open_store(environment)
    try:
        return await store.cooldowns.clear(provider=provider, model=model)
    finally:
        await store.close()


def _json_lines(rows: Sequence[CooldownRecord]) -> list[str]:
    return [dump_text(asdict(row)) for row in rows]


def _table(rows: Sequence[CooldownRecord], now: float) -> list[str]:
    if not rows:
        return ["nothing rests"]
    lines = [_HEADINGS, *(_cells(row, now) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(_HEADINGS))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _cells(row: CooldownRecord, now: float) -> tuple[str, ...]:
    problem = "credential problem: " if row.credential_problem else ""
    cells = (
        row.provider, row.model or "(all)", row.credential or "(all)",
        _span((row.expires_at - now) / 1000), str(row.failures), f"{problem}{row.last_error or ''}",
    )  # fmt: skip
    # Providers choose the words, and terminals obey what is written to them.
    return tuple("".join(c if c.isprintable() else "?" for c in cell) for cell in cells)


def _span(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}"
