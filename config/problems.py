"""Say what is wrong with a configuration: where it stands, what is the matter, what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, override

type At = tuple[str | int, ...]

NEAR: Final = 0.8  # difflib's ratio from which on a word counts as a slip of another
_MOST_COMPARED: Final = 200
_MOST_LISTED: Final = 20
_PLAIN_SEGMENT: Final = re.compile(r"[^\s.\"']+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong; `line` and `column` count from 1, `None` where there is no text.

    The message never holds a value that may be secret: it names the place instead.
    """

    at: At
    message: str
    remedy: str = ""
    line: int | None = None
    column: int | None = None

    @property
    def path(self) -> str:
        """The dotted path, as people write it: `providers.x.api_key`."""
        return dotted(self.at)

    @override
    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line is not None else ""
        path = f"{self.path}: " if self.at else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{place}{path}{self.message}{remedy}"


class ConfigError(Exception):
    """A configuration that cannot be used; `problems` holds every one that was found."""

    def __init__(self, problems: Sequence[Problem], *, source: str = "configuration") -> None:
        self.problems = tuple(problems)
        self.source = source
        super().__init__(render(self.problems, source=source))


def render(problems: Sequence[Problem], *, source: str) -> str:
    """Return the problems as text for a terminal, one per line under a heading."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return "\n".join([f"{source}: {count}", *(f"  {problem}" for problem in problems)])


def dotted(at: At) -> str:
    """Return a path as people write it; a name with a dot or space in it is quoted."""
    return ".".join(
        str(part) if _PLAIN_SEGMENT.fullmatch(str(part)) else f'"{part}"' for part in at
    )


def near_miss(word: str, known: Collection[str]) -> str | None:
    """Return the known word that `word` is a slip of, or `None` if none is near enough.

    Among very many words none is looked for: a file full of slips would take minutes.
    """
    if len(known) > _MOST_COMPARED:
        return None
    squeezed = _squeeze(word)
    best, best_ratio = None, NEAR
    for candidate in known:
        ratio = max(
            difflib.SequenceMatcher(None, word, candidate).ratio(),
            difflib.SequenceMatcher(None, squeezed, _squeeze(candidate)).ratio(),
        )
        if ratio > best_ratio or (best is None and ratio >= best_ratio):
            best, best_ratio = candidate, ratio
    return best


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return the remedy for an unknown word: the nearest known one, or all of them."""
    close = near_miss(word, known)
    if close is not None:
        return f'did you mean "{close}"?'
    more = ", …" if len(known) > _MOST_LISTED else ""
    return f"known: {', '.join(known[:_MOST_LISTED])}{more}"


def _squeeze(word: str) -> str:
    # extra_body, extra-body and ExtraBody are all slips of extraBody
    return word.lower().replace("_", "").replace("-", "")
