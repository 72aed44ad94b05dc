"""Measure a text as it arrives, without keeping it: Google counts UTF-8 bytes, the IR characters.

Kept are the places where the width of the characters changes, so that a text in ASCII costs
nothing, and others a few bytes wherever they go from one script to another.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from typing import Final

# Runs of characters that take one, two, three and four bytes.
_RUNS: Final = re.compile(
    "([\\x00-\\x7f]+)|([\\x80-\\u07ff]+)|([\\u0800-\\uffff]+)|([\\U00010000-\\U0010ffff]+)"
)


class Measure:
    """The length of a growing text, in characters and in bytes, and how the two correspond."""

    __slots__ = ("_byte", "_character", "_widths", "bytes", "characters")

    def __init__(self) -> None:
        self.characters = 0
        self.bytes = 0
        # Where the runs begin, in characters and in bytes; and the width of each one's characters.
        self._character = array("q", [0])
        self._byte = array("q", [0])
        self._widths = bytearray([1])

    def add(self, text: str) -> None:
        """Take what the text grows by."""
        if text.isascii():
            self._grow(len(text), 1)
            return
        for run in _RUNS.finditer(text):
            self._grow(run.end() - run.start(), run.lastindex or 1)

    def character_at(self, byte: int) -> int:
        """Return how many whole characters stand before the offset `byte`, which is in the text."""
        run = bisect_right(self._byte, byte) - 1
        return self._character[run] + (byte - self._byte[run]) // self._widths[run]

    def _grow(self, count: int, width: int) -> None:
        if width != self._widths[-1] and count:
            self._character.append(self.characters)
            self._byte.append(self.bytes)
            self._widths.append(width)
        self.characters += count
        self.bytes += count * width
