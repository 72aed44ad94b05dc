"""Read lists of names from a command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable


def list_of(known: Iterable[str]) -> Callable[[str], list[str]]:
    """A type for argparse: names with commas between, each of them one of the known."""

    def parse(text: str) -> list[str]:
        chosen = [name.strip() for name in text.split(",")]
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"unknown {name!r}; known: {', '.join(known)}")
        return chosen

    return parse
