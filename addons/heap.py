"""Have the C library keep memory that large bodies need again and again."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

# mallopt(3); their numbers are those of glibc's malloc.h.
_TRIM_THRESHOLD: Final = -1
_TOP_PAD: Final = -2
_MMAP_THRESHOLD: Final = -3

_KEPT: Final = 4 * 2**20  # bytes that may lie unused at the end of the heap
_STEP: Final = 2**20  # bytes by which the heap grows
_LARGE: Final = 2**20  # bytes; what is larger is fetched by itself and given back at once


def keep_freed_memory() -> None:
    """Let glibc's heap end with up to 4 MB unused; does nothing with another C library.

    By itself glibc gives back what lies free there after a large body, some 400 KB, and fetches it
    again for the next one. Then each of its pages is to be filled with zeros, after a fault: thirty
    of them a call, a fifth of what passing on a body of 200 KB takes.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is None:
        return
    for parameter, value in (
        (_MMAP_THRESHOLD, _LARGE),
        (_TRIM_THRESHOLD, _KEPT),
        (_TOP_PAD, _STEP),
    ):
        mallopt(parameter, value)
