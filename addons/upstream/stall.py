"""Notice when a provider's stream has all but dried up (dataplane.md §3.9)."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from plexus.config.resilience import Stall

_SAMPLES: Final = 400  # in one window


class StallWatch:
    """Measures one stream against its floor; times are seconds of any clock that only goes on.

    A stream is judged once its first byte is as old as the period of grace, and as one whole
    window: a shorter stretch says nothing about bytes a second.
    """

    def __init__(self, stall: Stall) -> None:
        self._floor = stall.min_bps
        self._window = stall.window_s
        self._patience = max(stall.grace_s, stall.window_s)
        self._interval = max(1.0, stall.window_s / 2)
        self._began: float | None = None
        self._samples: deque[tuple[float, int]] = deque()
        self._bytes = 0  # of all samples
        self._excused = 0.0

    def note(self, size: int, now: float) -> None:
        """Count `size` bytes that have come just now."""
        if self._floor is None:
            return
        now -= self._excused
        if self._began is None:
            self._began = now
        self._forget(now)
        self._bytes += size
        if self._samples and now - self._samples[-1][0] < self._window / _SAMPLES:
            since, before = self._samples[-1]
            self._samples[-1] = (since, before + size)
        else:
            self._samples.append((now, size))

    def excuse(self, seconds: float) -> None:
        """Leave out the time just gone by in which nobody read: a slow client is no stall."""
        self._excused += seconds

    def check(self, now: float) -> str | None:
        """Return why the stream counts as stalled, with the figures; `None` if it does not."""
        now -= self._excused
        if self._floor is None or self._began is None or now - self._began < self._patience:
            return None
        self._forget(now)
        rate = self._bytes / self._window
        if rate >= self._floor:
            return None
        return (
            f"{rate:.1f} bytes/s over the last {self._window:g} s, "
            f"at least {self._floor:g} are asked for"
        )

    def next_check(self, now: float) -> float:
        """Return the seconds until `check` should be asked again, even if nothing comes.

        Infinite without a floor and before the first byte.
        """
        if self._floor is None or self._began is None:
            return math.inf
        return max(self._interval, self._began + self._patience - (now - self._excused))

    def _forget(self, now: float) -> None:
        while self._samples and self._samples[0][0] <= now - self._window:
            self._bytes -= self._samples.popleft()[1]
