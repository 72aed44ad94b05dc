"""Whether a difference was declared: each path that changed must stand in the receipt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from plexus.transforms.codec import Note

_LOSS = ("dropped", "coerced")
_GAIN = ("invented", "coerced", "dropped")  # words may stand where something was left out
# One part of an answer has three names: formats with several choices or none, and Responses.
_ANSWER_PART = re.compile(r"^(?:choices\[0\]\.parts|output)\[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that a translation changed; `gained`: it was added, not lost."""

    paths: tuple[str, ...]  # where it may be declared; the first is where it stood
    detail: str
    gained: bool = False


def undeclared(differences: Sequence[Difference], notes: Sequence[Note]) -> list[str]:
    """Return the differences that no note owns up to, printed."""
    return [
        f"{'gained' if each.gained else 'lost'} {each.paths[0]}: {each.detail}"
        for each in differences
        if not is_declared(each, notes)
    ]


def is_declared(difference: Difference, notes: Sequence[Note]) -> bool:
    """Whether a note of the right kind speaks of the path, of what holds it or of what it holds."""
    actions = _GAIN if difference.gained else _LOSS
    paths = [normal(path) for path in difference.paths]
    return any(
        note.action in actions and is_related(normal(note.path), path)
        for note in notes
        for path in paths
    )


def is_related(one: str, other: str) -> bool:
    """Whether one path is the other or lies inside it."""
    short, long = sorted((one, other), key=len)
    return long == short or (long.startswith(short) and long[len(short)] in ".[")


def normal(path: str) -> str:
    """The one name of a path that formats call differently."""
    return _ANSWER_PART.sub("parts[", path)
