"""Put a call's arguments together from Vertex AI's streamed pieces (wire-formats.md §4.3).

Each piece names a place in the arguments by a JSON path, `$.rooms[0].name`, and a value for it; a
string may come in several pieces.
"""

from __future__ import annotations

import itertools
import re
from typing import Final

from plexus.transforms.wire import Json, JsonObject, number_at, text_at

_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d{1,5})\]|\[(?:'([^']*)'|\"([^\"]*)\")\]")
_MOST_ITEMS: Final = 10_000  # an index beyond is no honest argument
_DEEPEST: Final = 64

type Step = str | int


class PartialArgs:
    """The arguments of one call so far."""

    __slots__ = ("_root", "_unfinished")

    def __init__(self) -> None:
        self._root: JsonObject = {}
        self._unfinished: str | None = None  # the path of a string that goes on

    def add(self, piece: JsonObject) -> None:
        """Take one element (camelCase) of `partialArgs`; one that makes no sense is ignored."""
        path = text_at(piece, "jsonPath") or ""
        steps = _steps(path)
        if not steps:
            return
        text = text_at(piece, "stringValue")
        if text is not None:
            _put(self._root, steps, text, append=path == self._unfinished)
        elif (value := _scalar(piece)) is not None:
            _put(self._root, steps, value[0], append=False)
        self._unfinished = path if piece.get("willContinue") is True else None

    def update(self, args: JsonObject) -> None:
        """Take arguments that came whole."""
        self._root.update(args)

    def whole(self) -> JsonObject:
        """Return the arguments so far."""
        return self._root


def _scalar(piece: JsonObject) -> tuple[Json] | None:
    number = number_at(piece, "numberValue")
    if number is not None:
        return (int(number) if isinstance(number, float) and number.is_integer() else number,)
    if isinstance(flag := piece.get("boolValue"), bool):
        return (flag,)
    return (None,) if "nullValue" in piece else None


def _steps(path: str) -> list[Step]:
    steps: list[Step] = []
    position = 1 if path.startswith("$") else 0
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None or len(steps) >= _DEEPEST:
            return []
        name, index, single, double = found.groups()
        steps.append(int(index) if index is not None else name or single or double or "")
        position = found.end()
    return steps if steps and isinstance(steps[0], str) else []


def _put(root: JsonObject, steps: list[Step], value: Json, *, append: bool) -> None:
    holder: Json = root
    for step, after in itertools.pairwise(steps):
        inner = _get(holder, step)
        if not isinstance(inner, list if isinstance(after, int) else dict):
            inner = [] if isinstance(after, int) else {}
            _set(holder, step, inner)
        holder = inner
    before = _get(holder, steps[-1])
    if append and isinstance(before, str) and isinstance(value, str):
        value = before + value
    _set(holder, steps[-1], value)


def _get(holder: Json, step: Step) -> Json:
    if isinstance(holder, dict) and isinstance(step, str):
        return holder.get(step)
    if isinstance(holder, list) and isinstance(step, int) and step < len(holder):
        return holder[step]
    return None


def _set(holder: Json, step: Step, value: Json) -> None:
    if isinstance(holder, dict) and isinstance(step, str):
        holder[step] = value
    elif isinstance(holder, list) and isinstance(step, int) and step < _MOST_ITEMS:
        holder.extend([None] * (step + 1 - len(holder)))
        holder[step] = value
