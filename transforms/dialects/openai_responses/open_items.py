"""Items of an answer that is being written: each knows its events and, in the end, itself.

An item keeps what it was given, because the events that close it repeat it.
"""

from __future__ import annotations

from typing import Literal

from plexus.transforms.dialects.openai_responses.catalogue import unwrap_input
from plexus.transforms.dialects.openai_responses.ids import call_id
from plexus.transforms.dialects.openai_responses.items_encode import chain_parts, summary_parts
from plexus.transforms.dialects.openai_responses.origin import NAME, is_own, item_of
from plexus.transforms.dialects.openai_responses.places import DeltaFrame, Place
from plexus.transforms.envelope import seal_to_envelope
from plexus.transforms.ir import Ext, Part, Refusal, Seal, Text, Thinking, ToolCall
from plexus.transforms.wire import Json, JsonObject, rest

type Status = Literal["completed", "incomplete"]

_IDENTITY = frozenset({"id", "status"})


def item_fields(ext: Ext, *, without: frozenset[str] = _IDENTITY) -> JsonObject:
    """Return the fields that the item had in this format, but for its identity."""
    return rest(item_of(ext) or {}, without)


def item_status(ext: Ext, status: Status, *, restated: bool, required: bool = True) -> JsonObject:
    """Return the status field; the provider's own word counts only where it restated the item."""
    given = item_of(ext) or {}
    if restated and is_own(ext):
        if "status" in given:
            return {"status": given["status"]}
        return {"status": status} if required else {}
    wanted = required or "status" in given or status == "incomplete"
    return {"status": status} if wanted else {}


def sealed_content(seal: Seal) -> str:
    """Return what stands in `encrypted_content` for a seal, an envelope if it is not of ours."""
    return seal.data if seal.dialect == NAME else seal_to_envelope(seal)


class OpenReasoning:
    """A reasoning item: summary parts, or the chain itself."""

    def __init__(self, place: Place, block: Thinking) -> None:
        self.place = place
        self._block = block
        self._segments: list[list[str]] = []
        self._open = False
        self._frame: DeltaFrame | None = None  # of the current part's deltas
        self.seal = block.seal
        self.item: JsonObject | None = None

    def opened(self) -> list[JsonObject]:
        """Return the opening events, with the text that is known at once."""
        item: JsonObject = {
            "id": self.place.id,
            "type": "reasoning",
            **item_fields(self._block.ext, without=_IDENTITY | {"summary", "content"}),
            "summary": [],
        }
        if self._block.raw:
            item["content"] = []
        return [self.place.added(item), *self._say(self._block)]

    def _say(self, block: Thinking) -> list[JsonObject]:
        events: list[JsonObject] = []
        for number, text in enumerate(block.segments or (block.text,)):
            events += self.segment() if number else []
            events += self.delta(text) if text else []
        return events

    def delta(self, text: str) -> list[JsonObject]:
        """Append to the current summary part, or to the chain."""
        events = [] if self._open else self._begin()
        self._segments[-1].append(text)
        return [*events, self._event(self._kind, delta=text)]

    @property
    def _kind(self) -> str:
        return "reasoning_text.delta" if self._block.raw else "reasoning_summary_text.delta"

    def go_on(self, text: str) -> DeltaFrame | None:
        """Append to the current part, if one is open, and return the frame that tells it."""
        if not self._open:
            return None
        if self._frame is None:
            self._frame = self.place.delta(self._kind, self._part())
        self._segments[-1].append(text)
        return self._frame

    def segment(self) -> list[JsonObject]:
        """End the current part; the next text begins another."""
        return self._finish_part()

    def _begin(self) -> list[JsonObject]:
        self._segments.append([])
        self._open = True
        self._frame = None
        if self._block.raw:
            return []
        return [self._event("reasoning_summary_part.added", part=_summary(""))]

    def _finish_part(self) -> list[JsonObject]:
        if not self._open:
            return []
        self._open = False
        text = "".join(self._segments[-1])
        if self._block.raw:
            return [self._event("reasoning_text.done", text=text)]
        return [
            self._event("reasoning_summary_text.done", text=text),
            self._event("reasoning_summary_part.done", part=_summary(text)),
        ]

    def _event(self, kind: str, **fields: Json) -> JsonObject:
        return self.place.event(kind, **self._part(), **fields)

    def _part(self) -> JsonObject:
        key = "content_index" if self._block.raw else "summary_index"
        return {key: len(self._segments) - 1}

    def end(self, final: Part | None) -> list[JsonObject]:
        """Close the item."""
        return self.close("completed", final)

    def close(self, status: Status, final: Part | None = None) -> list[JsonObject]:
        """Close the item with `status`."""
        events: list[JsonObject] = []
        whole = self._whole()
        if isinstance(final, Thinking):
            events += self._say(final) if not self._segments else []
            whole = final
            self.seal = final.seal or self.seal
        events += self._finish_part()
        restated = isinstance(final, Thinking)
        said = item_status(whole.ext, status, restated=restated, required=False)
        self.item = {**self._written(whole), **said}
        return [*events, self.place.done(self.item)]

    def _whole(self) -> Thinking:
        segments = tuple("".join(pieces) for pieces in self._segments)
        return Thinking(segments=segments, raw=self._block.raw, ext=self._block.ext)

    def _written(self, whole: Thinking) -> JsonObject:
        item: JsonObject = {"id": self.place.id, "type": "reasoning", **item_fields(whole.ext)}
        item["summary"] = summary_parts(whole)
        if whole.raw:
            item["content"] = chain_parts(whole)
        if self.seal is not None:
            item["encrypted_content"] = sealed_content(self.seal)
        return item


def _summary(text: str) -> JsonObject:
    return {"type": "summary_text", "text": text}


class OpenCall:
    """A call of a client's tool.

    `wrapped`: the tool takes free text, but the model wrote JSON around it; that can be unwrapped
    only when it is whole.
    """

    def __init__(self, place: Place, block: ToolCall, named: JsonObject, *, wrapped: bool) -> None:
        self.place = place
        self._block = block
        self._named = named
        self._wrapped = wrapped
        self._custom = wrapped or block.kind == "custom"
        self._pieces: list[str] = []
        self._frame: DeltaFrame | None = None
        self.call_id = block.id
        self.item: JsonObject | None = None

    def opened(self) -> list[JsonObject]:
        """Return the opening events, with the arguments that are known at once."""
        item = {**self._written(self._block.ext, ""), "status": "in_progress"}
        events = [self.place.added(item)]
        return events + (self.delta(self._block.arguments) if self._block.arguments else [])

    def delta(self, text: str) -> list[JsonObject]:
        """Append to the arguments."""
        self._pieces.append(text)
        return [] if self._wrapped else [self._event("delta", delta=text)]

    def go_on(self, text: str) -> DeltaFrame | None:
        """Append to the arguments, unless they wait, and return the frame that tells it."""
        if self._wrapped:
            return None
        if self._frame is None:
            self._frame = self.place.delta(f"{self._of}.delta", {})
        self._pieces.append(text)
        return self._frame

    @property
    def _of(self) -> str:
        return "custom_tool_call_input" if self._custom else "function_call_arguments"

    def _event(self, kind: str, **fields: Json) -> JsonObject:
        return self.place.event(f"{self._of}.{kind}", **fields)

    def end(self, final: Part | None) -> list[JsonObject]:
        """Close the item."""
        return self.close("completed", final)

    def close(self, status: Status, final: Part | None = None) -> list[JsonObject]:
        """Close the item with `status`."""
        events: list[JsonObject] = []
        ext, text = self._block.ext, "".join(self._pieces)
        if isinstance(final, ToolCall):
            ext, text = final.ext, final.arguments
            events += self.delta(text) if text and not self._pieces else []
        text = self._finished(text)
        if self._wrapped and text:
            events.append(self._event("delta", delta=text))
        events.append(self._event("done", **{"input" if self._custom else "arguments": text}))
        said = item_status(ext, status, restated=isinstance(final, ToolCall))
        self.item = {**self._written(ext, text), **said}
        return [*events, self.place.done(self.item)]

    def _finished(self, text: str) -> str:
        if self._wrapped:
            return unwrap_input(text)
        return text if self._custom or text.strip() else "{}"

    def _written(self, ext: Ext, text: str) -> JsonObject:
        return {
            "id": self.place.id,
            "type": "custom_tool_call" if self._custom else "function_call",
            **item_fields(ext),
            **self._named,
            "call_id": call_id(self.call_id),
            "input" if self._custom else "arguments": text,
        }


def is_empty(block: Part) -> bool:
    """Whether a block has nothing to show, and may be no item at all."""
    match block:
        case Text():
            return not (block.text or block.citations or is_own(block.ext))
        case Refusal():
            return not (block.text or is_own(block.ext))
        case Thinking():
            return not (block.text or block.seal or is_own(block.ext))
        case _:
            return False
