"""Logging: one line per event on stderr, at the level that the environment asks for."""

from __future__ import annotations

import logging
import sys
from typing import Final

# controlplane.md §1.10 knows two levels below debug; Python does not.
LEVELS: Final = {
    "error": logging.ERROR,
    "warn": logging.WARNING,
    "warning": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
    "verbose": logging.DEBUG,
    "silly": logging.DEBUG,
}

# Libraries that tell much and mean little at info: connects, disconnects, TLS details.
_QUIET: Final = (
    "mitmproxy", "asyncio", "aiohttp", "hpack", "aiosqlite", "sqlalchemy", "alembic",
    "tornado", "quic", "urwid",
)  # fmt: skip


def set_up(level: str) -> None:
    """Send log lines of `level` and above to stderr."""
    chosen = LEVELS[level.lower()]
    logging.basicConfig(
        level=chosen,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)-7s %(message)s",
        datefmt="%H:%M:%S",
        force=True,
    )
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(chosen, logging.WARNING))
