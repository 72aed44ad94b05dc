"""Where an item stands in the output of an answer, and the events that say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from plexus.transforms.wire import Json, JsonObject, dump

_NOTHING: Final[JsonObject] = {}


class DeltaFrame(NamedTuple):
    """What a delta's frame says before its text, and between text and number."""

    before: bytes
    behind: bytes

    def print(self, text: str, number: int) -> bytes:
        """Return the whole frame."""
        return b"%b%b%b%d}\n\n" % (self.before, dump(text), self.behind, number)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands in the output, and its id."""

    index: int
    id: str

    def event(self, kind: str, **fields: Json) -> JsonObject:
        """Return an event about the item's content."""
        name = f"response.{kind}"
        return {"type": name, "item_id": self.id, "output_index": self.index, **fields}

    def delta(self, kind: str, fields: JsonObject, behind: JsonObject = _NOTHING) -> DeltaFrame:
        """Return the frame of a delta, but for its text and number."""
        event = self.event(kind, **fields)
        name = str(event["type"]).encode()
        return DeltaFrame(
            b'event: %b\ndata: %b,"delta":' % (name, dump(event)[:-1]),
            b',%b"sequence_number":' % b"".join([dump(behind)[1:-1], b","] if behind else []),
        )

    def added(self, item: JsonObject) -> JsonObject:
        """Return the event that opens the item."""
        return {"type": "response.output_item.added", "output_index": self.index, "item": item}

    def done(self, item: JsonObject) -> JsonObject:
        """Return the event that closes the item."""
        return {"type": "response.output_item.done", "output_index": self.index, "item": item}
