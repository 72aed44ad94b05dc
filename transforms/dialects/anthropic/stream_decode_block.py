"""A block that is open on the provider's side: what its deltas say."""

from __future__ import annotations

from dataclasses import replace

from plexus.transforms.dialects.anthropic.citations import decode_citation
from plexus.transforms.dialects.anthropic.content_decode import decode_seal
from plexus.transforms.dialects.anthropic.identity import NAME
from plexus.transforms.events import BlockDelta, BlockEnded, Cited, Event, Sealed
from plexus.transforms.ir import Opaque, Part, Text, Thinking, ToolCall
from plexus.transforms.wire import JsonObject, object_at, text_at, try_parse


class OpenBlock:
    """Reads the deltas of block `index`; `part` is what its start said."""

    __slots__ = ("_grown", "_input", "_pieces", "index", "part")

    def __init__(self, index: int, part: Part) -> None:
        self.index = index
        self._input = ""  # of a call, as its start gave it; deltas replace it
        self._grown: JsonObject | None = None  # of an opaque block, once deltas have come
        self._pieces: list[str] = []  # JSON of an opaque block's input
        if isinstance(part, ToolCall):
            self._input = part.arguments
            part = replace(part, arguments="")
        self.part: Part = part

    def take(self, delta: JsonObject) -> list[Event]:
        """Return the events of one delta; what does not fit the block is ignored."""
        match self.part:
            case Text():
                return self._text(delta)
            case Thinking():
                return self._thinking(delta)
            case ToolCall():
                return self._arguments(delta)
            case Opaque(raw=dict() as raw):
                self._grow(raw, delta)
                return []
            case _:
                return []

    def end(self) -> list[Event]:
        """Return the events of the block's end."""
        if self._input:
            return [BlockDelta(self.index, "arguments", self._input), BlockEnded(index=self.index)]
        return [BlockEnded(index=self.index, block=self._restated())]

    def _text(self, delta: JsonObject) -> list[Event]:
        text = delta.get("text")
        if isinstance(text, str):
            return [BlockDelta(self.index, "text", text)] if text else []
        citation = object_at(delta, "citation")
        return [] if citation is None else [Cited(self.index, decode_citation(citation))]

    def _thinking(self, delta: JsonObject) -> list[Event]:
        text = delta.get("thinking")
        if isinstance(text, str):
            return [BlockDelta(self.index, "thinking", text)] if text else []
        signature = text_at(delta, "signature")
        if not signature:
            return []
        return [Sealed(self.index, decode_seal("signature", signature))]

    def _arguments(self, delta: JsonObject) -> list[Event]:
        text = delta.get("partial_json")
        if not isinstance(text, str) or not text:
            return []
        self._input = ""
        return [BlockDelta(self.index, "arguments", text)]

    def _grow(self, raw: JsonObject, delta: JsonObject) -> None:
        if self._grown is None:
            self._grown = dict(raw)
        for key, value in delta.items():
            before = self._grown.get(key)
            if key == "partial_json" and isinstance(value, str):
                self._pieces.append(value)
            elif key == "type" or value is None:
                continue
            elif isinstance(before, str) and isinstance(value, str):
                self._grown[key] = before + value
            else:
                self._grown[key] = value

    def _restated(self) -> Part | None:
        """Return an opaque block as its deltas left it, if there were any."""
        if self._grown is None:
            return None
        text = "".join(self._pieces)
        if text:
            value = try_parse(text)
            self._grown["input"] = text if value is None else value
        return Opaque(dialect=NAME, raw=self._grown)
