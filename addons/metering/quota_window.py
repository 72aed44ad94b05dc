"""When a quota's calendar windows begin and end: in UTC, so that no change of clocks moves them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_DAY_MS: Final = 24 * 3600 * 1000
_WEEK_MS: Final = 7 * _DAY_MS
# 1970-01-01 was a Thursday; weeks begin with the Sunday before (controlplane.md §1.7).
_FIRST_SUNDAY_MS: Final = -4 * _DAY_MS


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time in ms since 1970: from `start` up to, not including, `end`."""

    start: int
    end: int


def window(kind: str, now: int) -> Window | None:
    """Return the window of a `daily`, `weekly` or `monthly` quota that `now` (ms) is in.

    `None` for `rolling`, which has none.
    """
    found = _WINDOWS.get(kind)
    return None if found is None else found(now)


def _daily(now: int) -> Window:
    start = now - now % _DAY_MS
    return Window(start, start + _DAY_MS)


def _weekly(now: int) -> Window:
    start = now - (now - _FIRST_SUNDAY_MS) % _WEEK_MS
    return Window(start, start + _WEEK_MS)


def _monthly(now: int) -> Window:
    at = datetime.fromtimestamp(now / 1000, UTC)
    years, month = divmod(at.month, 12)
    return Window(_first(at.year, at.month), _first(at.year + years, month + 1))


def _first(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1000


_WINDOWS: Final[Mapping[str, Callable[[int], Window]]] = {
    "daily": _daily,
    "weekly": _weekly,
    "monthly": _monthly,
}
