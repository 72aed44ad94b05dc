"""`plexus usage`: the latest calls of the ledger as a table or as JSON lines."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields

from plexus.addons.assembly import database_url
from plexus.config.environment import Environment, read_environment
from plexus.config.problems import ConfigError
from plexus.store.errors import StoreError
from plexus.store.records import UsageRecord
from plexus.store.store import Store
from plexus.transforms.wire import dump_text

_COLUMNS = (
    ("time", "start_time"), ("status", "response_status"), ("key", "api_key"),
    ("model", "incoming_model_alias"), ("provider", "provider"), ("in", "tokens_input"),
    ("out", "tokens_output"), ("cached", "tokens_cached"), ("cost $", "cost_total"),
    ("ttft ms", "ttft_ms"), ("ms", "duration_ms"),
)  # fmt: skip


def show_usage(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Print the newest rows; return the exit status."""
    try:
        environment = read_environment(env)
        rows = asyncio.run(_recent(environment, arguments.limit))
    except (ConfigError, StoreError) as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        for row in rows:
            print(dump_text({f.name: getattr(row, f.name) for f in fields(row)}))
        return 0
    print(table([[_cell(row, field) for _, field in _COLUMNS] for row in rows]))
    return 0


async def _recent(environment: Environment, limit: int) -> Sequence[UsageRecord]:
    store = await Store.open(database_url(environment))
    try:
        return await store.usage.recent(limit)
    finally:
        await store.close()


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return the rows under their headings, columns aligned."""
    lines = [[title for title, _ in _COLUMNS], *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _cell(row: UsageRecord, field: str) -> str:
    value = getattr(row, field)
    if value is None:
        return "?" if field.startswith(("tokens", "cost")) else "-"
    if field == "start_time":
        return time.strftime("%m-%d %H:%M:%S", time.localtime(value / 1000))
    if field == "cost_total":
        return f"{value:.6f}"
    text = f"{value:.0f}" if isinstance(value, float) else str(value)
    # Clients choose the model's name, and terminals obey what is written to them.
    return "".join(char if char.isprintable() else "?" for char in text)
