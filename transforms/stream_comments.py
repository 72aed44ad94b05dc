"""Read what providers say beside a stream, in its comments: `: cost {"request_cost_usd": …}`."""

from __future__ import annotations

import math
from typing import Final

from plexus.transforms.wire import number_at, try_parse

_MOST_USD: Final = 1e12  # whatever is more is no price


def cost_in(comments: tuple[bytes, ...]) -> float | None:
    """Return the cost in USD that the comments of a frame tell; the last counts (§8.4)."""
    for comment in reversed(comments):
        name, _, data = comment.strip().partition(b" ")
        told = try_parse(data) if name == b"cost" else None
        cost = number_at(told, "request_cost_usd") if isinstance(told, dict) else None
        if cost is not None and math.isfinite(cost) and 0 <= cost <= _MOST_USD:
            return float(cost)
    return None
