"""The sub-commands about what is stored: `db`, `trace`, `encrypt`, `rekey`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

# As in cli.py, commands import what they need, so that `plexus run` stays quick.

type AddParser = Callable[..., argparse.ArgumentParser]


def add_store_commands(add_parser: AddParser) -> None:
    """Add the sub-commands to the `plexus` command."""
    db = add_parser("db", help="show what is in the database, or make it smaller")
    db.add_argument("action", nargs="?", choices=["show", "vacuum"], default="show")
    db.add_argument("--json", action="store_true", help="show: one JSON object")
    db.set_defaults(command=_db)
    trace = add_parser("trace", help="show what was captured of a call")
    trace.add_argument("request_id", metavar="REQUEST_ID", help="the reply's x-request-id")
    trace.add_argument("--json", action="store_true", help="one JSON object")
    trace.set_defaults(command=_trace)
    encrypt = add_parser("encrypt", help="encrypt a value from stdin for the configuration")
    encrypt.set_defaults(command=_encrypt)
    rekey = add_parser("rekey", help="encrypt the database anew, with $NEW_ENCRYPTION_KEY")
    rekey.set_defaults(command=_rekey)


def _db(options: argparse.Namespace) -> int:
    from plexus.addons.db_cli import db

    return db(options, os.environ)


def _trace(options: argparse.Namespace) -> int:
    from plexus.addons.show_trace import show_trace

    return show_trace(options, os.environ)


def _encrypt(_: argparse.Namespace) -> int:
    from plexus.addons.sealing_cli import encrypt

    return encrypt(os.environ, sys.stdin)


def _rekey(_: argparse.Namespace) -> int:
    from plexus.addons.sealing_cli import rekey

    return rekey(os.environ)
