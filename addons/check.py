"""`plexus check`: say everything that is wrong with a configuration, without starting."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from plexus.config.environment import read_environment
from plexus.config.load import load
from plexus.config.problems import ConfigError


def check(arguments: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Print the problems and return 1, or say what was found and return 0."""
    path = Path(arguments.config) if arguments.config else None
    try:
        snapshot = load(path, read_environment(env), env)
    except ConfigError as error:
        print(f"plexus: {error}", file=sys.stderr)
        return 1
    keys = "no keys section" if snapshot.keys is None else f"{len(snapshot.keys)} keys"
    print(
        f"{snapshot.source}: fine. {len(snapshot.providers)} providers, "
        f"{len(snapshot.aliases)} aliases, {keys}."
    )
    for warning in snapshot.warnings:
        print(f"  warning: {warning}")
    return 0
