"""Mend a row that a database refuses, so that one odd value does not cost the whole row."""

from __future__ import annotations

import math
from typing import Final

from plexus.store.upsert import Row

_BIGGEST: Final = 2**63 - 1


def salvage(row: Row) -> Row:
    """Replace what neither engine can hold; other values stay as they are."""
    return tuple(_mended(value) for value in row)


def _mended(value: object) -> object:
    match value:
        case str():
            # PostgreSQL has no NUL in text, and neither engine takes lone surrogates; both are
            # legal in JSON, so a client can send them as a model's name.
            whole = value.encode("utf-8", "replace").decode("utf-8")
            return whole.replace("\x00", "\N{REPLACEMENT CHARACTER}")
        case int() if abs(value) > _BIGGEST:
            return None  # beyond 64 bits nothing is known
        case float() if not math.isfinite(value):
            return None
        case _:
            return value
