"""The demo model's idea of a token: the one unit in which it streams, counts and is cut off.

A token is up to eight characters of a word, with the white space before them. An English word is
mostly one token, a long one two; JSON costs about what a real tokeniser makes of it. Good enough
for a demonstration, and the same on every machine.
"""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(r"\s*\S{1,8}|\s+")


def split(text: str) -> tuple[str, ...]:
    """Cut `text` into tokens; joined, they are `text` again."""
    return tuple(_TOKEN.findall(text))


def count(text: str) -> int:
    """Return how many tokens `text` has."""
    return sum(1 for _ in _TOKEN.finditer(text))
