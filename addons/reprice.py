"""`plexus reprice`: rate calls of the past again, with the prices that the configuration has today.

Tokens and whatever else was measured stay as they are; quotas are not settled again.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from plexus.addons.assembly import open_store
from plexus.addons.metering.price_book import PriceBook
from plexus.addons.metering.rerate import is_ratable, is_reported, pricing_of, rerated
from plexus.addons.metering.split import decimal
from plexus.addons.show_usage import aligned, harmless
from plexus.config.environment import Environment, read_environment
from plexus.config.load import load
from plexus.config.price_catalogue import PriceCatalogue
from plexus.config.problems import ConfigError
from plexus.config.snapshot import Snapshot
from plexus.store.errors import StoreError
from plexus.store.records import UsageRecord
from plexus.store.usage_days import UsageDays
from plexus.store.usage_rows import batches, rewrite_costs
from plexus.store.usage_sums import UsageFilter


@dataclass(slots=True, kw_only=True)
class _Sums:
    rows: int = 0
    unpriced: int = 0  # had no cost before
    old: Decimal = Decimal(0)
    new: Decimal = Decimal(0)


@dataclass(slots=True, kw_only=True)
class _Report:
    seen: int = 0
    reported: int = 0  # left: the provider said what they cost
    priceless: int = 0  # left: no price today
    changed: dict[str, _Sums] = field(default_factory=dict)  # by provider/model


def reprice(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Rate what the options mean, print what changed, and return the exit status."""
    try:
        environment = read_environment(env)
        snapshot = load(Path(arguments.config) if arguments.config else None, environment, env)
        report = asyncio.run(_rate(environment, snapshot, arguments))
    except (ConfigError, StoreError, OSError) as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1
    print(_text(report, is_dry=arguments.dry_run))
    return 0


async def _rate(
    environment: Environment, snapshot: Snapshot, arguments: argparse.Namespace
) -> _Report:
    book = PriceBook(Path(environment.data_dir))
    book.load(snapshot)
    wanted = UsageFilter(
        since=arguments.since,
        until=arguments.until,
        provider=arguments.provider,
        model=arguments.model,
    )
    report = _Report()
    store = await open_store(environment)
    try:
        async for rows in batches(store.engine, wanted):
            made = [_one(row, snapshot, book.current, arguments.all, report) for row in rows]
            if not arguments.dry_run:
                await rewrite_costs(store.engine, [row for row in made if row is not None])
        if not arguments.dry_run:
            await UsageDays(engine=store.engine).catch_up()
    finally:
        await store.close()
    return report


def _one(
    row: UsageRecord, snapshot: Snapshot, prices: PriceCatalogue, takes_all: bool, report: _Report
) -> UsageRecord | None:
    report.seen += 1
    pricing = pricing_of(row, snapshot, prices)
    if not is_ratable(row, pricing):
        return None
    if is_reported(row) and not takes_all:
        report.reported += 1
        return None
    if pricing is None:
        report.priceless += 1
        return None
    made = rerated(row, pricing, prices, round(time.time() * 1000))
    if made is not None:
        sums = report.changed.setdefault(f"{row.provider}/{row.selected_model_name}", _Sums())
        sums.rows += 1
        sums.unpriced += row.cost_total is None
        sums.old += _usd(row)
        sums.new += _usd(made)
    return made


def _text(report: _Report, *, is_dry: bool) -> str:
    lines = [["model", "calls", "had no cost", "old $", "new $"]]
    for name, sums in sorted(report.changed.items()):
        lines.append([harmless(name), str(sums.rows), str(sums.unpriced), *_money(sums)])
    whole = _Sums(
        rows=sum(one.rows for one in report.changed.values()),
        unpriced=sum(one.unpriced for one in report.changed.values()),
        old=sum((one.old for one in report.changed.values()), Decimal(0)),
        new=sum((one.new for one in report.changed.values()), Decimal(0)),
    )
    lines.append(["all", str(whole.rows), str(whole.unpriced), *_money(whole)])
    left = [
        f"{report.reported} left: the provider reported their cost (--all takes them, too)",
        f"{report.priceless} left: the configuration has no price for them",
    ]
    counts = (report.reported, report.priceless)
    would = "would change" if is_dry else "changed"
    return "\n".join(
        [
            *([aligned(lines)] if report.changed else []),
            f"{report.seen} calls looked at, {whole.rows} {would}",
            *(line for line, count in zip(left, counts, strict=True) if count),
        ]
    )


def _money(sums: _Sums) -> list[str]:
    return [f"{sums.old:.6f}", f"{sums.new:.6f}"]


def _usd(row: UsageRecord) -> Decimal:
    return Decimal(0) if row.cost_total is None else decimal(row.cost_total)
