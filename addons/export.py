"""`plexus export`: the ledger as CSV or Parquet, one line or row a call, oldest first."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final, Protocol, TextIO, get_type_hints

from plexus.addons.assembly import open_store
from plexus.addons.show_usage import csv_text, filter_of
from plexus.config.environment import Environment, read_environment
from plexus.config.problems import ConfigError
from plexus.store.errors import StoreError
from plexus.store.records import UsageRecord
from plexus.store.usage_rows import batches
from plexus.store.usage_sums import UsageFilter

EXTRA: Final = "parquet"
_NAMES: Final = tuple(field.name for field in fields(UsageRecord))


class ExportError(Exception):
    """What was asked for cannot be done; the text is for the person at the terminal."""


class _Target(Protocol):
    def write(self, rows: Sequence[UsageRecord]) -> None:
        """Add some calls."""

    def close(self) -> None:
        """Finish the file."""


def export(
    arguments: argparse.Namespace,
    env: Mapping[str, str],
    find: Callable[[str], ModuleType] = import_module,
) -> int:
    """Write the calls that the options mean; return the exit status."""
    try:
        environment = read_environment(env)
        with ExitStack() as stack:
            target = _open(arguments, stack, find)
            count = asyncio.run(_copy(environment, filter_of(arguments), target))
    except (ConfigError, StoreError, ExportError, OSError) as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1
    if arguments.output is not None:
        print(f"{count} calls written to {arguments.output}")
    return 0


async def _copy(environment: Environment, wanted: UsageFilter, target: _Target) -> int:
    store = await open_store(environment)
    count = 0
    try:
        found: AsyncIterator[list[UsageRecord]] = batches(store.engine, wanted)
        async for rows in found:
            target.write(rows)
            count += len(rows)
    finally:
        await store.close()
    target.close()
    return count


def _open(
    arguments: argparse.Namespace, stack: ExitStack, find: Callable[[str], ModuleType]
) -> _Target:
    output: str | None = arguments.output
    if arguments.format == "csv":
        if output is None:
            return _Csv(sys.stdout)
        return _Csv(stack.enter_context(Path(output).open("w", encoding="utf-8", newline="")))
    if output is None:
        raise ExportError("Parquet is no text: say with --output where to write it")
    try:
        arrow, parquet = find("pyarrow"), find("pyarrow.parquet")
    except ImportError as exc:
        raise ExportError(
            f"Parquet needs a library that is not installed; "
            f"install plexus-gateway[{EXTRA}], or write CSV"
        ) from exc
    return _Parquet(output, arrow, parquet)


class _Csv:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._begun = False

    def write(self, rows: Sequence[UsageRecord]) -> None:
        text = csv_text(_NAMES, [[getattr(row, name) for name in _NAMES] for row in rows])
        # Each part has a heading; the file has one.
        self._out.write(text if not self._begun else text.partition("\n")[2])
        self._begun = True

    def close(self) -> None:
        if not self._begun:
            self._out.write(csv_text(_NAMES, []))


class _Parquet:
    def __init__(self, path: str, arrow: ModuleType, parquet: ModuleType) -> None:
        self._arrow = arrow
        self._schema = arrow.schema(_columns(arrow))
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, rows: Sequence[UsageRecord]) -> None:
        columns = {name: [getattr(row, name) for row in rows] for name in _NAMES}
        self._writer.write_table(self._arrow.table(columns, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def _columns(arrow: ModuleType) -> Iterable[tuple[str, object]]:
    kinds = {str: arrow.string(), int: arrow.int64(), float: arrow.float64(), bool: arrow.bool_()}
    for name, hint in get_type_hints(UsageRecord).items():
        alternatives = getattr(hint, "__args__", (hint,))
        kind = next(one for one in alternatives if one in kinds)
        yield name, kinds[kind]
