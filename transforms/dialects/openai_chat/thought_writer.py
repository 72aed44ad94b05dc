"""Write one thought of a streamed answer as chat deltas.

A thought of a chat provider is told in that provider's own fields as it comes. Another's is told in
`reasoning_content`; its text is kept until its seal can be sent with it in `reasoning_details`.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from plexus.transforms.ir import Thinking
from plexus.transforms.wire import Json, JsonObject

from .fields import marker
from .reasoning import FIELDS
from .seals import client_details, sealed_piece, skeletons, told_piece

type Deltas = list[JsonObject]


class ThoughtWriter:
    """Writes one block; `number` counts the thoughts of the answer."""

    def __init__(self, block: Thinking, number: int) -> None:
        self.seal = block.seal
        self._block = block
        self._number = number
        self._bones = skeletons(block)
        name = marker(block.ext, "field")
        self._field = name if isinstance(name, str) else None if self._bones else FIELDS[0]
        self._segment = 0
        self._pieces: list[str] = []  # of a foreign thought
        self._breaks: list[int] = []  # where in them a new segment begins
        self.said = False

    def say(self, text: str) -> Deltas:
        """Append words."""
        self.said = True
        delta: JsonObject = {} if self._field is None else {self._field: text}
        if self._bones:
            delta["reasoning_details"] = [told_piece(self._bones, self._segment, text)]
        else:
            self._pieces.append(text)
        return [delta]

    def segment(self) -> Deltas:
        """Go on with the next part of a summary."""
        self._segment += 1
        self._breaks.append(len(self._pieces))
        return [{self._field: "\n\n"}] if self.said and self._field is not None else []

    def end(self) -> Deltas:
        """Send the seal, if one came."""
        if self.seal is None:
            return []
        if self._bones:
            return [{"reasoning_details": [sealed_piece(self._bones, self.seal)]}]
        segments = self._segments()
        whole = replace(
            self._block,
            text="\n\n".join(segments),
            segments=segments if self._block.segments or self._breaks else (),
            seal=self.seal,
        )
        return [{"reasoning_details": list[Json](client_details(whole, self._number))}]

    def _segments(self) -> tuple[str, ...]:
        bounds = [0, *self._breaks, len(self._pieces)]
        return tuple("".join(self._pieces[a:b]) for a, b in itertools.pairwise(bounds))
