"""`plexus reconcile`: match a provider's invoice with the ledger and explain each difference."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from plexus.addons.assembly import open_store
from plexus.addons.metering.invoice import Invoice, InvoiceError, canonical, read_invoice
from plexus.addons.metering.reconciliation import Place, Verdict, reconcile
from plexus.addons.show_usage import harmless
from plexus.config.environment import Environment, read_environment
from plexus.config.problems import ConfigError
from plexus.store.errors import StoreError
from plexus.store.usage_days import DAY_MS, UsageDays
from plexus.store.usage_sums import UsageFilter, UsageSum, sums
from plexus.transforms.wire import JsonObject, dump_text

_EPOCH = date(1970, 1, 1)


def reconcile_invoice(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Print what differs and why; the status is 0 if nothing does."""
    try:
        environment = read_environment(env)
        invoice = read_invoice(_text(arguments.file))
        ledger = asyncio.run(_ledger(environment, arguments.provider, invoice))
    except (ConfigError, StoreError, InvoiceError, OSError, UnicodeDecodeError) as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1
    verdicts = reconcile(invoice, ledger)
    shown = [one for one in verdicts if arguments.all or not one.agrees]
    if arguments.json:
        for verdict in shown:
            print(dump_text(_as_json(verdict)))
    else:
        for verdict in shown:
            print(_lines(verdict))
        print(_summary(verdicts, invoice))
    return int(any(not one.agrees for one in verdicts))


def _text(file: str) -> str:
    return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")


async def _ledger(
    environment: Environment, provider: str, invoice: Invoice
) -> dict[Place, UsageSum]:
    first, last = invoice.days
    wanted = UsageFilter(provider=provider, since=_ms(first), until=_ms(last + timedelta(days=1)))
    store = await open_store(environment)
    try:
        await UsageDays(engine=store.engine).catch_up()
        found = await sums(store.engine, wanted, ("day", "model"))
    finally:
        await store.close()
    ledger: dict[Place, UsageSum] = {}
    for one in found:
        day, model = one.group
        place = _EPOCH + timedelta(days=int(day)), canonical(str(model))
        ledger[place] = ledger[place].plus(one) if place in ledger else one
    return ledger


def _ms(day: date) -> int:
    return (day - _EPOCH).days * DAY_MS


def _lines(verdict: Verdict) -> str:
    head = f"{verdict.day.isoformat()}  {harmless(verdict.model)}"
    if verdict.agrees:
        return f"{head}  agrees"
    numbers = ", ".join(
        f"{one.what} {_number(one.theirs)} billed, {_number(one.ours)} booked"
        for one in verdict.differences
    )
    return "\n".join([f"{head}  {numbers}", *(f"    {reason}" for reason in verdict.reasons)])


def _number(value: Decimal) -> str:
    whole = value == value.to_integral_value()
    return f"{int(value)}" if whole else f"{value:.6f}".rstrip("0")


def _summary(verdicts: list[Verdict], invoice: Invoice) -> str:
    differing = sum(not one.agrees for one in verdicts)
    billed = sum((one.billed.cost or Decimal(0) for one in verdicts if one.billed), Decimal(0))
    booked = sum(one.booked.cost_total for one in verdicts if one.booked)
    costs = any(one.billed is not None and one.billed.cost is not None for one in verdicts)
    money = f"; ${billed:.2f} billed, ${booked:.2f} booked" if costs else ""
    skipped = f"; {invoice.skipped} lines without a day or model" if invoice.skipped else ""
    return f"{len(verdicts)} days and models, {differing} differ{money}{skipped}"


def _as_json(verdict: Verdict) -> JsonObject:
    return {
        "day": verdict.day.isoformat(),
        "model": verdict.model,
        "agrees": verdict.agrees,
        "differences": [
            {"what": one.what, "billed": float(one.theirs), "booked": float(one.ours)}
            for one in verdict.differences
        ],
        "reasons": list(verdict.reasons),
    }
