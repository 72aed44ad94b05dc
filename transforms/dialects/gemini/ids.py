"""Make what Gemini leaves out or insists on: call ids, well-formed signatures."""

from __future__ import annotations

import hashlib
import re
from typing import Final

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")


def call_id(response: str, candidate: int, ordinal: int, words: str = "") -> str:
    """Return the id of a call that came without one: the same for the same call at every attempt.

    `words` (name and arguments) tell calls apart when the response bears no id either. 29
    characters (wire-formats.md §7.4, edge case 57).
    """
    seed = f"{response}\n{candidate}\n{ordinal}\n{'' if response else words}"
    return "call_" + _digest(seed, 24)


def is_signature(data: str) -> bool:
    """Whether `data` can be a thought signature: base64, padded (dataplane.md §5.5)."""
    return len(data) % 4 == 0 and _BASE64.fullmatch(data) is not None


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]
