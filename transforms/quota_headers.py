"""How long until a spent quota is filled again, by a reply's headers (dataplane.md §4.3)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

# x-ratelimit-reset-requests, anthropic-ratelimit-input-tokens-reset, ratelimit-reset, …: what is
# left of the same quota stands under the same name with "remaining" in it.
_RESET: Final = re.compile(r"(?:[a-z]+-)?ratelimit-(?:[a-z0-9-]+-)?reset(?:-[a-z0-9-]+)?")
_WHOLE: Final = frozenset({"x-ratelimit-reset", "ratelimit-reset"})  # of the one quota there is
_GO: Final = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+")
_GO_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_UNITS: Final[Mapping[str, float]] = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 0.001, "s": 1, "m": 60, "h": 3600,
}  # fmt: skip
# A bare number is a date when it is too large for a wait: 10⁹ s after 1970 was in 2001.
_DATE_S: Final = 1e9
_DATE_MS: Final = 1e11


def reset_in(headers: Mapping[str, str], now: float | None) -> float | None:
    """Return the seconds until the last of the spent quotas is filled again, if any is spent.

    Names are in lower case. Dates count from `now` (seconds since 1970), past ones are ignored, as
    all are without it.
    """
    waits = [
        wait
        for name in _spent(headers)
        if (wait := _wait(headers[name].strip(), now)) is not None and wait > 0
    ]
    return max(waits, default=None)


def _spent(headers: Mapping[str, str]) -> Iterator[str]:
    for name in headers:
        if "ratelimit" not in name or not _RESET.fullmatch(name):
            continue
        left = _number(headers.get(name.replace("reset", "remaining"), ""))
        # The reply is a refusal: where there is one quota only, it is that one.
        if name in _WHOLE if left is None else left <= 0:
            yield name


def _wait(value: str, now: float | None) -> float | None:
    number = _number(value)
    if number is None:
        return _duration(value) if _GO.fullmatch(value) else _until(_moment(value), now)
    if number < _DATE_S:
        return number
    return _until(number if number < _DATE_MS else number / 1000, now)


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _duration(value: str) -> float:
    return sum(float(amount) * _UNITS[unit] for amount, unit in _GO_PART.findall(value))


def _moment(value: str) -> float | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _until(moment: float | None, now: float | None) -> float | None:
    return None if moment is None or now is None else moment - now
