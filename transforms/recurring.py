"""Recognise the frames of a stream that repeat an earlier one with other words in one place.

Most frames of most streams differ in nothing but one JSON string. Reading that string alone costs
a sixth of parsing the frame, and gives the same: a frame is learned only after a probe, put where
its words stood, was read back as its words. So that place holds one whole JSON string, and any
other string there leaves the rest of the frame as it was read before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from plexus.transforms.wire import dump, parse_text, try_parse

_PROBE: Final = "\u241fplexus\u241f"  # nobody says this
_TRIES: Final = 8  # frames learned in vain, after which a stream is known to vary


class Recurring:
    """Remembers one frame of a stream: what stands before its words, and what behind them.

    The owner must `forget` whenever something else than that frame may have changed its state.
    """

    __slots__ = ("_before", "_behind", "_closing", "_padding", "_tries")

    def __init__(self, *padding: bytes) -> None:
        """`padding` is how fields of the whole frame begin whose values mean nothing."""
        self._padding = padding
        self._tries = _TRIES
        self._before: bytes | None = None
        self._behind = b""
        self._closing: bytes | None = None  # what follows the padding, if the frame has one

    def words(self, frame: bytes) -> str | None:
        """Return the words of a frame that repeats the learned one; `None` for any other."""
        before = self._before
        if before is None or not frame.startswith(before):
            return None
        end = frame.rfind(self._behind, len(before))
        if end < 0 or not self._is_end(frame, end + len(self._behind)):
            return None
        words = parse_text(frame[len(before) : end])
        if words:
            self._tries = _TRIES
        return words or None

    def learn(self, frame: bytes, words: str, read: Callable[[bytes], str | None]) -> None:
        """Remember a frame whose only words these are; `read` finds the words of a frame."""
        if self._tries == 0:
            return
        self._tries -= 1
        before, found, behind = frame.partition(dump(words))
        if not found or _PROBE.encode() in frame or read(frame) != words:
            return
        if read(b"%b%b%b" % (before, dump(_PROBE), behind)) != _PROBE:
            return
        self._before, self._behind, self._closing = before, behind, None
        for padding in self._padding:
            self._learn_padding(behind, padding)

    def forget(self) -> None:
        """Forget the frame: the next one is to be read in full."""
        self._before = None

    def _learn_padding(self, behind: bytes, padding: bytes) -> None:
        start, found, rest = behind.partition(padding)
        filling, quote, closing = rest.partition(b'"')
        if not found or not (filling.isalnum() or not filling):
            return
        # What follows ends the object that the field is in, so that object must be the whole one.
        if isinstance(try_parse(b'{"":"' + quote + closing), dict):
            self._behind, self._closing = start + found, quote + closing

    def _is_end(self, frame: bytes, at: int) -> bool:
        if self._closing is None:
            return at == len(frame)
        if not frame.endswith(self._closing):
            return False
        filling = frame[at : len(frame) - len(self._closing)]
        return filling.isalnum() or not filling
