"""Refuse what is longer than a model's context, where the alias says so (dataplane.md §2.10)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from plexus.addons.metering.estimate import input_tokens
from plexus.config.snapshot import Alias
from plexus.transforms.errors import GatewayError, Kind
from plexus.transforms.wire import Json, object_at

_CAUTION: Final = 11  # tenths: estimates may be too low
_RESERVE: Final = 4096  # tokens for the answer, where nobody says how many
# Where the formats say how long an answer may be; the first that is there counts.
_ASKED: Final = ("max_completion_tokens", "max_tokens", "max_output_tokens", "maxOutputTokens")


def check_context(alias: Alias, body: Mapping[str, Json] | None) -> None:
    """Raise `GatewayError(CONTEXT_OVERFLOW)` if prompt and answer do not fit the alias's window.

    A window that nobody has written down lets everything pass.
    """
    if not alias.enforce_limits:
        return
    overrides = object_at(alias.metadata or {}, "overrides") or {}
    provider = object_at(overrides, "top_provider") or {}
    window = _whole(provider, "context_length")
    window = _whole(overrides, "context_length") if window is None else window
    if window is None:
        return
    if body is None:
        raise _too_long(alias, "its length cannot be estimated", window)
    needed = -(-input_tokens(body) * _CAUTION // 10)  # rounded up
    reserve = _reserve(_asked(body), _whole(provider, "max_completion_tokens"))
    if needed + reserve > window:
        told = f"about {needed:,} tokens and {reserve:,} for the answer make {needed + reserve:,}"
        raise _too_long(alias, told, window)


def _asked(body: Mapping[str, Json]) -> int | None:
    for place in (body, object_at(body, "generationConfig") or {}):
        for name in _ASKED:
            if (found := _whole(place, name)) is not None:
                return found
    return None


def _reserve(asked: int | None, most: int | None) -> int:
    known = [number for number in (asked, most) if number is not None]
    return min(known, default=_RESERVE)


def _whole(place: Mapping[str, Json], name: str) -> int | None:
    value = place.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None  # what is no number is the provider's to refuse
    return int(value) if math.isfinite(value) and value >= 0 else None


def _too_long(alias: Alias, told: str, window: int) -> GatewayError:
    return GatewayError(
        Kind.CONTEXT_OVERFLOW,
        f"the request does not fit {alias.name!r}: {told}, and its context has {window:,}",
        where="body",
        code="context_length_exceeded",
    )
