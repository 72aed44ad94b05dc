"""The options of the commands that look into the ledger: `usage`, `export`, `reprice`, …"""

from __future__ import annotations

import argparse
import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

type AddParser = Callable[..., argparse.ArgumentParser]

GROUPINGS: Final = {
    "day": "day",
    "key": "api_key",
    "model": "model",
    "provider": "provider",
    "alias": "alias",
    "status": "status",
}
_AGO: Final = re.compile(r"(\d+)([mhdw])")
_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def moment(text: str) -> int:
    """Return a time in ms since 1970: a date or time (UTC), or so long ago, `30m`, `12h`, `7d`.

    Raises `argparse.ArgumentTypeError` for anything else.
    """
    if ago := _AGO.fullmatch(text):
        return round((time.time() - int(ago[1]) * _SECONDS[ago[2]]) * 1000)
    try:
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return round(found.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time; write e.g. 2026-01-31, 2026-01-31T12:00Z, 12h or 7d"
        ) from None


def groupings(text: str) -> tuple[str, ...]:
    """Return the columns to group by; raise `argparse.ArgumentTypeError`."""
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in GROUPINGS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"cannot group by {unknown[0]!r}; known: {', '.join(GROUPINGS)}"
        )
    return tuple(dict.fromkeys(GROUPINGS[name] for name in names))


def add_ledger_commands(add_parser: AddParser) -> None:
    """Add the commands; what they do is imported when it is called for."""
    for name, told, options, run in (
        ("usage", "show the latest calls in the ledger, or sums", usage_options, _usage),
        ("export", "write the ledger as CSV or Parquet", export_options, _export),
        ("reprice", "rate past calls again with today's prices", reprice_options, _reprice),
        ("reconcile", "match a provider's invoice with the ledger", reconcile_options, _reconcile),
    ):
        parser = add_parser(name, help=told)
        options(parser)
        parser.set_defaults(command=run)


def usage_options(parser: argparse.ArgumentParser) -> None:
    """Add what `plexus usage` takes."""
    parser.add_argument("--limit", type=int, default=20, help="how many of the latest calls (20)")
    parser.add_argument(
        "--by", type=groupings, default=(), metavar="NAME[,NAME]",
        help=f"sums by {', '.join(GROUPINGS)} instead of single calls",
    )  # fmt: skip
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object per line")
    form.add_argument("--csv", action="store_true", help="comma-separated values")
    _filters(parser)


def export_options(parser: argparse.ArgumentParser) -> None:
    """Add what `plexus export` takes."""
    parser.add_argument("--format", choices=["csv", "parquet"], default="csv")
    parser.add_argument("--output", metavar="FILE", help="where to (default: standard output)")
    _filters(parser)


def reprice_options(parser: argparse.ArgumentParser) -> None:
    """Add what `plexus reprice` takes."""
    parser.add_argument("--config", help="the file (default: $CONFIG_FILE, config/plexus.yaml)")
    parser.add_argument("--since", type=moment, required=True, metavar="TIME")
    parser.add_argument("--until", type=moment, metavar="TIME")
    parser.add_argument("--provider", help="only calls that this provider answered")
    parser.add_argument("--model", help="only of this model, as the provider or a client calls it")
    parser.add_argument(
        "--all", action="store_true", help="also calls whose provider reported what they cost"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would change, no more")


def reconcile_options(parser: argparse.ArgumentParser) -> None:
    """Add what `plexus reconcile` takes."""
    parser.add_argument("--provider", required=True, help="the provider's name in the ledger")
    parser.add_argument("--all", action="store_true", help="show what agrees, too")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument(
        "file", metavar="INVOICE.csv", help="what the provider's console exported; - for stdin"
    )


def _filters(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which calls")
    group.add_argument(
        "--since", type=moment, metavar="TIME", help="2026-01-31, 12h, 7d … (days are UTC's)"
    )
    group.add_argument("--until", type=moment, metavar="TIME", help="no later than this")
    group.add_argument("--key", help="the name of the client's key")
    group.add_argument("--provider", help="the provider that answered")
    group.add_argument("--model", help="as the provider or the client calls it")
    group.add_argument("--status", help="success, error, cancelled, …")


def _usage(options: argparse.Namespace) -> int:
    from plexus.addons.show_usage import show_usage

    return show_usage(options, os.environ)


def _export(options: argparse.Namespace) -> int:
    from plexus.addons.export import export

    return export(options, os.environ)


def _reprice(options: argparse.Namespace) -> int:
    from plexus.addons.reprice import reprice

    return reprice(options, os.environ)


def _reconcile(options: argparse.Namespace) -> int:
    from plexus.addons.reconcile import reconcile_invoice

    return reconcile_invoice(options, os.environ)
