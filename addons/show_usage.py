"""`plexus usage`: the latest calls of the ledger, or sums over calls; as a table, CSV or JSON."""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta

from plexus.addons.assembly import open_store
from plexus.config.environment import Environment, read_environment
from plexus.config.problems import ConfigError
from plexus.store.errors import StoreError
from plexus.store.records import UsageRecord
from plexus.store.usage_days import UsageDays
from plexus.store.usage_rows import latest
from plexus.store.usage_sums import UsageFilter, UsageSum, sums
from plexus.transforms.wire import Json, JsonObject, dump_text

type Line = Sequence[str]

_COLUMNS = (
    ("time", "start_time"), ("status", "response_status"), ("key", "api_key"),
    ("model", "incoming_model_alias"), ("provider", "provider"), ("in", "tokens_input"),
    ("out", "tokens_output"), ("cached", "tokens_cached"), ("cost $", "cost_total"),
    ("price from", "cost_source"), ("ttft ms", "ttft_ms"), ("ms", "duration_ms"),
)  # fmt: skip
_SUMS = (
    ("calls", "requests"), ("failed", "failed"), ("in", "tokens_input"),
    ("cached", "tokens_cached"), ("written", "tokens_cache_write"), ("out", "tokens_output"),
    ("thought", "tokens_reasoning"), ("cost $", "cost_total"), ("unpriced", "unpriced"),
    ("estimated", "estimated"),
)  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def show_usage(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Print what was asked for; return the exit status."""
    try:
        environment = read_environment(env)
        show = _show_sums if arguments.by else _show_calls
        print(asyncio.run(show(environment, arguments)), end="")
    except (ConfigError, StoreError) as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1
    return 0


def filter_of(arguments: argparse.Namespace) -> UsageFilter:
    """Return which calls the options of `ledger_commands` mean."""
    return UsageFilter(
        since=arguments.since,
        until=arguments.until,
        api_key=arguments.key,
        provider=arguments.provider,
        model=arguments.model,
        status=arguments.status,
    )


async def _show_calls(environment: Environment, arguments: argparse.Namespace) -> str:
    store = await open_store(environment)
    try:
        rows = await latest(store.engine, filter_of(arguments), arguments.limit)
    finally:
        await store.close()
    if arguments.json:
        found: list[JsonObject] = [{f.name: getattr(r, f.name) for f in fields(r)} for r in rows]
        return _json_lines(found)
    if arguments.csv:
        names = [field.name for field in fields(UsageRecord)]
        return csv_text(names, [[getattr(row, name) for name in names] for row in rows])
    return table([[_cell(row, field) for _, field in _COLUMNS] for row in rows]) + "\n"


async def _show_sums(environment: Environment, arguments: argparse.Namespace) -> str:
    store = await open_store(environment)
    try:
        await UsageDays(engine=store.engine).catch_up()
        found = await sums(store.engine, filter_of(arguments), arguments.by)
    finally:
        await store.close()
    by: Sequence[str] = arguments.by
    if arguments.json:
        return _json_lines([_as_json(one, by) for one in found])
    if arguments.csv:
        names = [field for _, field in _SUMS]
        lines = [[*groups_of(one, by), *(getattr(one, n) for n in names)] for one in found]
        return csv_text([*by, *names], lines)
    titles = ["key" if name == "api_key" else name for name in by]
    return _sum_table(titles, found, by) + "\n"


def groups_of(one: UsageSum, by: Sequence[str]) -> list[str]:
    """Return what a sum is of, days as dates; "" for calls without."""
    return [
        (_EPOCH + timedelta(days=int(value))).date().isoformat() if name == "day" else str(value)
        for name, value in zip(by, one.group, strict=True)
    ]


def _as_json(one: UsageSum, by: Sequence[str]) -> JsonObject:
    numbers: JsonObject = {field: getattr(one, field) for _, field in _SUMS}
    groups: dict[str, Json] = dict(zip(by, (g or None for g in groups_of(one, by)), strict=True))
    return {**groups, **numbers}


def _sum_table(titles: Line, found: Sequence[UsageSum], by: Sequence[str]) -> str:
    lines = [[*groups_of(one, by), *_numbers(one)] for one in found]
    if len(found) > 1:
        whole = UsageSum()
        for one in found:
            whole = whole.plus(one)
        lines.append(["all", *[""] * (len(by) - 1), *_numbers(whole)])
    rows = [[harmless(cell) or "-" for cell in line] for line in lines]
    return aligned([[*titles, *(title for title, _ in _SUMS)], *rows])


def _numbers(one: UsageSum) -> list[str]:
    # A sum with unpriced calls in it is a lower bound, and must not look like more.
    cost = f"{'>= ' if one.unpriced else ''}{one.cost_total:.6f}"
    return [cost if f == "cost_total" else str(getattr(one, f)) for _, f in _SUMS]


def table(rows: Sequence[Line]) -> str:
    """Return calls under their headings, columns aligned."""
    return aligned([[title for title, _ in _COLUMNS], *rows])


def aligned(lines: Sequence[Line]) -> str:
    """Return lines of cells with their columns aligned."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def csv_text(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return CSV with a heading. Text that a spreadsheet would run as a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([[_csv_cell(value) for value in row] for row in rows])
    return out.getvalue()


def _csv_cell(value: object) -> object:
    # Clients choose the names of models, and spreadsheets run what begins with one of these.
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _json_lines(found: Sequence[JsonObject]) -> str:
    return "".join(dump_text(one) + "\n" for one in found)


def _cell(row: UsageRecord, field: str) -> str:
    value = getattr(row, field)
    if value is None:
        return "?" if field.startswith(("tokens", "cost_total")) else "-"
    if field == "start_time":
        return time.strftime("%m-%d %H:%M:%S", time.localtime(value / 1000))
    if field == "cost_total":
        return f"{value:.6f}"
    return harmless(f"{value:.0f}" if isinstance(value, float) else str(value))


def harmless(text: str) -> str:
    """Return text without what a terminal would obey."""
    # Clients choose the model's name, and terminals obey what is written to them.
    return "".join(char if char.isprintable() else "?" for char in text)
